"""Filters leave room for the rest of a link: whatever is asked for, the links of its answer can be followed."""

import html
import re
from urllib.parse import quote, urlencode, urlsplit

import pytest

from reader.http.byte_limits import MAX_QUERY_BYTES
from reader.query.filters import MAX_OFFSET, MAX_TEXT_BYTES
from reader.query.position import MAX_FILTER_BYTES, PLACE_BYTES
from reader.query.snapshot import MAX_RUNNING, Snapshot
from runtime.timestamps import from_microseconds
from tests.integration.reader.site import Tenant

PATHS = ("/audit", "/v1/audit-events")


def filters(size: int, letter: str = "f") -> str:
    """Facets that are so many bytes in a link."""
    rest, texts = letter * (240 // len(quote(letter))), list[str]()
    while size > len("actor=") + MAX_TEXT_BYTES:
        size -= len("&facet=00") + len(quote(rest))
        texts.append(f"facet={len(texts):02}{rest}")
    return "&".join([*texts, "actor=" + "a" * (size - len("actor="))])


@pytest.mark.parametrize("letter", ["f", "é"])
@pytest.mark.parametrize("path", PATHS)
def test_filters_that_leave_no_room_are_refused(tenant: Tenant, path: str, letter: str) -> None:
    """One byte too many is a 422 that says so; bytes count as a link has them, whatever was sent."""
    query = filters(MAX_FILTER_BYTES, letter)
    assert tenant.get(f"{path}?{query}").status_code == 200
    assert tenant.get(f"{path}?limit=10&offset=3&last=7d&{query}").status_code == 200
    refused = tenant.get(f"{path}?{query}a")
    assert refused.status_code == 422
    assert f"filters of more than {MAX_FILTER_BYTES:,} bytes" in refused.text


def test_every_link_of_a_page_with_long_filters_can_be_followed(tenant: Tenant) -> None:
    """Next, the page itself, its JSON, its ranges of time and its entries; and what a script asks for."""
    for minutes in range(3):
        tenant.put(minutes, facets=[f"f:{number}" for number in range(20)])
    facets = [("facet", f"f:{number:0229}") for number in range(1, 17)]
    missing = MAX_FILTER_BYTES - len(urlencode(facets)) - len("&facet=f%3A1&facet=f%3A")
    page = tenant.get(f"/audit?limit=1&{urlencode([*facets, ('facet', 'f:1'), ('facet', 'f:' + 'x' * missing)])}")
    assert page.status_code == 200
    links = {html.unescape(link) for link in re.findall(r'(?:href|data-[a-z-]+)="(/(?:audit|v1)[^"]*)"', page.text)}
    assert len([link for link in links if len(urlsplit(link).query) > MAX_FILTER_BYTES]) >= 2
    for link in links:
        assert tenant.get(link).status_code in {200, 303}, link


def test_the_place_of_a_page_fits_in_its_room() -> None:
    """A thousand open transactions, as far apart as ids can be that are not yet reused, and the last offset."""
    running = tuple(10**18 + number * 2_000_000 for number in range(1, MAX_RUNNING + 1))
    as_of = Snapshot(from_microseconds(4 * 10**15), 10**18, 2 * 10**18, running).as_of
    range_of_time = "&from=2026-11-22T10%3A00%3A00.123456%2B00%3A00&to=2026-11-22T10%3A00%3A00.123456%2B00%3A00"
    assert len(f"&limit=200{range_of_time}&offset={MAX_OFFSET}&as_of={as_of}") <= PLACE_BYTES
    assert len(f"&limit=200&last=24h&cursor={as_of}%7E-{'9' * 18}.{'9' * 18}") <= PLACE_BYTES
    assert MAX_FILTER_BYTES + PLACE_BYTES == MAX_QUERY_BYTES == 8 * 1024
