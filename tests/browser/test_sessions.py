"""A person reads for longer than a session token lives, and notices nothing of it: in a real browser, under the page's policy."""

from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Sample
from tests.browser.sessions import number_of, query_of, run_out
from tests.browser.visitor import Visitor


def test_the_next_page_comes_with_its_filters(reader: Visitor, sample: Sample) -> None:
    """Next after a minute of reading leads to page two of the same list, as of the same moment; so does a link from a mail."""
    page = reader.open("/audit?facet=operation%3Apaused&limit=10")
    total, before = reader.total, reader.times
    run_out(reader, sample.people.admin)
    page.get_by_role("link", name="Next").click()

    expect(page.locator("#page")).to_have_value("2")
    query = parse_qs(urlsplit(page.url).query)
    assert (query["facet"], query["limit"], query["offset"]) == (["operation:paused"], ["10"], ["10"])
    assert "as_of" in query
    assert (reader.total, reader.times != before) == (total, True)
    run_out(reader, sample.people.admin)
    page.go_back()
    expect(page.locator("#page")).to_have_value("1")
    assert reader.times == before


def test_filters_are_applied_though_the_session_has_run_out(reader: Visitor, sample: Sample) -> None:
    """A form's redirects are held to the page's policy, which lets this one lead to Clerk and back."""
    page = reader.open("/audit")
    run_out(reader, sample.people.admin)
    page.get_by_label("Action", exact=True).select_option(label="Schedule changed · paused")
    with page.expect_navigation():
        page.get_by_role("button", name="Apply").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Audit log")
    assert "action=schedule.lifecycle_changed&facet=operation%3Apaused" in page.url
    assert all(" paused the schedule " in sentence for sentence in reader.sentences)


def test_the_look_for_newer_entries_goes_on(reader: Visitor, sample: Sample) -> None:
    """The page's script gets a 401, and offers a link; that is a navigation, and so the session comes back."""
    reader.page.clock.install()
    page = reader.open("/audit?limit=10")
    run_out(reader, sample.people.admin)
    reader.watch.refused(f"{reader.site.url}/v1/audit-events?limit=1", 401)
    with page.expect_response("**/v1/audit-events?limit=1"):
        page.clock.run_for(31_000)
    page.get_by_role("status").get_by_role("link", name="Look for newer entries").click()

    expect(page.locator(".newer")).to_be_hidden()
    expect(reader.rows).to_have_count(10)
    assert page.url == f"{reader.site.url}/audit?limit=10"


def test_signing_out_elsewhere_ends_it(reader: Visitor, sample: Sample) -> None:
    """The page asks to sign in, and says where to come back to."""
    page = reader.open("/audit?limit=10")
    reader.context.add_cookies([{"name": "__client", "value": "gone", "url": reader.site.url}])
    run_out(reader, sample.people.admin)
    reader.open("/audit?limit=20", 401)

    link = page.get_by_role("link", name="Sign in").get_attribute("href") or ""
    assert parse_qs(urlsplit(link).query)["redirect_url"] == [f"{reader.site.url}/audit?limit=20"]
    assert not [cookie for cookie in reader.context.cookies() if cookie["name"] == "__session"]


def test_a_row_opens_though_the_session_has_run_out(reader: Visitor, sample: Sample) -> None:
    """The page comes back, as of the same moment, with that row open and the focus on it; whatever was recorded meanwhile."""
    page = reader.open("/audit?limit=10")
    before, query, number = reader.times, query_of(page), number_of(reader, 6)
    run_out(reader, sample.people.admin)
    reader.watch.refused(f"{reader.site.url}/audit/{number}?{query}", 401)
    reader.rows.nth(6).locator("td.when").click()

    expect(page.locator(f"#d-{number} .facts").first).to_be_visible()
    expect(reader.rows.nth(6).get_by_role("button")).to_be_focused()
    assert page.url == f"{reader.site.url}/audit?{query}"
    assert reader.times == before
    run_out(reader, sample.people.admin)
    other = number_of(reader, 2)
    reader.watch.refused(f"{reader.site.url}/audit/{other}?{query}", 401)
    reader.rows.nth(2).locator("td.when").click()
    expect(page.locator(f"#d-{other} .facts").first).to_be_visible()
    page.reload()
    expect(page.locator("tr.more:visible")).to_have_count(0)


def test_a_session_that_ends_at_once_is_said_in_the_row(reader: Visitor, sample: Sample) -> None:
    """The page that came back is not left a second time by itself."""
    page = reader.open("/audit?limit=10")
    query, number = query_of(page), number_of(reader, 0)
    address = f"{reader.site.url}/audit/{number}?{query}"
    reader.watch.refused(address, 401)
    page.route(address, lambda route: route.fulfill(status=401, body="no"))
    reader.rows.first.locator("td.when").click()

    expect(page.locator(f"#d-{number}")).to_contain_text("Your session has ended. Try again")
    expect(page.locator(f"#d-{number}").get_by_role("link", name="Open the entry")).to_be_visible()
    assert page.url == f"{reader.site.url}/audit?{query}"


@pytest.mark.parametrize("fault", ["busy", "offline"])
def test_a_row_that_cannot_be_read_says_so_and_tries_again(dana: Visitor, fault: str) -> None:
    """In its place: the list, its page and what else is open stay."""
    page = dana.open("/audit?limit=10")
    query, number, address = query_of(page), number_of(dana, 1), page.url
    entry = f"{dana.site.url}/audit/{number}?{query}"
    dana.watch.refused(entry, 503)
    page.route(entry, lambda route: route.fulfill(status=503) if fault == "busy" else route.abort("aborted"))
    dana.rows.nth(1).locator("td.when").click()
    part = page.locator(f"#d-{number}")
    expect(part).to_contain_text("The audit log is busy." if fault == "busy" else "The server cannot be reached.")
    page.unroute(entry)
    part.get_by_role("button", name="Try again").click()

    expect(part.locator(".facts").first).to_be_visible()
    expect(part.get_by_role("button", name="Try again")).to_have_count(0)
    assert page.url == address


def test_the_print_is_made_though_the_session_has_run_out(reader: Visitor, sample: Sample) -> None:
    """Once, of the same page, with every row's changes."""
    reader.page.add_init_script("window.print = () => document.body.append('sent to the printer ')")
    page = reader.open("/audit?limit=3&offset=3")
    before, query = reader.times, query_of(page)
    for row in range(3):
        reader.watch.refused(f"{reader.site.url}/audit/{number_of(reader, row)}?{query}", 401)
    run_out(reader, sample.people.admin)
    page.get_by_role("button", name="Print").click()

    expect(page.locator("body")).to_contain_text("sent to the printer")
    assert page.url == f"{reader.site.url}/audit?{query}"
    assert reader.times == before
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    expect(page.locator(".evidence")).to_contain_text("every row with its changes")
    page.emulate_media(media="screen")
    page.reload()
    expect(page.get_by_role("button", name="Print")).to_be_enabled()
    assert "sent to the printer" not in page.locator("body").inner_text()


def test_a_print_that_is_not_made_says_why(dana: Visitor) -> None:
    """A busy server; the next try prints."""
    dana.page.add_init_script("window.print = () => document.body.append('sent to the printer ')")
    page = dana.open("/audit?limit=1")
    entry = f"{dana.site.url}/audit/{number_of(dana, 0)}?{query_of(page)}"
    dana.watch.refused(entry, 503)
    page.route(entry, lambda route: route.fulfill(status=503))
    page.get_by_role("button", name="Print").click()
    expect(page.locator(".printing")).to_contain_text("Not printed. The audit log is busy.")
    page.unroute(entry)
    page.get_by_role("button", name="Print").click()

    expect(page.locator("body")).to_contain_text("sent to the printer")
    expect(page.locator(".printing")).not_to_contain_text("Not printed")


def test_links_to_json_and_to_the_checkpoint_renew_the_session(reader: Visitor, sample: Sample) -> None:
    """They are the page's own addresses; what they have is what the API has."""
    page = reader.open("/audit?limit=10")
    reader.watch.refused(f"{reader.site.url}/favicon.ico", 404)  # for what is no page of ours
    total = reader.total
    run_out(reader, sample.people.admin)
    with page.expect_navigation(url="**/audit/json?*"):
        page.get_by_role("link", name="This page as JSON").click()
    assert page.evaluate("JSON.parse(document.querySelector('pre').textContent).total") == total

    page.go_back()
    number = number_of(reader, 0)
    run_out(reader, sample.people.admin)
    reader.open(f"/audit/{number}/json")
    assert page.evaluate("JSON.parse(document.querySelector('pre').textContent).id") == number
    run_out(reader, sample.people.admin)
    reader.open("/audit/checkpoint", 404)
    assert page.evaluate("JSON.parse(document.querySelector('pre').textContent).title") == "Nothing is sealed yet"
