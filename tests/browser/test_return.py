"""A page that is left to renew the session comes back as it was left, and nothing but that makes it act by itself."""

import json
import re
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Page, expect

from tests.browser.conftest import Fresh, Sample, Visit
from tests.browser.sessions import number_of, query_of, run_out
from tests.browser.visitor import Visitor

PRINTED = "window.print = () => document.body.append('sent to the printer ')"
REFUSE_ONCE = """() => {
    const write = navigator.clipboard.writeText.bind(navigator.clipboard);
    navigator.clipboard.writeText = () => {
        navigator.clipboard.writeText = write;
        return Promise.reject(new Error("refused"));
    };
}"""


def opened(page: Page) -> list[str | None]:
    """Which rows are open."""
    return [button.get_attribute("aria-controls") for button in page.locator(".entry button[aria-expanded=true]").all()]


def top_of(visitor: Visitor, row: int) -> float:
    """Where a row is on the screen."""
    box = visitor.rows.nth(row).bounding_box()
    assert box is not None
    return box["y"]


def lose(visitor: Visitor, sample: Sample, row: int) -> None:
    """The session ends, and the row's changes are refused."""
    run_out(visitor, sample.people.admin)
    number, query = number_of(visitor, row), query_of(visitor.page)
    visitor.watch.refused(f"{visitor.site.url}/audit/{number}?{query}", 401)


def test_open_rows_place_and_filters_stay(reader: Visitor, sample: Sample) -> None:
    """A row is opened after a minute: what else was open, typed and seen is there again."""
    page = reader.open("/audit?limit=50")
    for row in (1, 20):
        reader.rows.nth(row).get_by_role("button").click()
        expect(page.locator("tr.more:visible .facts").nth(0 if row == 1 else 2)).to_be_visible()
    page.get_by_label("Actor", exact=True).fill("someone@x.example")
    page.locator("#from").fill("2026-11-20")
    page.get_by_text("Several actions").click()
    page.get_by_label("Member added").check()
    page.get_by_label("Report exported").check()
    page.get_by_label("Source", exact=True).select_option(label="Web")
    before = opened(page)
    reader.rows.nth(22).scroll_into_view_if_needed()
    page.evaluate("scrollBy(0, 150)")
    top = top_of(reader, 22)
    lose(reader, sample, 22)
    for row in (1, 20):
        reader.watch.refused(f"{reader.site.url}/audit/{number_of(reader, row)}?{query_of(page)}", 401)
    with page.expect_event("load"):
        reader.rows.nth(22).locator("td.when").click()

    expect(page.locator("tr.more:visible .changes, tr.more:visible .none")).to_have_count(3)
    assert opened(page) == [*before, f"d-{number_of(reader, 22)}"]
    assert abs(top_of(reader, 22) - top) < 3
    expect(reader.rows.nth(22).get_by_role("button")).to_be_focused()
    expect(page.get_by_label("Actor", exact=True)).to_have_value("someone@x.example")
    expect(page.locator("#from")).to_have_value("2026-11-20")
    expect(page.get_by_label("Member added")).to_be_checked()
    expect(page.get_by_label("Report exported")).to_be_checked()
    expect(page.locator("#show option:checked")).to_have_text("Member added, Report exported")
    with page.expect_navigation():
        page.get_by_role("button", name="Apply").click()
    assert parse_qs(urlsplit(page.url).query) == {
        "action": ["member.added", "report.exported"],
        "actor": ["someone@x.example"],
        "channel": ["web"],
        "from": ["2026-11-20"],
    }
    expect(page.locator("tr.more:visible")).to_have_count(0)


def test_what_was_kept_is_for_that_page_and_once(reader: Visitor, sample: Sample) -> None:
    """Another page, and the same page loaded once more, begin as the server sends them."""
    page = reader.open("/audit?limit=5")
    page.get_by_label("Actor", exact=True).fill("someone@x.example")
    lose(reader, sample, 2)
    with page.expect_event("load"):
        reader.rows.nth(2).locator("td.when").click()
    expect(page.locator("tr.more:visible .facts").first).to_be_visible()
    assert page.evaluate("sessionStorage.length") == 0
    page.reload()
    expect(page.locator("tr.more:visible")).to_have_count(0)
    expect(page.get_by_label("Actor", exact=True)).to_have_value("")


def test_no_link_makes_a_page_print_or_open(dana: Visitor) -> None:
    """Whatever an address says after its #."""
    dana.page.add_init_script(PRINTED)
    page = dana.open("/audit?limit=5")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    path = f"/audit?{query_of(page)}"
    for mark in ("print", f"d-{number_of(dana, 1)}", "copy"):
        page.goto("about:blank")
        dana.open(f"{path}#{mark}")
        page.wait_for_load_state("networkidle")
        expect(page.locator("tr.more:visible")).to_have_count(0)
        assert "sent to the printer" not in page.locator("body").inner_text()
    assert not [url for url in asked if re.search(r"/audit/(\d+|json)", url)]


def test_copy_as_json(reader: Visitor, sample: Sample) -> None:
    """The page as the API has it, in the clipboard; after a minute too."""
    page = reader.open("/audit?last=7d&limit=10")
    page.get_by_role("button", name="Copy as JSON").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    copied = json.loads(page.evaluate("navigator.clipboard.readText()"))
    assert copied["total"] == reader.total
    assert len(copied["data"]) == 10

    page.evaluate("navigator.clipboard.writeText('')")
    page.reload()
    query = query_of(page)
    reader.watch.refused(f"{reader.site.url}/audit/json?{query}", 401)
    run_out(reader, sample.people.admin)
    with page.expect_event("load"):
        page.get_by_role("button", name="Copy as JSON").click()
    button = page.get_by_role("button", name=re.compile("Copied|Press again to copy"))
    expect(button).to_be_focused()
    assert page.url == f"{reader.site.url}/audit?{query}"
    button.click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert json.loads(page.evaluate("navigator.clipboard.readText()"))["data"] == page.request.get(
        f"{reader.site.url}/audit/json?{query}"
    ).json()["data"]  # fmt: skip


def test_a_copy_that_the_browser_or_the_server_refuses(dana: Visitor) -> None:
    """The next press copies; a browser that lets nothing into the clipboard shows the JSON itself."""
    page = dana.open("/audit?limit=2")
    url = f"{dana.site.url}/audit/json?{query_of(page)}"
    dana.watch.refused(url, 503)
    page.route(url, lambda route: route.fulfill(status=503))
    page.get_by_role("button", name="Copy as JSON").click()
    refused = page.get_by_role("button", name="Not copied. The audit log is busy.")
    expect(refused).to_be_visible()  # before the route goes: a press returns before its request is sent
    page.unroute(url)
    refused.click()
    # No permission was given to this visitor's pages: headless Chromium refuses.
    again = page.get_by_role("button", name="Press again to copy")
    expect(again).to_be_visible()
    dana.watch.refused(f"{dana.site.url}/favicon.ico", 404)
    with page.expect_navigation(url=url):
        again.click()


def test_a_copy_that_is_refused_once(reader: Visitor) -> None:
    """As where the answer took longer than a browser waits after a press."""
    page = reader.open("/audit?limit=2")
    page.evaluate(REFUSE_ONCE)
    page.get_by_role("button", name="Copy as JSON").click()
    page.get_by_role("button", name="Press again to copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()


def test_actors_are_there_before_the_session_runs_out(reader: Visitor, sample: Sample) -> None:
    """Fetched as soon as the page is loaded; who enters the field a minute later has them without a request."""
    with reader.page.expect_response("**/audit/actors") as answered:
        page = reader.open("/audit?limit=1")
    assert answered.value.status == 200
    expect(page.locator("datalist#actors option")).not_to_have_count(1)
    run_out(reader, sample.people.admin)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.get_by_label("Actor", exact=True).focus()
    page.get_by_label("Subject", exact=True).focus()
    assert asked == []


def test_actors_that_were_not_fetched_in_time(reader: Visitor, sample: Sample) -> None:
    """The page comes back with the field as it was left, and with the names."""
    page = reader.page
    page.route("**/audit/actors", lambda route: route.fulfill(status=503))
    reader.watch.refused(f"{reader.site.url}/audit/actors", 503)
    with page.expect_response("**/audit/actors"):
        reader.open("/audit?limit=1")
    page.unroute("**/audit/actors")
    page.get_by_label("Subject", exact=True).fill("sch_1")
    run_out(reader, sample.people.admin)
    field = page.get_by_label("Actor", exact=True)
    with page.expect_event("load"):
        field.focus()

    expect(page.locator("datalist#actors option")).not_to_have_count(1)
    expect(field).to_be_focused()
    expect(page.get_by_label("Subject", exact=True)).to_have_value("sch_1")


def test_a_session_that_does_not_come_back_leaves_the_field(visit: Visit, fresh: Fresh) -> None:
    """Refused again after the page came back: it stays, and is not left a second time."""
    visitor = visit().signed_in(fresh.admin)
    fresh.put()
    page = visitor.page
    visitor.watch.refused(f"{visitor.site.url}/audit/actors", 401)
    page.route("**/audit/actors", lambda route: route.fulfill(status=401))
    with page.expect_response("**/audit/actors"):
        visitor.open("/audit?limit=1")
    with page.expect_event("load"):
        page.get_by_label("Actor", exact=True).focus()
    field = page.get_by_label("Actor", exact=True)
    expect(field).to_be_focused()
    page.evaluate("window.stays = true")
    page.get_by_label("Subject", exact=True).focus()
    with page.expect_response("**/audit/actors"):
        field.focus()
    page.wait_for_load_state("networkidle")
    assert page.evaluate("window.stays")
