"""The dates of the filters at their limits and in the wrong order, and blanks on paper. In a browser."""

from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.visitor import Visitor
from tests.integration.reader.site import Tenant

Visit = Callable[..., Visitor]
WHITE_SPACES = "all => all.map(each => getComputedStyle(each)).filter(each => each.clipPath === 'none').map(each => each.whiteSpace)"


def in_local_time(visitor: Visitor) -> Page:
    """The list, with the times of the browser's zone."""
    page = visitor.open("/audit")
    page.get_by_role("button", name="Show times in").click()
    return page


def apply(page: Page) -> dict[str, datetime]:
    """Sends the filters; the bounds that were sent. What is refused fails, as every bad resource of a page."""
    with page.expect_navigation():
        page.get_by_role("button", name="Apply").click()
    query = parse_qs(urlsplit(page.url).query)
    return {name: datetime.fromisoformat(value).astimezone(UTC) for name, (value,) in query.items()}


@pytest.mark.parametrize(
    ("zone", "field", "day", "sent"),
    [
        ("Europe/Berlin", "from", "2000-01-01", "2000-01-01T00:00:00Z"),
        ("Pacific/Kiritimati", "from", "2000-01-01", "2000-01-01T00:00:00Z"),
        ("Europe/Berlin", "to", "2000-01-01", "2000-01-01T23:00:00Z"),
        ("America/New_York", "from", "2000-01-01", "2000-01-01T05:00:00Z"),
        ("America/New_York", "to", "2100-12-31", "2100-12-31T23:59:59Z"),
        ("America/New_York", "from", "2100-12-31", "2100-12-31T05:00:00Z"),
        ("Europe/Berlin", "to", "2100-12-31", "2100-12-31T23:00:00Z"),
    ],
)
def test_the_first_and_the_last_day_are_allowed(visit: Visit, zone: str, field: str, day: str, sent: str) -> None:
    """In every zone: what of them is before 2000 or after 2100 in UTC, where nothing is, is not asked for."""
    page = in_local_time(visit(timezone_id=zone))
    page.locator(f"#{field}").fill(day)

    assert apply(page) == {field: datetime.fromisoformat(sent)}
    expect(page.get_by_role("alert")).to_have_count(0)
    assert apply(page) == {field: datetime.fromisoformat(sent)}


def test_a_time_far_outside_is_refused(visit: Visit) -> None:
    """As in UTC: a year that someone mistyped does not become the first one."""
    visitor = visit(timezone_id="Europe/Berlin")
    page = visitor.open("/audit?from=2026-11-01T08:30:00Z")
    page.get_by_role("button", name="Show times in").click()
    page.locator("#from").fill("1990-11-01T09:30:00")
    page.on("response", lambda answer: visitor.watch.refused(answer.url, 422))
    with page.expect_navigation():
        page.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("alert")).to_contain_text("2000")


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo", "UTC"])
def test_days_in_the_wrong_order_are_not_sent(visit: Visit, zone: str) -> None:
    """Otherwise the first instant of a day, and the last of the day before, would be an empty range that is valid."""
    visitor = visit(timezone_id=zone)
    page = in_local_time(visitor) if zone != "UTC" else visitor.open("/audit")
    first, last = page.locator("#from"), page.locator("#to")
    first.fill("2026-11-28")
    last.fill("2026-11-27")
    before = page.url
    page.get_by_role("button", name="Apply").click()
    assert last.evaluate("field => field.validationMessage") == "This day is before the first one."
    expect(last).to_be_focused()
    assert page.url == before

    first.fill("2026-11-27")
    assert last.evaluate("field => field.validationMessage") == ""
    first.fill("2026-11-28")
    last.fill("2026-11-28")
    assert set(apply(page)) == {"from", "to"}
    page.locator("#from").fill("2026-11-29")
    page.locator("#from").fill("")
    assert set(apply(page)) == {"to"}


def test_the_zone_does_not_leave_a_complaint_behind(visit: Visit) -> None:
    """In another zone the same bounds are times, which only the server compares."""
    page = in_local_time(visit(timezone_id="America/New_York"))
    page.locator("#from").fill("2026-11-28")
    page.locator("#to").fill("2026-11-27")
    assert page.locator("#to").evaluate("field => field.validationMessage")
    page.get_by_role("button", name="Show times in UTC").click()

    expect(page.locator("#to")).to_have_attribute("type", "text")
    assert page.locator("#to").evaluate("field => field.validationMessage") == ""
    page.get_by_role("button", name="Show times in").click()
    expect(page.locator("#to")).to_have_value("2026-11-27")
    assert page.locator("#to").evaluate("field => field.validationMessage")


def test_paper_shows_as_many_blanks_as_there_are(visit: Visit, tenant: Tenant) -> None:
    """In every place of a name: filters in use, and an entry's first lines too."""
    entry_id = tenant.put(label="two  blanks", actor_email=None, actor_id="a  b")
    visitor = visit()
    for path in ("/audit?subject=a%20%20b", "/audit?subject=a%20%20b&actor=c%20%20d", "/audit", f"/audit/{entry_id}"):
        page = visitor.open(path)
        page.emulate_media(media="print")
        styles = page.locator("bdi").evaluate_all(WHITE_SPACES)
        assert set(styles) == {"pre-wrap"}, path
        page.emulate_media(media="screen")
    visitor.open("/audit?subject=a%20%20b").emulate_media(media="print")
    assert visitor.page.locator(".evidence .used").first.inner_text().endswith("a  b")
