"""A row reaches the table through COPY as it was made, whatever its texts hold; and the raw record stays whole."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sql
from consumer.event.model import Partition, Record, Recorded, Row
from consumer.storage import store
from consumer.storage.copy_row import SIGNATURE, TRAILER, copy_row, encode
from runtime.postgres import Connection
from sandbox.services.postgres import PostgresServer

PARTITION = Partition("callmine.schedules", "id", 3)
# What PostgreSQL can hold, rich in what COPY and arrays read specially.
TEXTS = st.text(
    st.one_of(st.sampled_from('\\\t\n\r\v",{}N.x'), st.characters(exclude_characters="\0", codec="utf-8")), max_size=12
)
TIMES = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1))  # noqa: DTZ001 hypothesis wants them naive
ROWS = st.builds(
    Row,
    workspace_id=TEXTS,
    event_source=TEXTS,
    event_id=TEXTS,
    action=TEXTS,
    facets=st.lists(TEXTS, max_size=3),
    actor_type=TEXTS,
    actor_id=TEXTS,
    actor_email=st.none() | TEXTS,
    subject_type=TEXTS,
    subject_id=TEXTS,
    subject_label=st.none() | TEXTS,
    channel=TEXTS,
    occurred_at=TIMES.map(lambda time: time.isoformat("T", "microseconds") + "Z"),
    diff=TEXTS,
    kafka_topic=TEXTS,
    kafka_partition=st.integers(0, 9),
    kafka_offset=st.integers(0, 2**63 - 1),
    kafka_timestamp=st.none() | st.integers(0, 4 * 10**12),
    content_digest=st.binary(min_size=32, max_size=32),
    trace_id=st.none() | TEXTS,
)


@pytest.fixture(scope="module")
def session(postgres: PostgresServer) -> Iterator["psycopg.Connection[Any]"]:
    """A session with the staging table."""
    with psycopg.connect(postgres.dsn) as connection:
        connection.execute(sql.query("consumer/staging"))
        connection.execute("SET timezone TO 'UTC'")
        yield connection


@settings(deadline=None)
@given(rows=st.lists(ROWS, min_size=1, max_size=4))
def test_a_row_is_read_as_it_was_written(session: "psycopg.Connection[Any]", rows: list[Row]) -> None:
    """No text of a row ends its column, is taken for NULL, or is changed."""
    with session.cursor() as cursor:
        cursor.execute("DELETE FROM staging")
        with cursor.copy(sql.query("consumer/copy_staging")) as copy:
            copy.write(SIGNATURE + b"".join(encode(row, ordinal) for ordinal, row in enumerate(rows)) + TRAILER)
        columns = ", ".join(
            'to_char(occurred_at, \'YYYY-MM-DD"T"HH24:MI:SS.US"Z"\')' if name == "occurred_at" else name
            for name in Row._fields
        )
        staged = cursor.execute(f"SELECT {columns} FROM staging ORDER BY ordinal".encode()).fetchall()

    assert [Row._make(values) for values in staged] == rows


def test_a_large_diff_is_not_compressed_on_its_way(postgres: PostgresServer) -> None:
    """Only audit_event compresses it, however compressible it is."""
    row = Row._make(
        [*"abcd", [], *"efghijk", "2026-06-01T00:00:00.000000Z", "x" * 10_000, "n", 1, 2, None, bytes(32), None]
    )
    with Connection.connect(postgres.dsn) as connection, connection.cursor() as cursor:
        store.prepare(connection)
        with cursor.copy(sql.query("consumer/copy_staging")) as copy:
            copy.write(SIGNATURE + encode(row, 0) + TRAILER)
        staged = cursor.execute("SELECT octet_length(diff), pg_column_compression(diff) FROM staging").fetchone()

    assert staged == (10_000, None)


def test_the_raw_record_and_its_identity_come_back_whole() -> None:
    """What is unpacked is what was delivered: repeated and empty headers, a key that is no text, no timestamp."""
    headers = (("a", b""), ("a", None), ("é", b"\xff"))
    record = Record(PARTITION, 7, None, b"\xff", b"\x00value", headers)
    row = Row._make([*"abcd", [], *"efghijk", "2026-06-01T00:00:00.000000Z", "m", "n", 1, 2, None, b"d" * 32, None])

    kept = copy_row(record, Recorded(row, sanitized=True), 5)

    assert kept.record() == record
    assert kept.identity() == (row.workspace_id, row.event_source, row.event_id, row.content_digest)
    assert (kept.ordinal, kept.partition, kept.action, kept.sanitized) == (5, PARTITION, row.action, True)
    assert kept.size == len(kept.encoded) + len(kept.packed)
