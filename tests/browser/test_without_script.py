"""Without JavaScript: the same page, the same filters and pages; a row's button is a link to its entry."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Count, Sample, Visit
from tests.browser.visitor import Visitor


@pytest.fixture
def plain(visit: Visit) -> Visitor:
    """A visitor whose browser runs no script."""
    return visit(java_script_enabled=False)


def test_from_signing_in_to_an_entry(plain: Visitor, sample: Sample, count: Count) -> None:
    """Sign in, filter, page, read an entry whole, and go back."""
    page = plain.open("/audit", 401)
    page.get_by_role("link", name="Sign in").click()
    page.get_by_role("link", name=sample.people.admin.label).click()
    page.get_by_role("link", name="Open the audit log").click()
    page.get_by_label("Action", exact=True).select_option(label="Schedule changed · edited")
    page.get_by_label("Source", exact=True).select_option(label="MCP")
    page.get_by_role("button", name="Apply").click()
    expect(page).to_have_url(re.compile("operation%3Aedited"))
    assert plain.total == count("source = 'mcp' AND 'operation:edited' = ANY (facets)") > 50

    page.get_by_role("link", name="Next").click()
    expect(page.locator("#page")).to_have_value("2")
    page.locator("#page").fill("1")
    page.get_by_role("button", name="Go").click()
    expect(page.locator("#page")).to_have_value("1")
    page.get_by_role("link", name="Details").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(
        "dana.whitfield@northwind.example edited the schedule Weekly pipeline: 3 changes"
    )
    expect(page.locator(".changes")).to_contain_text("0 8 * * 1")
    page.get_by_text("Raw JSON").click()
    expect(page.locator(".raw pre")).to_be_visible()
    page.go_back()
    expect(page.locator("#page")).to_have_value("1")


def test_nothing_is_offered_that_needs_a_script(plain: Visitor, sample: Sample) -> None:
    """No button that would do nothing, no row that seems to open."""
    plain.signed_in(sample.people.admin)
    page = plain.open("/audit?limit=5")

    expect(page.get_by_role("button")).to_have_text(["Apply", "Go"])
    expect(page.locator("[aria-expanded]")).to_have_count(0)
    expect(page.locator("tr.more:visible")).to_have_count(0)
