"""A list in memory is brought up to date by what was recorded since, or read again where that is too much to look through."""

from collections.abc import Callable

import pytest

import reader.query.index_store
import reader.query.list_queries
import reader.query.timeouts
from reader.model import Query, Selection
from reader.query.database import Database
from reader.query.filters import parse
from reader.query.listing import Listings
from reader.query.session_settings import SESSION
from sandbox.services.process import wait_until
from tests.integration.reader.entries import WORKSPACE


@pytest.mark.parametrize("far_behind", [False, True])
def test_a_filter_that_selects_few_is_not_looked_for_among_all(
    put: Callable[..., int], listings: Listings, monkeypatch: pytest.MonkeyPatch, far_behind: bool
) -> None:
    """To bring its list up to date, or back to a snapshot: beyond so many entries of the workspace it is read again."""
    monkeypatch.setattr(reader.query.index_store, "MAX_CATCH_UP", 5)
    monkeypatch.setattr(reader.query.list_queries, "MAX_RECORDED_READ", 10)
    rare = Selection(actor="rare")
    put(actor_id="rare")
    before = listings.page(WORKSPACE, Query(selection=rare))
    for _ in range(12 if far_behind else 9):
        put()
        put(workspace_id="org_2")
    put(actor_id="rare")
    now = listings.page(WORKSPACE, Query(selection=rare))
    assert (before.total, now.total, listings.key_index_builds) == (1, 2, 1 + far_behind)
    older = listings.page(WORKSPACE, Query(selection=rare, as_of=before.as_of))
    assert (older.total, listings.key_index_builds) == (1, 1 + 2 * far_behind)


def test_a_list_that_cannot_be_brought_up_to_date_in_time_is_read_again(
    put: Callable[..., int], database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its rows come at once, now and at an older snapshot, and its total when it was read: no page of it is refused over and over."""
    monkeypatch.setitem(SESSION, "statement_timeout", "300ms")
    monkeypatch.setattr(reader.query.timeouts, "PAGE_SECONDS", 20.0)
    database = Database(database_url)
    try:
        listings = Listings(database)
        put(0)
        before = listings.page(WORKSPACE, parse([])).as_of
        put(1)
        monkeypatch.setattr(reader.query.index_store, "SHORT_KEYS", 0)
        recorded = reader.query.list_queries.RECORDED
        slow = "SELECT ''::bytea AS keys, TRUE AS is_whole FROM (SELECT pg_sleep(10)) AS slow"
        monkeypatch.setattr(reader.query.list_queries, "RECORDED", slow)
        for asked in ([], [("as_of", Listings(database).page_at_once(WORKSPACE, parse([])).as_of)]):
            page = listings.page_at_once(WORKSPACE, parse([("limit", "1"), *asked]))
            assert (len(page.entries), page.has_more, page.is_counted) == (1, True, False)
        monkeypatch.setattr(reader.query.list_queries, "RECORDED", recorded)
        assert wait_until(lambda: listings.page_at_once(WORKSPACE, parse([("limit", "1")])).is_counted, 20)
        assert listings.page_at_once(WORKSPACE, parse([("limit", "1")])).total == 2
        assert listings.page_at_once(WORKSPACE, parse([("as_of", before)])).total == 1
    finally:
        database.close()
