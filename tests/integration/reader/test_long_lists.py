"""A list with more entries than are held in memory: its pages are there, without a total, and its keys are never held (decision 73)."""

from collections.abc import Callable

import pytest

import reader.query.index_store
import reader.query.timeouts
from reader.model import Query
from reader.query import index_cache
from reader.query.key_index import KEY
from reader.query.listing import Listings
from sandbox.services.process import wait_until
from tests.integration.reader.entries import WORKSPACE
from tests.integration.reader.site import Site

EVENTS = "/v1/audit-events"
KEYS = 20  # that a list may have
FEW = Query(limit=5)


@pytest.fixture(autouse=True)
def bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small ones, and a machine that is as slow as it likes."""
    monkeypatch.setattr(index_cache, "MAX_LIST_BYTES", KEYS * KEY.size)
    monkeypatch.setattr(reader.query.index_store, "CHUNK_KEYS", 7)
    monkeypatch.setattr(reader.query.index_store, "SHORT_KEYS", 0)
    monkeypatch.setattr(reader.query.timeouts, "PAGE_SECONDS", 20.0)


@pytest.fixture
def ids(put: Callable[..., int]) -> list[str]:
    """Those of a list that has one entry too many, newest first."""
    return [str(put(minutes, action="member.added")) for minutes in range(KEYS + 1)][::-1]


def test_the_api_has_every_entry_without_a_total(site: Site, ids: list[str], put: Callable[..., int]) -> None:
    """By offset and by cursor, as of one moment; with a filter that selects fewer, with its total."""
    first = site.get(f"{EVENTS}?limit=5").json()
    put(99)
    by_offset = [
        item["id"]
        for offset in range(0, 25, 5)
        for item in site.get(f"{EVENTS}?limit=5&offset={offset}&as_of={first['as_of']}").json()["data"]
    ]
    by_cursor, cursor = [item["id"] for item in first["data"]], first["next_cursor"]
    while cursor:
        page = site.get(f"{EVENTS}?limit=5&cursor={cursor}").json()
        assert page["total"] is None
        by_cursor, cursor = by_cursor + [item["id"] for item in page["data"]], page["next_cursor"]

    assert first["total"] is None
    assert by_offset == by_cursor == ids
    assert site.listings.key_index_builds == 0
    assert site.get(f"{EVENTS}?action=schedule.lifecycle_changed").json()["total"] == 1


def test_a_page_far_down_says_what_to_do(site: Site, ids: list[str]) -> None:
    """It would be read from the beginning."""
    refused = site.get(f"{EVENTS}?offset=10001")

    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/invalid-query")
    assert "next_cursor" in refused.json()["errors"][0]["detail"]
    page = site.get("/audit?offset=10050").text
    assert "longer than this page can count" in page
    assert "Reading the list" not in page


def test_the_page_says_that_there_is_no_total(site: Site, ids: list[str]) -> None:
    """It learns that in the background, and then counts no more."""
    assert wait_until(lambda: "1–5, of too many entries to count" in site.get("/audit?limit=5").text, 10)
    page = site.get("/audit?limit=5").text
    assert "counting" not in page
    assert f"/audit/{ids[0]}" in page
    assert site.listings.key_index_builds == 0


def test_a_list_that_grows_too_long_is_let_go(listings: Listings, put: Callable[..., int]) -> None:
    """While it is in memory."""
    for minutes in range(KEYS):
        put(minutes)
    assert listings.page(WORKSPACE, Query()).total == KEYS
    put(99)

    assert not listings.page(WORKSPACE, FEW).is_counted
    assert listings.key_index_bytes == 0


def test_it_is_learned_once(listings: Listings, ids: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A list never gets shorter."""
    assert not listings.page(WORKSPACE, FEW).is_counted
    monkeypatch.setattr(reader.query.index_store, "load_index", lambda *_: pytest.fail("read again"))

    assert not listings.page(WORKSPACE, FEW).is_counted
    assert not listings.page_at_once(WORKSPACE, FEW).is_counted
