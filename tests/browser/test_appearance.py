"""How the page adapts: to narrow screens, dark ones, people whom motion disturbs, and the time where they are."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Fresh, Sample, Visit
from tests.browser.states import STATES
from tests.browser.visitor import Visitor

WIDTHS = (320, 640, 641, 768, 960, 961, 1280, 1600)
SIZES = "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
GROUND = "getComputedStyle(document.body).backgroundColor"
COLOR = "each => getComputedStyle(each).backgroundColor"
TEXT_ENDS = (
    "each => { const text = new Range(); text.selectNodeContents(each); return text.getBoundingClientRect().bottom; }"
)
MOVING = """() => [...document.querySelectorAll("*")]
    .flatMap((each) => [each, "::before", "::after"].map((part) => getComputedStyle(each, part === each ? null : part)))
    .filter((style) => parseFloat(style.transitionDuration) > 0 || parseFloat(style.animationDuration) > 0).length"""


@pytest.mark.parametrize("name", STATES)
def test_no_screen_scrolls_sideways(visit: Visit, sample: Sample, fresh: Fresh, name: str) -> None:
    """At no width, and on both sides of each at which the layout changes: 320 is 1280 at 400 % (WCAG 1.4.10), at 1600 it stays in the middle."""
    visitor = visit(viewport={"width": WIDTHS[0], "height": 800}, timezone_id="Europe/Berlin")
    STATES[name](visitor, sample, fresh)
    for width in WIDTHS:
        visitor.page.set_viewport_size({"width": width, "height": 900})
        assert visitor.page.evaluate(SIZES) == [width, width]
    main = visitor.page.locator("main").bounding_box()
    assert main is not None
    assert main["width"] <= 1440 and main["x"] * 2 + main["width"] == 1600


def test_a_card_says_what_a_row_says(visit: Visit, sample: Sample) -> None:
    """On a narrow screen each entry still has time, actor, action, sentence, source and a button that opens it."""
    visitor = visit(viewport={"width": 320, "height": 800}).signed_in(sample.people.admin)
    visitor.open("/audit?action=schedule.lifecycle_changed&source=mcp&limit=5")
    card = visitor.rows.first
    said = card.inner_text()

    assert "dana.whitfield@northwind.example edited the schedule Weekly pipeline" in said
    assert "Schedule changed" in said
    assert "MCP · Claude Desktop" in said
    assert visitor.times[0] in said
    card.get_by_role("button", name="Details").click()
    expect(visitor.page.get_by_role("cell", name="0 8 * * 1").last).to_be_visible()


def test_dark_is_dark(visit: Visit, sample: Sample) -> None:
    """The page follows the system, and its words stay lighter than its ground."""
    visitor = visit(color_scheme="light").signed_in(sample.people.admin)
    light = visitor.open("/audit?limit=5").evaluate(GROUND)
    visitor.page.emulate_media(color_scheme="dark")
    dark = visitor.page.evaluate(GROUND)

    def brightness(color: str) -> int:
        return sum(int(part) for part in color.removeprefix("rgb(").removesuffix(")").split(","))

    assert brightness(light) > 600
    assert brightness(dark) < 150


def test_nothing_moves_for_those_who_ask(visit: Visit, sample: Sample) -> None:
    """With reduced motion nothing has a transition or an animation; without it something has, so the question is apt."""
    visitor = visit(reduced_motion="reduce").signed_in(sample.people.admin)
    page = visitor.open("/audit?limit=5")
    assert page.evaluate(MOVING) == 0

    page.emulate_media(reduced_motion="no-preference")
    assert page.evaluate(MOVING) > 0


def test_utc_or_local_time(visit: Visit, sample: Sample) -> None:
    """Times are UTC and say so, until one asks for those of one's own zone; the choice stays, and can be taken back."""
    visitor = visit(timezone_id="Asia/Tokyo").signed_in(sample.people.admin)
    page = visitor.open("/audit?limit=5")
    utc = visitor.times
    expect(page.locator("th.when .zone")).to_have_text("UTC")

    page.get_by_role("button", name="Show times in Asia/Tokyo").click()
    expect(page.locator("th.when .zone")).to_have_text("Asia/Tokyo")
    local = [str(datetime.fromisoformat(time) + timedelta(hours=9)) for time in utc]
    assert visitor.times == local
    assert {zone.inner_text() for zone in page.locator(".zone").all() if zone.is_visible()} == {"Asia/Tokyo"}
    expect(page.get_by_label("From")).to_have_accessible_name("From Asia/Tokyo")

    page.reload()
    assert visitor.times == local
    page.locator("button.toggle").first.click()
    page.get_by_role("link", name="Permalink").click()
    expect(page.locator(".lead time")).to_have_text(local[0])
    page.get_by_role("button", name="Show times in UTC").click()
    expect(page.locator(".lead")).to_contain_text(f"{utc[0]} UTC")
    visitor.open("/audit?limit=5")
    assert visitor.times == utc


@pytest.mark.parametrize(
    ("zone", "utc", "local"),
    [
        ("Europe/Berlin", "2026-10-24 23:59:59", "2026-10-25 01:59:59"),
        ("Europe/Berlin", "2026-10-25 00:30:00", "2026-10-25 02:30:00 +02:00"),
        ("Europe/Berlin", "2026-10-25 01:30:00", "2026-10-25 02:30:00 +01:00"),
        ("Europe/Berlin", "2026-10-25 02:00:00", "2026-10-25 03:00:00"),
        ("Europe/Berlin", "2026-03-29 00:59:59", "2026-03-29 01:59:59"),
        ("Europe/Berlin", "2026-03-29 01:00:00", "2026-03-29 03:00:00"),
        ("Australia/Lord_Howe", "2026-04-04 14:29:00", "2026-04-05 01:29:00"),
        ("Australia/Lord_Howe", "2026-04-04 14:31:00", "2026-04-05 01:31:00 +11:00"),
        ("Australia/Lord_Howe", "2026-04-04 15:01:00", "2026-04-05 01:31:00 +10:30"),
    ],
)
def test_a_time_that_the_clock_shows_twice_has_its_offset(
    visit: Visit, fresh: Fresh, zone: str, utc: str, local: str
) -> None:
    """When a clock is put back, by an hour or by half of one; other times need none."""
    fresh.put(occurred_at=datetime.fromisoformat(f"{utc}Z"))
    visitor = visit(timezone_id=zone).signed_in(fresh.admin)
    visitor.open("/audit").get_by_role("button", name="Show times in").click()

    assert visitor.times == [local]


@pytest.mark.parametrize(
    ("width", "zone"), [(320, "UTC"), (320, "America/Argentina/ComodRivadavia"), (1280, "UTC"), (1600, "UTC")]
)
def test_a_filter_in_use_breaks_between_its_words(visit: Visit, sample: Sample, width: int, zone: str) -> None:
    """Not inside of them, however narrow it is."""
    visitor = visit(viewport={"width": width, "height": 800}, timezone_id=zone).signed_in(sample.people.admin)
    page = visitor.open("/audit?actor=nobody&from=2026-01-01T08:30:00Z&to=2026-02-01T08:30:00Z")
    if zone != "UTC":
        page.get_by_role("button", name="Show times in").click()

    for word in page.locator(".chips bdi").all():
        assert word.evaluate("each => each.getClientRects().length") == 1, word.inner_text()


def test_forced_colors_keep_apart_what_colors_do(visit: Visit, sample: Sample) -> None:
    """What cannot be pressed has no border, only an open row is marked, and a list of choices has its arrow."""
    border = "each => getComputedStyle(each).borderLeftColor"
    page = visit(forced_colors="active").signed_in(sample.people.admin).open("/audit?limit=5")
    ground = page.locator("body").evaluate(COLOR)
    page.locator("button.toggle").first.click()
    expect(page.locator("tr.more .facts").first).to_be_visible()

    assert page.get_by_text("Previous", exact=True).evaluate(border) == ground
    assert page.get_by_role("link", name="Next").evaluate(border) != ground
    marked = [row.locator("td").first.evaluate(border) != ground for row in page.locator("tr.entry").all()]
    assert marked == [True, False, False, False, False]
    assert page.locator("#by").evaluate("each => getComputedStyle(each).appearance") == "auto"


def test_links_and_buttons_of_one_line_have_one_baseline(dana: Visitor) -> None:
    """The texts of a button and of the link beside it end at the same height, but for a pixel of rounding."""
    page = dana.open("/audit?limit=5")
    button, link = page.get_by_role("button", name="Copy link"), page.get_by_role("link", name="This page as JSON")

    assert abs(button.evaluate(TEXT_ENDS) - link.evaluate(TEXT_ENDS)) <= 1


def test_in_utc_there_is_nothing_to_switch(visit: Visit, sample: Sample) -> None:
    """Where local time is UTC, no button offers it."""
    page = visit(timezone_id="UTC").signed_in(sample.people.admin).open("/audit?limit=5")

    expect(page.get_by_role("button", name="Show times")).to_have_count(0)


def test_it_says_how_complete_it_is_and_whom_to_ask(dana: Visitor) -> None:
    """Complete through a time, and the address for a verified export."""
    page = dana.open("/audit?limit=5")

    expect(page.locator(".health")).to_have_text(re.compile("Complete through"))
    expect(page.locator(".health.stale")).to_have_count(0)
    expect(page.get_by_role("link", name="audit@callmine.example")).to_have_attribute(
        "href", "mailto:audit@callmine.example"
    )


def test_it_says_when_recording_is_behind(visit: Visit, sample: Sample, fresh: Fresh) -> None:
    """Older than two minutes, or unknown, it is a warning; before that it is none."""
    visitor = visit().signed_in(sample.people.admin)
    through = sample.now - timedelta(minutes=38)
    fresh.complete(through)
    warning = visitor.open("/audit?limit=5").locator(".health.stale")
    expect(warning).to_contain_text(
        f"Recording is delayed: the list is complete through {through:%Y-%m-%d %H:%M:%S} UTC"
    )
    delayed = warning.locator(".dot").evaluate(COLOR)

    fresh.complete(None)
    expect(visitor.open("/audit?limit=5").locator(".health.stale")).to_contain_text(
        "Some recent changes may be missing"
    )
    fresh.complete(datetime.now(UTC))
    expect(visitor.open("/audit?limit=5").locator(".health")).to_contain_text("Complete through")
    expect(visitor.page.locator(".health.stale")).to_have_count(0)
    assert visitor.page.locator(".health .dot").evaluate(COLOR) != delayed
