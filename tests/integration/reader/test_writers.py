"""A snapshot is a promise: whoever writes meanwhile, however fast and however late, each walk of its pages is the same list."""

import re
import threading
from datetime import datetime
from random import Random
from typing import Any, NamedTuple

import psycopg
import pytest

import reader.query.index_store
import reader.query.list_queries
from reader.query.database import Statement
from reader.query.list_queries import ListQuery
from reader.query.snapshot import Snapshot
from tests.integration.reader.entries import INSERT, entry
from tests.integration.reader.site import Site

WRITERS = 4
LIMIT = 50
ROW = re.compile(r'class="toggle" href="/audit/(\d+)"')
SINGLE = "AND xid = single"
LATER = "AND xid >= %(low)s::text::xid8"


class Ledger:
    """What writers know of their own transactions: which had been committed, and which had not begun to be."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.committed: set[int] = set()
        self.committing: set[int] = set()

    def commit(self, connection: psycopg.Connection[Any], ids: list[int]) -> None:
        """Commits, and notes before and after it what it does."""
        with self._lock:
            self.committing.update(ids)
        connection.commit()
        with self._lock:
            self.committed.update(ids)

    def now(self) -> tuple[set[int], set[int]]:
        """Ids that are committed for sure, and those that may be."""
        with self._lock:
            return set(self.committed), set(self.committing)


def record(connection: psycopg.Connection[Any], random: Random, many: int) -> list[int]:
    """Some entries of one transaction: new, late and back-dated ones, often of the same instant; their ids."""
    ids = []
    for _ in range(many):
        minutes = random.choice(
            [random.randrange(60), random.randrange(60), -random.randrange(100_000), 60 + random.random()]
        )
        row = connection.execute(INSERT, entry(minutes)).fetchone()
        assert row is not None
        ids.append(int(row[0]))
    return ids


class Writers:
    """Write as fast as they can, for as long as a `with` lasts."""

    def __init__(self, url: str, ledger: Ledger) -> None:
        self._stop, self._ledger, self._url = threading.Event(), ledger, url
        self._threads = [threading.Thread(target=self._write, args=(number,)) for number in range(WRITERS)]

    def _write(self, number: int) -> None:
        random = Random(number)
        with psycopg.connect(self._url) as connection:
            while not self._stop.is_set():
                self._ledger.commit(connection, record(connection, random, random.randrange(1, 6)))

    def __enter__(self) -> None:
        for thread in self._threads:
            thread.start()

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()


class Walks(NamedTuple):
    """The ids on all pages of one snapshot, by offset and by cursor."""

    by_offset: list[int]
    by_cursor: list[int]
    by_page: list[int]


def walk(site: Site, first: dict[str, Any]) -> Walks:
    """Reads all pages of the snapshot of a first answer; the total must stay."""
    snapshot, total = first["as_of"], first["total"]
    walks = Walks([], [], [])
    for offset in range(0, total + LIMIT, LIMIT):
        page = site.get(f"/v1/audit-events?limit={LIMIT}&offset={offset}&as_of={snapshot}").json()
        assert (page["total"], page["as_of"]) == (total, snapshot), "the total moved"
        walks.by_offset.extend(int(item["id"]) for item in page["data"])
        html = site.get(f"/audit?limit={LIMIT}&offset={offset}&as_of={snapshot}").text
        walks.by_page.extend(map(int, ROW.findall(html)))
    page = first
    walks.by_cursor.extend(int(item["id"]) for item in page["data"])
    while page["next_cursor"]:
        page = site.get(f"/v1/audit-events?limit={LIMIT}&cursor={page['next_cursor']}").json()
        assert (page["total"], page["as_of"]) == (total, snapshot), "the total moved"
        walks.by_cursor.extend(int(item["id"]) for item in page["data"])
    return walks


def hold(site: Site, url: str) -> None:
    """Walks while writers write and transactions stay open across the snapshot; everything that must be so, is asserted."""
    ledger, random = Ledger(), Random(1)
    with psycopg.connect(url) as early, psycopg.connect(url) as late:
        ledger.commit(early, record(early, random, 300))
        site.get("/v1/audit-events")  # the list is counted before there is anything else
        with Writers(url, ledger):
            while len(ledger.now()[0]) < 600:
                ledger.commit(late, record(late, random, 1))
            open_across = record(early, random, 20)  # recorded before the snapshot, committed behind it
            before = ledger.now()[0]
            first = site.get(f"/v1/audit-events?limit={LIMIT}").json()
            perhaps = ledger.now()[1]
            ledger.commit(early, open_across)
            ledger.commit(late, record(late, random, 20))
            walks = walk(site, first)
        again = walk(site, first)  # nobody writes any more
    for walked in (*walks, *again):
        assert len(walked) == len(set(walked)), "an entry is on two pages"
        assert len(walked) == first["total"], "the total is not what the pages hold"
        assert before <= set(walked), "an entry is missing"
        assert not set(open_across) & set(walked), "an entry that was committed later is there"
        assert set(walked) <= perhaps, "an entry that was recorded later is there"
        assert walked == walks.by_offset, "two walks differ"
    with psycopg.connect(url) as connection:
        (written,) = connection.execute("SELECT count(*) FROM audit_event").fetchone() or (0,)
    assert site.get("/v1/audit-events").json()["total"] == written, "the list as it is now misses an entry"


def test_a_snapshot_holds_while_writers_write(site: Site, database_url: str) -> None:
    """By offset, by cursor and by page: every entry once, none that came later, and the total stays."""
    hold(site, database_url)


@pytest.fixture(
    params=["recorded_at <= %(at)s", "id <= %(newest)s", "xid < pg_snapshot_xmax(%(snapshot)s::text::pg_snapshot)"],
    ids=["by time", "by the highest id", "by the highest transaction"],
)
def mistaken(request: pytest.FixtureRequest, database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A snapshot as one would make it at first."""
    statement = reader.query.list_queries.RECORDED
    assert (statement.count(SINGLE), statement.count(LATER)) == (1, 1)
    monkeypatch.setattr(
        reader.query.list_queries,
        "RECORDED",
        statement.replace(SINGLE, f"{SINGLE} AND FALSE").replace(
            LATER, f"AND %(low)s::text IS NOT NULL AND NOT ({request.param})"
        ),
    )
    monkeypatch.setattr(reader.query.list_queries, "RECORDED_BY", f" AND {request.param}")
    monkeypatch.setattr(reader.query.index_store, "derive", lambda *_: None)  # older pages are read
    newest: dict[str, int] = {}
    of, since, keys = Snapshot.from_postgres, ListQuery.recorded_since, ListQuery.keys

    def noted(time: datetime, snapshot: str) -> Snapshot:
        if snapshot not in newest:
            with psycopg.connect(database_url) as connection:
                highest = connection.execute("SELECT coalesce(max(id), 0) FROM audit_event").fetchone()
            newest[snapshot] = highest[0] if highest else 0
        return of(time, snapshot)

    def with_more(statement: Statement, snapshot: Snapshot | None) -> Statement:
        if snapshot is None:
            return statement
        more = {"at": snapshot.time, "newest": newest[snapshot.pg_snapshot], "snapshot": snapshot.pg_snapshot}
        return Statement(statement.text, {**statement.values, **more})

    def since_with_more(self: ListQuery, snapshot: Snapshot, *more: Any) -> Statement:
        return with_more(since(self, snapshot, *more), snapshot)

    def keys_with_more(self: ListQuery, snapshot: Snapshot | None, *more: Any, **named: Any) -> Statement:
        return with_more(keys(self, snapshot, *more, **named), snapshot)

    monkeypatch.setattr(Snapshot, "from_postgres", staticmethod(noted))
    monkeypatch.setattr(ListQuery, "recorded_since", since_with_more)
    monkeypatch.setattr(ListQuery, "keys", keys_with_more)


@pytest.mark.usefixtures("mistaken")
def test_a_mistaken_snapshot_is_noticed(site: Site, database_url: str) -> None:
    """The walk above can fail: a snapshot by time, by id or without the transactions that still ran does not hold."""
    with pytest.raises(
        AssertionError, match=r"total moved|two pages|miss|later is there|differ|not what the pages hold"
    ):
        hold(site, database_url)
