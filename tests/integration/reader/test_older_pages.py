"""Older pages: what an as_of costs is bounded, whoever made it up, and what it shows is what PostgreSQL says of it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random

import psycopg
import pytest

import reader.query.database
import reader.query.index_store
import reader.query.list_queries
import reader.query.snapshot
from reader.model import Query, Selection
from reader.query.database import Database
from reader.query.filters import InvalidQuery, parse
from reader.query.listing import Listings
from reader.query.snapshot import Snapshot
from tests.integration.reader.entries import BEGAN, INSERT, WORKSPACE, entry
from tests.integration.reader.test_servers import AT, PROGRESS

ENTRIES = 200
COUNT = """
    SELECT count(*) FROM audit_event
    WHERE workspace_id = 'org_1' AND pg_visible_in_snapshot(xid, %s::pg_snapshot)
"""


@pytest.fixture
def xids(put: Callable[..., int], database_url: str) -> list[int]:
    """Entries of two workspaces, each of a transaction of its own; those of the first one."""
    chance = Random(3)
    for _ in range(ENTRIES):
        put(chance.randrange(1000))
        put(workspace_id="org_2")
    with psycopg.connect(database_url) as connection:
        rows = connection.execute("SELECT xid::text::bigint FROM audit_event WHERE workspace_id = 'org_1' ORDER BY xid")
        return [xid for (xid,) in rows]


def test_a_loop_over_snapshots_reads_few_times(
    xids: list[int], listings: Listings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As many as there are entries, from the oldest on: each is made of the one before it, and not read."""
    monkeypatch.setattr(reader.query.index_store, "MAX_CATCH_UP", 5)
    assert listings.page(WORKSPACE, Query()).total == ENTRIES
    for total, xid in enumerate(xids):
        page = listings.page(WORKSPACE, parse([("as_of", f"1-{xid}-{xid}"), ("limit", "1")]))
        assert (page.total, page.newer) == (total, min(ENTRIES - total, 100))
    assert listings.key_index_builds == 2


@pytest.mark.parametrize("catch_up", [0, 20, 1000])
def test_a_forged_snapshot_is_what_postgres_says_of_it(
    xids: list[int], listings: Listings, database_url: str, monkeypatch: pytest.MonkeyPatch, catch_up: int
) -> None:
    """Any transactions may be missing in it: total and entries are those that are visible in it, however the list was found."""
    monkeypatch.setattr(reader.query.index_store, "MAX_CATCH_UP", catch_up)
    chance = Random(catch_up)
    with psycopg.connect(database_url, autocommit=True) as connection:
        for _ in range(60):
            xmin, xmax = sorted(chance.choices([*xids, xids[-1] + 1], k=2))
            running = sorted({xid for xid in chance.choices(xids, k=chance.randrange(20)) if xmin <= xid < xmax})
            forged = Snapshot(BEGAN, xmin, xmax, tuple(running))
            row = connection.execute(COUNT, (forged.pg_snapshot,)).fetchone()
            for selection in (Selection(), Selection(channel="web")):
                page = listings.page(WORKSPACE, Query(selection=selection, as_of=forged.as_of, limit=200))
                assert (page.total,) == row
                assert len(page.entries) == page.total
                assert page.newer == min(ENTRIES - page.total, 100)


def test_a_snapshot_that_is_not_over_is_refused(
    xids: list[int], put: Callable[..., int], listings: Listings, database_url: str
) -> None:
    """One that claims to see a transaction which is still open: what it records would appear in it later."""
    with psycopg.connect(database_url) as slow:
        row = slow.execute("SELECT pg_current_xact_id()::text::bigint").fetchone()
        assert row is not None
        (xid,) = row
        put()
        now = Snapshot.parse(listings.page(WORKSPACE, Query()).as_of)
        assert xid in now.running
        for read in (listings.page, listings.page_at_once):
            with pytest.raises(InvalidQuery, match="as_of"):
                read(WORKSPACE, Query(as_of=f"1-{xids[0]}-{now.xmax}"))
            assert read(WORKSPACE, Query(as_of=now.as_of)).total == ENTRIES + 1


def test_so_many_open_transactions_that_a_snapshot_cannot_list_them(
    put: Callable[..., int], database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It ends before the first that it leaves out: pages are whole at any time, and what came later is there once there are fewer."""

    def complete(at: datetime) -> None:
        with psycopg.connect(database_url) as connection:
            connection.execute(PROGRESS, {"at": at})

    monkeypatch.setattr(reader.query.snapshot, "MAX_RUNNING", 2)
    monkeypatch.setattr(reader.query.list_queries, "MAX_RUNNING", 2)
    session = reader.query.database.READER_SESSION
    monkeypatch.setattr(reader.query.database, "READER_SESSION", session.replace("1000", "2"))
    kept = Listings(database)
    first = put(1)
    complete(AT)
    knowing, unknowing = Database(database_url), Database(database_url)
    assert Listings(knowing).page(WORKSPACE, Query()).complete_through == AT
    assert kept.page(WORKSPACE, Query()).total == 1
    opened = [psycopg.connect(database_url) for _ in range(4)]
    shown = {first}
    for number, connection in enumerate(opened):
        connection.execute(INSERT, entry(number))
        late = put(10 + number)
        if number == 2:
            complete(AT + timedelta(hours=1))
        shown |= {late} if number < 2 else set()
        for listings in (kept, Listings(database)):
            page = listings.page(WORKSPACE, Query())
            assert {listed.id for listed in page.entries} == shown
            assert (page.total, len(Snapshot.parse(page.as_of).running)) == (len(shown), min(2, number + 1))
            assert page.complete_through == AT, "the later one is of entries that are not shown"
            uncached = listings.page_at_once(WORKSPACE, Query(as_of=page.as_of))
            assert (uncached.total, uncached.newer) == (len(shown), 0)
    for held, at in ((knowing, AT), (unknowing, None)):
        assert Listings(held).page(WORKSPACE, Query()).complete_through == at, "what a whole view has said holds"
        held.close()
    before = kept.page(WORKSPACE, Query())
    for connection in opened:
        connection.commit()
        connection.close()
        page = kept.page(WORKSPACE, Query())
        assert page.total == Listings(database).page(WORKSPACE, Query()).total
        assert kept.page(WORKSPACE, Query(as_of=before.as_of)).entries == before.entries
    assert (page.total, page.complete_through) == (9, AT + timedelta(hours=1))
