"""The first page of a long list that is not in memory: rows at once, and what they are is what the key index says."""

import random
import threading
from collections.abc import Callable
from itertools import product
from typing import Any

import psycopg
import pytest

import reader.query.index_store
import reader.query.timeouts
import reader.query.uncached_page
from reader.model import Listing
from reader.query.background_loads import BackgroundLoads
from reader.query.database import Database
from reader.query.filters import InvalidQuery, parse
from reader.query.index_load import load_index
from reader.query.list_queries import ListQuery
from reader.query.listing import Listings
from reader.query.snapshot import Snapshot
from sandbox.services.process import wait_until
from tests.integration.reader.entries import INSERT, WORKSPACE, entry
from tests.integration.reader.site import ADMIN, Site
from tests.integration.reader.test_servers import Pair, pair, servers  # noqa: F401 fixtures

SELECTIONS: tuple[tuple[tuple[str, str], ...], ...] = (
    (),
    (("action", "member.added"),),
    (("actor", "max@x.example"), ("facet", "operation:paused")),
    (("from", "2026-11-01T00:20:00Z"), ("to", "2026-11-01T01:00:00Z")),
    (("from", "2030-01-01"),),
    (("last", "24h"),),
    (("subject", "nothing"),),
)
PLACES = ((0, 50), (0, 7), (20, 20), (60, 1), (119, 50), (500, 50))


@pytest.fixture
def long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every list is long, and the machine is as slow as it likes."""
    monkeypatch.setattr(reader.query.index_store, "SHORT_KEYS", 0)
    monkeypatch.setattr(reader.query.timeouts, "PAGE_SECONDS", 20.0)


@pytest.fixture
def unread(long: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """No list is ever loaded after a page was shown."""
    monkeypatch.setattr(BackgroundLoads, "begin", lambda *_: None)


def fill(connection: psycopg.Connection[tuple[object, ...]], count: int = 120) -> None:
    """Entries of two workspaces, several of one moment, in any order."""
    chance = random.Random(7)
    for _ in range(count):
        for workspace_id in (WORKSPACE, "org_2"):
            values = entry(
                chance.randrange(90),
                workspace_id=workspace_id,
                action=chance.choice(("member.added", "schedule.lifecycle_changed")),
                actor_email=chance.choice(("max@x.example", "Dana@x.example")),
            )
            connection.execute(INSERT, values)


def same(page: Listing, indexed: Listing) -> None:
    """Both show one page; the total is right where it is there."""
    assert [listed.id for listed in page.entries] == [listed.id for listed in indexed.entries]
    assert page.entries == indexed.entries
    assert all(listed.workspace_id == WORKSPACE for listed in page.entries)
    assert (page.is_read, page.as_of, page.newer) == (True, indexed.as_of, indexed.newer)
    assert page.next_cursor == indexed.next_cursor
    if page.is_counted:
        assert (page.total, page.has_more) == (indexed.total, page.query.offset + len(page.entries) < indexed.total)
    elif page.query.cursor is None:
        assert page.has_more is (page.query.offset + len(page.entries) < indexed.total)


@pytest.mark.parametrize("kind", ["primary", "standby"])
def test_what_is_seen_at_once_is_what_the_key_index_says(pair: Pair, unread: None, kind: str) -> None:  # noqa: F811
    """Any filter, range and place, now and at an older snapshot, while a slow transaction is open and others are committed."""
    fill(pair.writer)
    with psycopg.connect(pair.primary.url(pair.name)) as slow:
        slow.execute(INSERT, entry(45))
        fill(pair.writer, 5)
        pair.follow()
        database = pair.database(getattr(pair, kind))
        try:
            seeing, indexed = Listings(database), Listings(database)
            before = indexed.page(WORKSPACE, parse([("limit", "10")]))
            positions = ((), (("as_of", before.as_of),), (("cursor", before.next_cursor or ""),))

            def compare() -> int:
                compared = 0
                for selection, (offset, limit), place in product(SELECTIONS, PLACES, positions):
                    if place and place[0][0] == "cursor" and offset:
                        continue
                    asked = [*selection, ("offset", str(offset)), ("limit", str(limit))]
                    page = seeing.page_at_once(WORKSPACE, parse([*asked, *place]))
                    same(page, indexed.page(WORKSPACE, parse([*asked, *(place or (("as_of", page.as_of),))])))
                    compared += 1
                return compared

            assert compare() == len(SELECTIONS) * (2 * len(PLACES) + 2)
            pair.put(minutes=30)
            slow.commit()
            pair.put(minutes=31)
            pair.follow()
            assert compare() == len(SELECTIONS) * (2 * len(PLACES) + 2)
            assert seeing.key_index_builds == 0
        finally:
            database.close()


def test_a_short_list_on_a_standby_has_what_is_settled(pair: Pair) -> None:  # noqa: F811
    """What was recorded after a transaction that is still open waits for it, also where the list is read at once."""
    settled = pair.put()
    with psycopg.connect(pair.primary.url(pair.name)) as slow:
        slow.execute(INSERT, entry(1))
        pair.put(minutes=2)
        pair.follow()
        database = pair.database(pair.standby)
        try:
            page = Listings(database).page_at_once(WORKSPACE, parse([]))
        finally:
            database.close()
    assert (page.is_counted, page.total, [listed.id for listed in page.entries]) == (True, 1, [settled])


def test_pages_that_are_walked_while_all_is_counted_have_each_entry_once(
    put: Callable[..., int], listings: Listings, unread: None
) -> None:
    """From the first page to the last by the as_of of the first, while entries arrive on every page."""
    recorded = [put(minutes) for minutes in range(25)]
    first = listings.page_at_once(WORKSPACE, parse([("limit", "10")]))
    assert (first.is_counted, first.has_more) == (False, True)
    walked = [listed.id for listed in first.entries]
    for offset in ("10", "20"):
        put(int(offset) - 0.5)
        page = listings.page_at_once(WORKSPACE, parse([("limit", "10"), ("offset", offset), ("as_of", first.as_of)]))
        walked += [listed.id for listed in page.entries]
    assert walked == recorded[::-1]
    assert (page.is_counted, page.total, page.has_more, page.newer) == (True, 25, False, 2)


def test_the_total_comes_when_the_list_was_read(put: Callable[..., int], listings: Listings, long: None) -> None:
    """The first page begins the reading, and nobody else has to; later pages are those of the key index."""
    for minutes in range(3):
        put(minutes)
    query = parse([("limit", "2")])

    assert not listings.page_at_once(WORKSPACE, query).is_counted
    assert wait_until(lambda: listings.page_at_once(WORKSPACE, query).is_counted, 20)
    assert listings.page_at_once(WORKSPACE, query).total == 3
    assert listings.key_index_builds == 1


def test_a_short_list_has_its_total_at_once(put: Callable[..., int], listings: Listings) -> None:
    """Only long ones are shown without."""
    for minutes in range(3):
        put(minutes)
    short = listings.page_at_once(WORKSPACE, parse([("limit", "2")]))
    assert (short.is_counted, short.total) == (True, 3)
    assert listings.key_index_builds == 1


def test_a_page_that_takes_too_long_comes_without_rows(
    put: Callable[..., int], listings: Listings, unread: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One far down, or of a rare filter: a state that says so, as of the moment that was asked for."""
    put()
    first = listings.page_at_once(WORKSPACE, parse([]))
    monkeypatch.setattr(reader.query.uncached_page, "MAX_SKIPPED", 100)
    for offset, is_read in (("100", True), ("101", False)):
        deep = listings.page_at_once(WORKSPACE, parse([("offset", offset), ("as_of", first.as_of)]))
        assert (deep.is_read, deep.entries, deep.is_counted, deep.as_of) == (is_read, (), False, first.as_of)

    monkeypatch.setattr(reader.query.timeouts, "PAGE_SECONDS", 0.001)
    monkeypatch.setattr(reader.query.list_queries, "KEYS", "SELECT ''::bytea FROM (SELECT pg_sleep(10)) AS slow")
    slow = listings.page_at_once(WORKSPACE, parse([]))
    assert (slow.is_read, slow.entries, slow.is_counted) == (False, (), False)


def test_what_no_response_has_given_is_refused(put: Callable[..., int], listings: Listings, unread: None) -> None:
    """As by the key index."""
    put()
    now = Snapshot.parse(listings.page_at_once(WORKSPACE, parse([])).as_of)
    future = f"1-{now.xmin + 10**6}-{now.xmax + 10**6}"
    for pair_ in (("as_of", future), ("as_of", "x"), ("cursor", "x")):
        with pytest.raises(InvalidQuery):
            listings.page_at_once(WORKSPACE, parse([pair_]))


@pytest.fixture
def counted(site: Site, put: Callable[..., int], unread: None) -> Site:
    """A site whose list of sixty entries is never loaded after a page was shown."""
    for minutes in range(60):
        put(minutes)
    return site


def test_the_page_says_that_it_counts(counted: Site) -> None:
    """Rows and the next page are there, the total and the last page are not; the API waits for the exact total."""
    page = counted.get("/audit")
    assert page.status_code == 200
    assert page.text.count('<tr class="entry') == 50
    assert "counting…" in page.text
    assert 'rel="next"' in page.text
    assert '<span class="off">Last</span>' in page.text
    assert len(page.content) <= 60_000
    assert counted.get("/v1/audit-events").json()["total"] == 60
    assert "<strong>60</strong> entries" in counted.get("/audit").text


def test_a_page_without_rows_says_why(counted: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """And leads to itself."""
    monkeypatch.setattr(reader.query.uncached_page, "MAX_SKIPPED", 0)
    page = counted.get("/audit?offset=50")
    assert (page.status_code, page.text.count("Reading the list")) == (200, 1)
    assert "No entries yet" not in page.text
    assert counted.get("/audit?offset=50", ADMIN._replace(role="member")).status_code == 403


def test_few_lists_are_read_behind_pages_at_once(
    put: Callable[..., int], database: Database, long: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of a workspace; others of it wait, and the reading of each begins by itself."""
    going_on, begun = threading.Event(), list[str]()
    load = load_index

    def slow(database: Database, list_query: ListQuery, *more: Any) -> Any:
        begun.append(list_query.selection.actor or "")
        assert going_on.wait(30)
        return load(database, list_query, *more)

    monkeypatch.setattr(reader.query.index_store, "load_index", slow)
    for actor in "aabbcc":
        put(actor_id=actor)
    listings = Listings(database)
    for actor in "aabbcc":
        assert not listings.page_at_once(WORKSPACE, parse([("actor", actor), ("limit", "1")])).is_counted
    assert begun == ["a"]
    going_on.set()
    assert wait_until(lambda: listings.key_index_builds == 3, 20)
    assert begun == ["a", "b", "c"]


@pytest.mark.parametrize("now", [True, False])
def test_an_older_as_of_that_is_far_from_all_in_memory_is_not_waited_for(
    put: Callable[..., int], database: Database, monkeypatch: pytest.MonkeyPatch, now: bool
) -> None:
    """Rows first, its total when it is known, whether the list as it is now is in memory or not; also where that is far behind."""
    listings = Listings(database)
    put(0)
    before = listings.page(WORKSPACE, parse([])).as_of if now else None
    for minutes in range(1, 30):
        put(minutes)
    as_of = Listings(database).page(WORKSPACE, parse([])).as_of
    for minutes in range(30, 60):
        put(minutes)
    monkeypatch.setattr(reader.query.index_store, "SHORT_KEYS", 0)
    monkeypatch.setattr(reader.query.index_store, "MAX_CATCH_UP", 20)
    monkeypatch.setattr(reader.query.timeouts, "PAGE_SECONDS", 20.0)
    going_on = threading.Event()
    load = load_index

    def slow(*arguments: Any) -> Any:
        assert going_on.wait(30)
        return load(*arguments)

    monkeypatch.setattr(reader.query.index_store, "load_index", slow)
    first = parse([("limit", "10"), ("offset", "5"), ("as_of", as_of)])
    shown = listings.page_at_once(WORKSPACE, first)
    assert (len(shown.entries), shown.is_counted, shown.has_more, shown.newer) == (10, False, True, 30)
    newest = listings.page_at_once(WORKSPACE, parse([("limit", "10")]))
    assert (len(newest.entries), newest.is_counted) == (10, False)
    if before is not None:
        assert listings.page_at_once(WORKSPACE, parse([("as_of", before)])).total == 1
    going_on.set()
    assert wait_until(lambda: listings.page_at_once(WORKSPACE, first).is_counted, 20)
    counted = listings.page_at_once(WORKSPACE, first)
    assert (counted.total, counted.entries, counted.as_of) == (30, shown.entries, as_of)
    assert wait_until(lambda: listings.page_at_once(WORKSPACE, parse([])).is_counted, 20)
    assert listings.page_at_once(WORKSPACE, parse([])).total == 60
