"""Raw records are sent to PostgreSQL together: how often the writer waits for an answer does not depend on their number."""

from collections import Counter

import psycopg
import pytest

from catalog.reasons import ParkReason
from consumer.event.model import Parked
from consumer.storage import store
from consumer.storage.batch import Batch, WriteResult
from consumer.storage.raw_record import TOGETHER, keep, raw_parameters
from consumer.storage.store import PARK_RECORD
from runtime.postgres import Connection, connect
from tests.builders import event, record


def test_a_round_trip_for_many(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As many waits for as many as are sent together as for one; every record is kept, also of more than those."""
    waits = 0
    original = Connection.wait

    def counted(self: Connection, *arguments: object, **named: object) -> object:
        nonlocal waits
        waits += 1
        return original(self, *arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(Connection, "wait", counted)
    counts, offset = [], 0
    with connect(database_url, "audit_writer", "test") as connection, connection.cursor() as cursor:
        for number in (1, TOGETHER, 2 * TOGETHER + 1):
            records = [record(event(), offset=offset + index) for index in range(number)]
            offset += number
            before = waits
            keep(cursor, PARK_RECORD, [{**raw_parameters(index), "reason": "x", "detail": "y"} for index in records])
            counts.append(waits - before)
        kept = cursor.execute("SELECT count(DISTINCT kafka_offset) FROM parked_record").fetchone()
    assert counts[0] == counts[1] < counts[2] <= 3 * counts[0]
    assert kept == (offset,)


def test_what_was_parked_before_is_no_new_parked_record(database_url: str) -> None:
    """A rewind over parked records counts them as outcomes, for the accounting, and not as newly parked, which would page."""
    reads = [record(event(), offset=offset) for offset in range(2 * TOGETHER)]
    partition, why = reads[0].partition, Parked(ParkReason.BAD_TIME, "x")

    def written(connection: Connection, start: int, after: int) -> WriteResult:
        batch = Batch()
        for read in reads[start:after]:
            batch.add(batch.range_of(partition, start, 0), read, why)
        return store.write(connection, batch)

    with (
        psycopg.connect(database_url, autocommit=True) as admin,
        connect(database_url, "audit_writer", "test") as connection,
    ):
        admin.execute(
            "INSERT INTO partition_progress (kafka_topic, kafka_topic_id, kafka_partition, next_offset, epoch) "
            "VALUES (%s, %s, %s, 0, 0)",
            [partition.topic, partition.topic_id, partition.number],
        )
        store.prepare(connection)
        half, whole = TOGETHER + 1, len(reads)
        first = written(connection, 0, half)
        admin.execute("UPDATE partition_progress SET next_offset = 0, reread = %s", [half])
        again = written(connection, 0, whole)
    assert (first.parked, again.parked) == (Counter({partition: half}), Counter({partition: whole}))
    kind = (partition.topic, ParkReason.BAD_TIME)
    assert (first.newly_parked, again.newly_parked) == (Counter({kind: half}), Counter({kind: whole - half}))
