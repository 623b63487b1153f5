"""Servers: right on a primary and on a hot standby, and nothing that was remembered of one database is shown of another."""

import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

import reader.query.index_store
from reader.model import Query, Selection
from reader.query.database import NO_WORKSPACE, Database
from reader.query.filters import InvalidQuery, parse
from reader.query.listing import Listings
from reader.query.replay_lag import REPLAY_LAG
from reader.query.unavailable import Unavailable
from runtime.migrations import migrate
from sandbox.services.postgres import PostgresServer
from sandbox.services.process import wait_until
from sandbox.services.standby import REPLICATION, standby_of
from tests.integration.reader.entries import INSERT, WORKSPACE, entry

PROGRESS = """
    INSERT INTO partition_progress (kafka_topic_id, kafka_partition, kafka_topic, complete_through)
    VALUES ('t', 0, 'callmine.schedules', %(at)s)
    ON CONFLICT (kafka_topic_id, kafka_partition) DO UPDATE SET complete_through = excluded.complete_through
"""
AT = datetime(2026, 11, 1, tzinfo=UTC)


class Pair:
    """A primary and a hot standby of it, with a database of one test."""

    def __init__(self, primary: PostgresServer, standby: PostgresServer) -> None:
        self.primary, self.standby = primary, standby
        self.name = f"pair_{secrets.token_hex(6)}"
        migrate(primary.create_database(self.name), lambda _: None)
        self.writer = psycopg.connect(primary.url(self.name), autocommit=True)
        self.follow()

    def put(self, connection: psycopg.Connection[Any] | None = None, minutes: float = 0) -> int:
        """Records one entry; its id."""
        row = (connection or self.writer).execute(INSERT, entry(minutes)).fetchone()
        assert row is not None
        return int(row[0])

    def complete(self, at: datetime, connection: psycopg.Connection[Any] | None = None) -> None:
        """Says that all up to a time is recorded."""
        (connection or self.writer).execute(PROGRESS, {"at": at})

    def follow(self) -> None:
        """Waits until the standby has all that has been written so far."""
        row = self.writer.execute("SELECT pg_current_wal_insert_lsn()::text").fetchone()
        assert row is not None
        self.writer.execute("SELECT pg_switch_wal()")  # also what no commit has flushed
        with psycopg.connect(self.standby.dsn, autocommit=True) as connection:

            def is_there() -> bool:
                replayed = connection.execute("SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn", row).fetchone()
                return bool(replayed and replayed[0])

            assert wait_until(is_there, 30)

    def database(self, server: PostgresServer) -> Database:
        return Database(server.url(self.name))


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[PostgresServer, PostgresServer]]:
    """One primary and its standby for all tests that leave them as they are."""
    with PostgresServer(settings=REPLICATION) as primary:
        migrate(primary.create_database("roles"), lambda _: None)
        with standby_of(primary) as standby:
            yield primary, standby


@pytest.fixture
def pair(servers: tuple[PostgresServer, PostgresServer]) -> Iterator[Pair]:
    servers_paired = Pair(*servers)
    yield servers_paired
    servers_paired.writer.close()


@pytest.fixture
def standby(pair: Pair) -> Iterator[Listings]:
    """The lists of a reader on the standby."""
    database = pair.database(pair.standby)
    yield Listings(database)
    database.close()


def ids(listings: Listings, query: Query | None = None) -> list[int]:
    return [item.id for item in listings.page(WORKSPACE, query or Query()).entries]


def test_nothing_is_shown_before_what_may_precede_it(pair: Pair, standby: Listings) -> None:
    """On a standby: while a transaction is open, later ones wait for it, on all pages; then all are there, once."""
    first = pair.put()
    pair.follow()
    assert ids(standby) == [first]
    with psycopg.connect(pair.primary.url(pair.name)) as slow:
        early = pair.put(slow, minutes=1)
        late = pair.put(minutes=2)
        pair.follow()
        anchor = standby.page(WORKSPACE, Query())
        assert ([item.id for item in anchor.entries], anchor.total) == ([first], 1)
        assert Listings(pair.database(pair.standby)).page(WORKSPACE, Query()).total == 1, "read again"
        slow.commit()
    pair.follow()

    now = standby.page(WORKSPACE, Query())
    assert ([item.id for item in now.entries], now.total) == ([late, early, first], 3)
    before = standby.page(WORKSPACE, Query(as_of=anchor.as_of))
    assert ([item.id for item in before.entries], before.total, before.newer) == ([first], 1, 2)
    for query in (Query(selection=Selection(actor="user_dana")), Query(limit=2, offset=1)):
        assert standby.page(WORKSPACE, query).total == 3


def test_an_entry_that_is_not_settled_is_not_there_yet(pair: Pair, standby: Listings) -> None:
    """By its own address as in lists: on a standby not before what may precede it, on a primary at once."""
    with closing(pair.database(pair.primary)) as database, psycopg.connect(pair.primary.url(pair.name)) as slow:
        primary = Listings(database)
        early = pair.put(slow, minutes=1)
        late = pair.put(minutes=2)
        pair.follow()
        for read in (standby.entry, standby.whole_entry):
            assert read(WORKSPACE, late) is None
        assert primary.entry(WORKSPACE, late) is not None
        assert primary.whole_entry(WORKSPACE, late) is not None
        assert ids(primary) == [late]
        slow.commit()
    pair.follow()
    for entry_id in (early, late):
        assert standby.entry(WORKSPACE, entry_id) is not None
        assert standby.whole_entry(WORKSPACE, entry_id) is not None


def test_a_slow_transaction_across_many_pages(pair: Pair, standby: Listings) -> None:
    """Rounds of writers with one transaction open from each to the next: every list is a beginning of the order of recording."""
    shown: dict[str, list[int]] = {}
    recorded: list[int] = []
    opened: list[psycopg.Connection[Any]] = []
    for number in range(12):
        slow = psycopg.connect(pair.primary.url(pair.name))
        recorded.append(pair.put(slow, minutes=-number))
        opened.append(slow)
        recorded += [pair.put(minutes=number) for _ in range(3)]
        if len(opened) > 1:
            finished = opened.pop(0)
            finished.commit()
            finished.close()
        pair.follow()
        page = standby.page(WORKSPACE, Query(limit=200))
        shown[page.as_of] = sorted(item.id for item in page.entries)
        for as_of, before in shown.items():
            again = standby.page(WORKSPACE, Query(limit=200, as_of=as_of))
            assert sorted(item.id for item in again.entries) == before
            assert again.total == len(before)
        # Ids are given in the order in which these transactions began.
        assert shown[page.as_of] == recorded[: len(shown[page.as_of])]
    for connection in opened:
        connection.commit()
        connection.close()
    pair.follow()
    assert sorted(ids(standby, Query(limit=200))) == recorded


def test_completeness_is_that_of_what_is_shown(pair: Pair, standby: Listings) -> None:
    """A time through which all is recorded, while a part of that is not settled: the earlier time holds until it is."""
    pair.put()
    pair.complete(AT)
    pair.follow()
    assert standby.page(WORKSPACE, Query()).complete_through == AT
    with psycopg.connect(pair.primary.url(pair.name)) as slow:
        pair.put(slow)
        pair.put()
        pair.complete(AT + timedelta(hours=1))
        pair.follow()
        assert standby.page(WORKSPACE, Query()).complete_through == AT
        database = pair.database(pair.standby)
        try:
            assert Listings(database).page(WORKSPACE, Query()).complete_through is None, "nothing is known that holds"
        finally:
            database.close()
        slow.rollback()
    pair.follow()
    assert standby.page(WORKSPACE, Query()).complete_through == AT + timedelta(hours=1)


def test_completeness_that_is_yet_to_come_is_not_shown(pair: Pair) -> None:
    """The database's clock has gone back: of one partition that is enough, and the others' times do not stand in for it."""
    now = datetime.now(UTC)
    with closing(pair.database(pair.primary)) as database:
        listings = Listings(database)
        pair.complete(now - timedelta(minutes=1))
        assert listings.page(WORKSPACE, Query()).complete_through == now - timedelta(minutes=1)
        pair.writer.execute(PROGRESS.replace("'t', 0", "'t', 1").encode(), {"at": now + timedelta(hours=1)})
        assert listings.page(WORKSPACE, Query()).complete_through is None


def test_an_as_of_of_the_primary_is_waited_for(pair: Pair, standby: Listings) -> None:
    """Readers of both behind one address: a standby that is not as far yet says to come again, and then has the same page."""
    primary = pair.database(pair.primary)
    try:
        expected = [pair.put()]
        with psycopg.connect(pair.primary.url(pair.name)) as slow:
            pair.put(slow)
            expected.insert(0, pair.put())
            anchor = Listings(primary).page(WORKSPACE, Query())
            pair.follow()
            with pytest.raises(Unavailable):
                standby.page(WORKSPACE, Query(as_of=anchor.as_of))
            slow.commit()
        pair.follow()
        page = standby.page(WORKSPACE, Query(as_of=anchor.as_of))
        assert (sorted(item.id for item in page.entries), page.newer) == (sorted(expected), 1)
    finally:
        primary.close()


def test_a_promoted_standby_is_another_server() -> None:
    """A failover that loses what the standby did not have yet: its own list is shown, and what is written from then on."""
    with PostgresServer(settings=REPLICATION) as primary, standby_of(primary) as standby:
        pair = Pair(primary, standby)
        database = pair.database(standby)
        try:
            listings = Listings(database)
            kept = [pair.put() for _ in range(3)]
            pair.follow()
            assert sorted(ids(listings)) == kept
            pair.writer.close()
            primary.kill()
            with psycopg.connect(standby.dsn, autocommit=True) as connection:
                connection.execute("SELECT pg_promote()")
            with psycopg.connect(standby.url(pair.name), autocommit=True) as connection:
                kept.append(pair.put(connection))
                assert wait_until(lambda: sorted(ids(listings)) == kept, 10)
        finally:
            database.close()


def test_how_far_a_standby_is_behind(pair: Pair) -> None:
    """0 on a primary. On a standby the age of the newest commit that it has: it grows while replay is paused, and only then."""
    on_primary, on_standby = pair.database(pair.primary), pair.database(pair.standby)
    try:
        pair.put()
        pair.follow()
        with psycopg.connect(pair.standby.dsn, autocommit=True) as admin:
            admin.execute("SELECT pg_wal_replay_pause()")
            began = time.monotonic()
            pair.put()
            first, second = lag(on_standby), lag(on_standby)
            assert 0 < first < second
            assert wait_until(lambda: lag(on_standby) > 2, 10)
            assert time.monotonic() - began < 10
            assert lag(on_primary) == 0
            admin.execute("SELECT pg_wal_replay_resume()")
        pair.put()
        pair.follow()
        assert lag(on_standby) < 2
    finally:
        on_primary.close()
        on_standby.close()


def test_a_standby_that_was_started_without_its_primary_is_behind() -> None:
    """It has replayed no commit since its start, and is behind for as long at least; once it is promoted it is not."""
    with PostgresServer(settings=REPLICATION) as primary, standby_of(primary) as standby:
        pair = Pair(primary, standby)
        pair.writer.execute("CHECKPOINT")
        pair.follow()
        pair.writer.close()
        primary.kill()
        with psycopg.connect(standby.dsn, autocommit=True) as admin:
            admin.execute("CHECKPOINT")  # it starts from there, where there is no commit any more
        standby.stop()
        standby.start()
        database = pair.database(standby)
        try:
            with psycopg.connect(standby.dsn, autocommit=True) as admin:
                assert admin.execute("SELECT pg_last_xact_replay_timestamp()").fetchone() == (None,)
                first, second = lag(database), lag(database)
                assert 0 < first < second
                admin.execute("SELECT pg_promote()")
            assert wait_until(lambda: lag(database) == 0, 10)
        finally:
            database.close()


def lag(database: Database) -> float:
    """What the metric's thread is answered."""
    _, [[(seconds,)]] = database.ask(NO_WORKSPACE, REPLAY_LAG)
    return float(seconds)


# --- one URL, another database


def test_a_list_is_read_in_parts(database: Database, put: Callable[..., int], monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever number of keys a part has: all of them, once, in their order, also of one instant."""
    recorded = [put(minutes // 3) for minutes in range(20)][::-1]
    for keys in (1, 7, 10, 20, 21):
        monkeypatch.setattr(reader.query.index_store, "CHUNK_KEYS", keys)
        assert ids(Listings(database)) == recorded


@pytest.fixture
def listed(database_url: str, put: Callable[..., int]) -> Iterator[tuple[Listings, Database]]:
    """The lists of a reader that knows 43 entries."""
    database = Database(database_url)
    listings = Listings(database)
    for minutes in range(43):
        put(minutes)
    assert listings.page(WORKSPACE, Query()).total == 43
    yield listings, database
    database.close()


def replaced(postgres: PostgresServer, url: str, entries: int) -> None:
    """Drops the database, and makes one of the same name with fewer entries, in a server where as much has happened."""
    name = url.rpartition("/")[2]
    postgres.drop_database(name)
    migrate(postgres.create_database(name), lambda _: None)
    with psycopg.connect(postgres.url(name), autocommit=True) as connection:
        for minutes in range(entries):
            connection.execute(INSERT, entry(minutes))


def test_a_database_that_was_replaced_is_noticed(
    listed: tuple[Listings, Database], postgres: PostgresServer, database_url: str
) -> None:
    """By the next page, filtered or not, with no row of the old one."""
    listings, _ = listed
    filtered = parse([("actor", "user_dana")])
    assert listings.page(WORKSPACE, filtered).total == 43
    replaced(postgres, database_url, 21)

    for query in (Query(), filtered):
        page = listings.page(WORKSPACE, query)
        assert (page.total, len(page.entries)) == (21, 21)


@pytest.mark.parametrize("before", [0, 30], ids=["short", "long"])
def test_a_server_that_was_restored_is_noticed(before: int) -> None:
    """From a backup, at the same address: what came after the backup is not there, however many transactions there were since."""
    with PostgresServer(settings={"fsync": "off"}) as server:
        url = server.create_database("audit")
        migrate(url, lambda _: None)
        with psycopg.connect(url, autocommit=True) as connection:
            for minutes in range(21):
                connection.execute(INSERT, entry(minutes))
        backup = server.base_backup()
        database = Database(url)
        try:
            listings = Listings(database)
            with psycopg.connect(url, autocommit=True) as connection:
                for minutes in range(22):
                    connection.execute(INSERT, entry(100 + minutes))
            anchor = listings.page(WORKSPACE, Query())
            assert anchor.total == 43
            server.stop()
            data = server.data_dir
            for name in ("postmaster.pid", "postmaster.opts"):
                (data / name).unlink(missing_ok=True)
            shutil.rmtree(data)
            shutil.copytree(backup, data, symlinks=True)
            data.chmod(0o700)
            server._hand_over(data)
            server.start()
            with psycopg.connect(url, autocommit=True) as connection:
                for minutes in range(before):
                    connection.execute(INSERT, entry(minutes, workspace_id="org_2"))
            # A page whose rows are all in the backup: only the server's identity tells that the list is not its own.
            totals: list[int | None] = []

            def answered() -> bool:
                totals.append(_total(listings, Query(offset=22)))
                return totals[-1] is not None

            assert wait_until(answered, 30)
            assert totals[-1] == 21
            if not before:
                with pytest.raises(InvalidQuery):
                    listings.page(WORKSPACE, Query(as_of=anchor.as_of))
        finally:
            database.close()


def _total(listings: Listings, query: Query) -> int | None:
    """None while the server cannot be reached."""
    try:
        return listings.page(WORKSPACE, query).total
    except Unavailable:
        return None


@pytest.mark.parametrize("at_snapshot", [False, True], ids=["now", "as_of"])
def test_rows_that_are_not_those_of_the_list_are_not_shown(
    listed: tuple[Listings, Database], database_url: str, at_snapshot: bool
) -> None:
    """Someone has taken rows away, in the same database: the list is read again, and what is shown is what there is."""
    listings, _ = listed
    as_of = listings.page(WORKSPACE, Query()).as_of if at_snapshot else None
    assert listings.page(WORKSPACE, Query(as_of=as_of)).total == 43
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("ALTER TABLE audit_event DISABLE TRIGGER ALL")
        connection.execute("DELETE FROM audit_event WHERE id % 2 = 0")

    page = listings.page(WORKSPACE, Query(as_of=as_of))
    assert page.total == len(page.entries) == 22


def test_a_page_that_never_fits_its_list_is_not_shown(
    listed: tuple[Listings, Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    """503, and a line for the operator: an attempt more would not help."""
    listings, database = listed
    ask = database.ask

    def one_less(*asked: Any) -> Any:
        view, results = ask(*asked)
        return view, [rows[1:] if len(rows) > 1 else rows for rows in results]

    monkeypatch.setattr(database, "ask", one_less)
    with pytest.raises(Unavailable):
        listings.page(WORKSPACE, Query())


def test_a_list_is_compared_with_the_server_that_it_is_of(
    listed: tuple[Listings, Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another server answers, of which another request has learned meanwhile: the list is not that server's, so it is asked again."""
    listings, database = listed
    older = Query(as_of=listings.page(WORKSPACE, Query()).as_of)
    assert listings.page(WORKSPACE, older).total == 43
    ask, answers = database.ask, list[str]()

    def by_another(*asked: Any) -> Any:
        view, results = ask(*asked)
        if not answers:
            listings._indexes._server = "another"
            view = view._replace(server="another")
        answers.append(view.server)
        return view, results

    monkeypatch.setattr(database, "ask", by_another)
    assert listings.page(WORKSPACE, older).total == 43
    assert len(answers) > 1
