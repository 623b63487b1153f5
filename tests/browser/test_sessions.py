"""A person reads for longer than a session token lives, and notices nothing of it: in a real browser, under the page's policy."""

import time
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, expect

from sandbox.services.frontend_api import FrontendApi
from sandbox.services.site import Site, site
from tests.browser.conftest import Sample
from tests.browser.visitor import Visitor


@pytest.fixture(scope="module")
def renewing(shown: Site, sample: Sample) -> Iterator[Site]:
    """The sample, once more, with an issuer that renews sessions."""
    with site(shown.database_url, sample.people, renews=True) as made:
        yield made


@pytest.fixture
def reader(chromium: Browser, renewing: Site, sample: Sample) -> Iterator[Visitor]:
    """An admin who is signed in at the issuer, and whose session token has run out."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    visitor = Visitor(context, renewing)
    client = api_of(visitor).signed_in(sample.people.admin)
    context.add_cookies([{"name": "__client", "value": client, "url": renewing.url}])
    yield run_out(visitor, sample)
    context.close()
    assert visitor.watch.faults == []


def api_of(visitor: Visitor) -> FrontendApi:
    assert isinstance(visitor.site.issuer, FrontendApi)
    return visitor.site.issuer


def run_out(visitor: Visitor, sample: Sample) -> Visitor:
    """The session token has run out meanwhile: a minute has gone by, and with it the count of redirects."""
    now = int(time.time())
    visitor.context.clear_cookies(name="audit_redirects")
    return visitor.signed_in(sample.people.admin, exp=now - 60, iat=now - 120, nbf=now - 130)


def test_the_next_page_comes_with_its_filters(reader: Visitor, sample: Sample) -> None:
    """Next after a minute of reading leads to page two of the same list, as of the same moment; so does a link from a mail."""
    page = reader.open("/audit?facet=operation%3Apaused&limit=10")
    total, before = reader.total, reader.times
    run_out(reader, sample)
    page.get_by_role("link", name="Next").click()

    expect(page.locator("#page")).to_have_value("2")
    query = parse_qs(urlsplit(page.url).query)
    assert (query["facet"], query["limit"], query["offset"]) == (["operation:paused"], ["10"], ["10"])
    assert "as_of" in query
    assert (reader.total, reader.times != before) == (total, True)
    run_out(reader, sample)
    page.go_back()
    expect(page.locator("#page")).to_have_value("1")
    assert reader.times == before


def test_filters_are_applied_though_the_session_has_run_out(reader: Visitor, sample: Sample) -> None:
    """A form's redirects are held to the page's policy, which lets this one lead to Clerk and back."""
    page = reader.open("/audit")
    run_out(reader, sample)
    page.get_by_label("Action", exact=True).select_option(label="Schedule changed · paused")
    with page.expect_navigation():
        page.get_by_role("button", name="Apply").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Audit log")
    assert "action=schedule.lifecycle_changed&facet=operation%3Apaused" in page.url
    assert all(" paused the schedule " in each for each in reader.sentences)


def test_the_look_for_newer_entries_goes_on(reader: Visitor, sample: Sample) -> None:
    """The page's script gets a 401, and offers a link; that is a navigation, and so the session comes back."""
    reader.page.clock.install()
    page = reader.open("/audit?limit=10")
    run_out(reader, sample)
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
    run_out(reader, sample)
    reader.open("/audit?limit=20", 401)

    link = page.get_by_role("link", name="Sign in").get_attribute("href") or ""
    assert parse_qs(urlsplit(link).query)["redirect_url"] == [f"{reader.site.url}/audit?limit=20"]
    assert not [cookie for cookie in reader.context.cookies() if cookie["name"] == "__session"]
