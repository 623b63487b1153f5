"""How many entries the reader's statements read, on each version of PostgreSQL: what they look for, or a bound, not the whole workspace."""

from collections.abc import Iterator

import psycopg
import pytest

import reader.query.list_queries
from reader.model import Selection
from reader.query.database import Statement
from reader.query.list_queries import ListQuery
from reader.query.session_settings import SESSION
from reader.query.snapshot import Snapshot
from tests.integration.reader.entries import BEGAN, INSERT, WORKSPACE, entry
from tests.integration.sql.conftest import Connection

COPIES = """
    INSERT INTO audit_event (
        occurred_at, kafka_offset, kafka_partition, workspace_id, event_source, event_id, action, facets, actor_type,
        actor_id, subject_type, subject_id, channel, kafka_topic, content_digest, diff
    ) SELECT
        occurred_at, 0, 0, workspace_id, event_source, 'e' || %s || '-' || number, action, facets, actor_type,
        actor_id, subject_type, subject_id, channel, kafka_topic, content_digest, diff
    FROM audit_event, generate_series(1, 200) AS number
    WHERE event_id = 'original'
"""
READ = "SELECT sum(idx_tup_fetch + seq_tup_read)::int FROM pg_stat_xact_user_tables WHERE relname LIKE 'audit\\_event\\_p%'"
BATCHES, OF_BATCH, BOUND = 50, 200, 500


@pytest.fixture
def connection(own_database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Connection]:
    """A session as the reader's, with the batches of one workspace."""
    monkeypatch.setattr(reader.query.list_queries, "MAX_RECORDED_READ", BOUND)
    monkeypatch.setattr(reader.query.list_queries, "MAX_NEWER_READ", BOUND)
    with psycopg.connect(own_database, autocommit=True) as opened:
        opened.execute(INSERT, entry(event_id="original"))
        for batch in range(BATCHES):
            opened.execute(COPIES, (str(batch),))
        opened.execute("VACUUM ANALYZE audit_event")
        opened.execute("SELECT set_config('plan_cache_mode', %s, FALSE)", (SESSION["plan_cache_mode"],))
        yield opened


@pytest.fixture
def batches(connection: Connection) -> list[int]:
    """The transactions that recorded them."""
    rows = connection.execute("SELECT DISTINCT xid::text::bigint FROM audit_event ORDER BY 1")
    return [xid for (xid,) in rows.fetchall()][1:]


def entries_read(connection: Connection, statement: Statement) -> int:
    """How many it reads, once it is planned for all workspaces."""
    connection.execute(statement.text, statement.values, prepare=True, binary=True)
    with connection.transaction():
        before = connection.execute(READ).fetchall()[0][0]
        connection.execute(statement.text, statement.values, prepare=True, binary=True)
        return int(connection.execute(READ).fetchall()[0][0] - before)


def as_of(low: int, high: int, *running: int) -> Snapshot:
    return Snapshot(BEGAN, low, high, running)


def test_what_came_since_is_all_that_is_read(connection: Connection, batches: list[int]) -> None:
    """Of a transaction that was open, and of later ones; nothing if there was nothing."""
    whole = ListQuery(WORKSPACE, Selection())
    end = batches[-1] + 1
    for snapshot, expected in (
        (as_of(end, end), 0),
        (as_of(batches[3], end, batches[3]), OF_BATCH),
        (as_of(batches[3], batches[-1], batches[3]), 2 * OF_BATCH),
    ):
        assert entries_read(connection, whole.recorded_since(snapshot, 10_000)) == expected
        assert entries_read(connection, whole.recorded_since(snapshot, None)) == expected


@pytest.mark.parametrize("places", ["running", "later", "left out"])
def test_a_filter_does_not_make_it_read_all(connection: Connection, batches: list[int], places: str) -> None:
    """Whatever a snapshot claims: each transaction was open, has come since, or is one that another snapshot does not see."""
    rare = ListQuery(WORKSPACE, Selection(actor="nobody"))
    first, end = batches[0], batches[-1] + 1
    snapshot = as_of(first, end, *batches) if places == "running" else as_of(first, first)
    them = as_of(first, end, *batches).beyond(snapshot) if places == "left out" else snapshot.later
    assert entries_read(connection, rare.recorded_by(them, 100)) <= BOUND + 1
    row = connection.execute(*rare.recorded_by(them, 100), binary=True).fetchone()
    assert row == (b"", False)


@pytest.mark.parametrize("places", ["running", "later"])
def test_newer_entries_are_counted_among_so_many(connection: Connection, batches: list[int], places: str) -> None:
    """Also those of transactions that were open; without a filter no more are read than are counted."""
    first, end = batches[0], batches[-1] + 1
    snapshot = as_of(first, end, *batches) if places == "running" else as_of(first, first)
    for actor, newer, max_read in (("nobody", 0, BOUND + 1), (None, 100, 100)):
        statement = ListQuery(WORKSPACE, Selection(actor=actor)).newer(snapshot, Selection())
        assert entries_read(connection, statement) <= max_read
        assert connection.execute(*statement, binary=True).fetchone() == (newer, True)
