"""From an entry to its like, by a click; several actions at once; keys; dates in the zone that is shown."""

import re
from urllib.parse import parse_qs, quote_plus, urlsplit

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Count, Fresh, Sample, Visit
from tests.browser.test_keyboard import tab_to
from tests.browser.visitor import Visitor


def test_a_click_on_a_value_filters_by_it(dana: Visitor, count: Count) -> None:
    """Actor, subject, action and source; the other filters stay."""
    for selector, name in (
        ("td.actor", "actor"),
        (".subject", "subject"),
        ("td.action", "action"),
        ("td.source", "channel"),
    ):
        dana.open("/audit?last=30d&facet=operation%3Aedited&limit=5")
        dana.rows.first.locator(selector).first.get_by_role("link").or_(
            dana.rows.first.locator(f"a:has({selector})")
        ).first.click()
        expect(dana.page).to_have_url(
            re.compile(rf"last=30d.*{name}=" if name != "action" else r"last=30d.*action=schedule")
        )
        assert dana.total > 0


@pytest.mark.parametrize("width", [320, 800])
def test_a_click_on_the_actor_of_a_card(visit: Visit, sample: Sample, width: int) -> None:
    """Where rows are cards, the actor's name is only in the sentence."""
    visitor = visit(viewport={"width": width, "height": 900}).signed_in(sample.people.admin)
    page = visitor.open("/audit?last=30d&limit=5")
    name = page.locator("tr.leads .happened .actor").first
    text = name.inner_text()
    name.click()

    expect(page).to_have_url(re.compile(rf"last=30d&.*actor={quote_plus(text)}|actor={quote_plus(text)}&.*last=30d"))
    expect(page.get_by_role("link", name=f"Remove filter Actor: {text}")).to_be_visible()


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("Only this actor", r"actor=\S+"),
        ("Only this schedule", r"subject=\S+"),
        ("Only “Schedule changed”", r"action=schedule\.lifecycle_changed"),
        ("Only this source", r"channel=\S+"),
    ],
)
def test_keys_alone_filter_by_a_value(dana: Visitor, name: str, query: str) -> None:
    """An open row has the same links for the Tab key; the list's other filters stay."""
    page = dana.open("/audit?last=30d&facet=operation%3Aedited&limit=5")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("tr.more .same").first).to_be_visible()
    tab_to(page, name)
    page.keyboard.press("Enter")

    expect(page).to_have_url(re.compile(f"[?&]{query}"))
    expect(page).to_have_url(re.compile("last=30d"))
    if "action" not in query:  # another action has other facets
        expect(page).to_have_url(re.compile("facet=operation%3Aedited"))
    assert 0 < dana.rows.count() <= 5


def test_without_a_script_the_entry_filters_its_list(visit: Visit, sample: Sample, count: Count) -> None:
    """The filters of the list that led to the entry stay."""
    visitor = visit(java_script_enabled=False).signed_in(sample.people.admin)
    page = visitor.open("/audit?facet=operation%3Aedited&limit=5")
    page.get_by_role("link", name="Details").first.click()
    page.get_by_role("link", name="Only this source").click()

    expect(page).to_have_url(re.compile(r"/audit\?facet=operation%3Aedited&limit=5&channel=\w+$"))
    channel = page.url.partition("channel=")[2]
    assert visitor.total == count("'operation:edited' = ANY (facets) AND channel = %s", channel)


def test_several_actions_at_once(visit: Visit, sample: Sample, count: Count) -> None:
    """With a script and without."""
    for script in (True, False):
        visitor = visit(java_script_enabled=script).signed_in(sample.people.admin)
        page = visitor.open("/audit")
        page.get_by_text("Several actions").click()
        page.get_by_label("Member added").check()
        page.get_by_label("Report exported").check()
        page.get_by_role("button", name="Apply").click()
        expect(page).to_have_url(re.compile("action=member.added&action=report.exported$"))
        assert visitor.total == count("action IN ('member.added', 'report.exported')")


@pytest.mark.parametrize(
    ("query", "others"),
    [
        ("action=member.added", ["member.added"]),
        ("action=schedule.lifecycle_changed&facet=operation%3Apaused", ["schedule.lifecycle_changed"]),
        (
            "action=billing.plan_upgraded&action=billing.payment_failed",
            ["billing.plan_upgraded", "billing.payment_failed"],
        ),
    ],
)
def test_one_more_action_adds_to_what_the_dropdown_holds(dana: Visitor, query: str, others: list[str]) -> None:
    """It is ticked from the start, so that nothing is lost; all of a family too."""
    page = dana.open(f"/audit?{query}")
    ticked = page.locator(".several input:checked")
    assert ticked.evaluate_all("found => found.map(each => each.value)") == others
    if page.locator(".several:not([open])").count():
        page.get_by_text("Several actions").click()
    page.get_by_label("Report exported").check()
    expect(page.locator("#show option:checked")).to_contain_text("Report exported")
    with page.expect_navigation():
        page.get_by_role("button", name="Apply").click()

    assert parse_qs(urlsplit(page.url).query) == {"action": [*others, "report.exported"]}
    page.get_by_label("Report exported").uncheck()
    with page.expect_navigation():
        page.get_by_role("button", name="Apply").click()
    assert parse_qs(urlsplit(page.url).query) == {"action": others}


def test_a_whole_family_and_one_more(dana: Visitor, count: Count) -> None:
    """The dropdown's lines of several types tick all of these, and another choice takes the ticks with it."""
    page = dana.open("/audit")
    page.get_by_text("Several actions").click()
    ticked = page.locator(".several input:checked")
    page.get_by_label("Action", exact=True).select_option(label="All billing changes")
    expect(ticked).to_have_count(4)
    page.get_by_label("Action", exact=True).select_option(label="Member removed")
    expect(ticked).to_have_count(1)
    page.get_by_label("Action", exact=True).select_option(label="All billing changes")
    page.get_by_label("Report exported").check()
    page.get_by_role("button", name="Apply").click()
    expect(page).to_have_url(re.compile("report.exported"))
    assert dana.total == count("(action LIKE 'billing.%%' OR action = 'report.exported')")

    page.get_by_label("Action", exact=True).select_option(label="All actions")
    expect(ticked).to_have_count(0)
    page.get_by_label("Member added").check()
    page.get_by_label("Member added").uncheck()
    with page.expect_navigation():
        page.get_by_role("button", name="Apply").click()
    assert dana.total == count()


def test_keys(dana: Visitor) -> None:
    """The keys j and k go from entry to entry, Enter opens, / leads to the filters; none acts when turned off."""
    page = dana.open("/audit?limit=5")
    for key in "jjk":
        page.keyboard.press(key)
    expect(page.locator("button.toggle").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("tr.more .facts").first).to_be_visible()
    page.keyboard.press("/")
    expect(page.locator("#show")).to_be_focused()
    page.locator("#main").focus()
    page.keyboard.press("?")
    page.get_by_label("Use these keys").uncheck()
    page.keyboard.press("Escape")
    page.locator("#main").focus()
    page.keyboard.press("j")
    expect(page.locator("#main")).to_be_focused()


def test_dates_are_those_of_the_zone_that_is_shown(visit: Visit, sample: Sample, count: Count) -> None:
    """A local day is sent as its first instant, and shown as that day again."""
    visitor = visit(timezone_id="Asia/Tokyo").signed_in(sample.people.admin)
    page = visitor.open("/audit")
    page.get_by_role("button", name="Show times in").click()
    page.locator("#from").fill("2026-11-20")
    page.locator("#to").fill("2026-11-20")
    page.get_by_role("button", name="Apply").click()
    page.wait_for_url(re.compile(r"from=2026-11-20T00%3A00%3A00%2B09%3A00&to=2026-11-21T00%3A00%3A00%2B09%3A00"))

    expect(page.locator("#from")).to_have_value("2026-11-20")
    expect(page.locator("#to")).to_have_value("2026-11-20")
    expect(page.locator("#to")).to_have_accessible_name("To Asia/Tokyo, inclusive")
    page.get_by_role("button", name="Show times in UTC").click()
    expect(page.locator("#to")).to_have_accessible_name("To UTC, exclusive")
    assert visitor.total == count("occurred_at >= '2026-11-20 00:00+09' AND occurred_at < '2026-11-21 00:00+09'")


def test_what_is_typed_stays_in_another_zone(visit: Visit, sample: Sample) -> None:
    """A date means a day of the zone in which it was typed, and is the same instant in the other zone."""
    visitor = visit(timezone_id="Asia/Tokyo").signed_in(sample.people.admin)
    page = visitor.open("/audit")
    page.locator("#from").fill("2026-11-20")
    page.locator("#to").fill("2026-11-20")
    page.get_by_role("button", name="Show times in Asia/Tokyo").click()
    expect(page.locator("#from")).to_have_value("2026-11-20T09:00")
    expect(page.locator("#to")).to_have_value("2026-11-21T09:00")
    page.locator("#to").fill("2026-11-22T09:00:00")
    page.get_by_role("button", name="Show times in UTC").click()
    expect(page.locator("#from")).to_have_value("2026-11-20")
    expect(page.locator("#to")).to_have_value("2026-11-22T09:00:00+09:00")
    page.get_by_role("button", name="Show times in Asia/Tokyo").click()
    expect(page.locator("#to")).to_have_value("2026-11-22T09:00")
    with page.expect_navigation():
        page.get_by_role("button", name="Apply").click()
    assert parse_qs(urlsplit(page.url).query) == {"from": ["2026-11-20"], "to": ["2026-11-22T09:00:00+09:00"]}

    page.get_by_role("button", name="Show times in UTC").click()
    page.locator("#from").fill("")
    page.get_by_role("button", name="Show times in Asia/Tokyo").click()
    expect(page.locator("#from")).to_have_value("")
    expect(page.locator("#from")).to_have_attribute("type", "date")


def test_a_page_can_be_kept_and_read_by_a_program(visit: Visit, sample: Sample) -> None:
    """The link and the JSON are those of this page, as of its moment."""
    visitor = visit(permissions=["clipboard-read", "clipboard-write"]).signed_in(sample.people.admin)
    page = visitor.open("/audit?last=7d&limit=10")
    url = page.get_by_role("link", name="This page as JSON").get_attribute("href") or ""
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()

    assert (
        page.evaluate("navigator.clipboard.readText()") == f"{visitor.site.url}{url.replace('/audit/json', '/audit')}"
    )
    assert re.search(r"last=7d&limit=10&as_of=", url)
    assert page.request.get(visitor.site.url + url).json()["total"] == visitor.total


def test_actors_of_the_workspace_are_suggested(visit: Visit, fresh: Fresh) -> None:
    """From when the field is entered, also those of no entry of this page; for a name in which something is invisible the id."""
    fresh.put(actor_email="old@x.example")
    for minutes in range(1, 4):
        fresh.put(minutes, actor_email="new@x.example")
    fresh.put(5, actor_email="hid\u200bden@x.example", actor_id="user_hidden")
    visitor = visit().signed_in(fresh.admin)
    page = visitor.open("/audit?limit=1&actor=new@x.example")
    field = page.get_by_label("Actor", exact=True)
    field.focus()
    options = page.locator("datalist#actors option")
    expect(options).to_have_count(3)
    names = options.evaluate_all("found => found.map(each => each.value)")
    assert names == ["new@x.example", "old@x.example", "user_hidden"]
    expect(field).to_have_attribute("list", "actors")

    field.fill("old@x.example")
    field.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("1–1 of 1 entry")


def test_the_actor_is_a_field_without_a_script(visit: Visit, fresh: Fresh) -> None:
    """Typed and sent as any other."""
    fresh.put(actor_email="old@x.example")
    fresh.put(1, actor_email="new@x.example")
    page = visit(java_script_enabled=False).signed_in(fresh.admin).open("/audit")
    page.get_by_label("Actor", exact=True).fill("old@x.example")
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("status")).to_contain_text("1–1 of 1 entry")
