"""The bytes of a list's page with filters, and the way back to that list from an entry, without a script."""

import html
import re
from urllib.parse import urlencode

import pytest

from tests.integration.reader.site import Tenant

MAX_PAGE_BYTES = 60_000
ACTOR = "person12@harbourpine.example"
FILTERS = urlencode(
    [
        ("action", "schedule.lifecycle_changed"),
        ("facet", "operation:edited"),
        ("source", "mcp"),
        ("actor", ACTOR),
        ("from", "2026-11-01"),
        ("to", "2026-11-30"),
    ]
)
DIFF = (
    '{"changes":{"/cron":{"after":"0 8 * * 1-5","before":"0 9 * * 1"},'
    '"/recipients":{"added":["b@harbourpine.example"],"after":["b@harbourpine.example"],"before":[],"removed":[]}},'
    '"mcp":{"client":"claude-desktop","tool":"update_schedule"},"source":"mcp"}'
)
BACK = re.compile(r'<p class="back"><a href="([^"]*)">')


def test_a_page_with_filters_is_as_small_as_one_without(tenant: Tenant) -> None:
    """All usual filters at once, and the sentences of edits, which are long."""
    for minutes in range(60):
        tenant.put(
            minutes,
            diff=DIFF,
            facets=["operation:edited"],
            channel="mcp",
            actor_email=ACTOR,
            label="Weekly pipeline 12",
        )

    plain, filtered = tenant.get("/audit"), tenant.get(f"/audit?{FILTERS}")

    for page in (plain, filtered):
        assert page.text.count("toggle") == 50
        assert len(page.content) <= MAX_PAGE_BYTES


@pytest.mark.parametrize(
    ("referer", "expected"),
    [
        (f"/audit?{FILTERS}", f"/audit?{FILTERS}"),
        ("/audit", "/audit"),
        ("/audit?action=nothing", "/audit"),
        ("/audit/5?actor=x", "/audit"),
        ("/audit?%ff", "/audit"),
        ("//[", "/audit"),
        (f"/audit?actor={'x' * 9000}", "/audit"),
    ],
)
def test_without_a_script_a_browser_says_which_list_led_here(tenant: Tenant, referer: str, expected: str) -> None:
    """By Referer, which it sends within the site; an address that names a list itself goes first."""
    entry_id = tenant.put(1)

    def back(query: str, whole_referer: str) -> str:
        matched = BACK.search(tenant.get(f"/audit/{entry_id}{query}", Referer=whole_referer).text)
        assert matched
        return html.unescape(matched[1])

    assert back("", f"{tenant.site.url}{referer}") == expected
    assert back("", f"https://mail.example{referer}") == "/audit"
    assert back("?actor=y", f"{tenant.site.url}{referer}") == "/audit?actor=y"
