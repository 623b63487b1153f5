"""The transaction that stores a batch: entries, parked records, and the next offset of each partition (`partition_progress`).

It refuses to write for a partition that another consumer has claimed.

Invariant: what is counted and what is stored become visible together or not at all. Every statement of `write` runs
between the fence, which locks the progress rows of the batch's partitions, and the update of these rows.
"""

from collections import Counter
from itertools import compress

import sql
from catalog.reasons import IgnoreReason
from consumer.storage.batch import Batch, WriteResult, reasons
from consumer.storage.insert import insert_rows
from consumer.storage.raw_record import keep, raw_parameters
from runtime.postgres import Connection, Cursor

FENCE = sql.query("consumer/fence")
ADVANCE = sql.query("consumer/advance")
STAGING = sql.query("consumer/staging")
STAGING_UNCOMPRESSED = sql.query("consumer/staging_uncompressed")
PARK_RECORD = sql.query("consumer/park_record")
WRITTEN = sql.query("consumer/written")


class FencedError(Exception):
    """Some partition of the batch is no longer this writer's; nothing of the batch was written."""


def prepare(connection: Connection) -> None:
    """Creates the session's staging table, where it does not exist."""
    connection.execute(STAGING)
    connection.execute(STAGING_UNCOMPRESSED)


def write(connection: Connection, batch: Batch) -> WriteResult:
    """Writes `batch` as one transaction. Raises FencedError, or the database's error; then nothing has changed."""
    with connection.transaction(), connection.cursor() as cursor:
        _fence(cursor, batch)
        result = WriteResult()
        parked = [*batch.parked, *insert_rows(cursor, batch.recorded, result)]
        new = keep(cursor, PARK_RECORD, [{**raw_parameters(record), **why._asdict()} for record, why in parked])
        result.parked += Counter(record.partition for record, _ in parked)
        result.newly_parked += reasons(compress(parked, new))
        _advance(cursor, batch, result)
    return result


def written(connection: Connection, batch: Batch) -> bool:
    """Whether a batch whose COMMIT got no answer is in the tables. Raises FencedError if that cannot be decided."""
    rows = connection.execute(
        WRITTEN,
        {**_keys(batch), "epoch": _epochs(batch), "next_offset": [a.next for a in batch.ranges.values()]},
    ).fetchall()
    if len(rows) != len(batch.ranges) or not all(ours for _, ours in rows):
        raise FencedError
    # A batch that moves no offset (it only says how complete the tables are) can be written twice without harm.
    return all(arrived for arrived, _ in rows)


def _fence(cursor: Cursor, batch: Batch) -> None:
    cursor.execute(FENCE, {**_keys(batch), "epoch": _epochs(batch), "start": [a.start for a in batch.ranges.values()]})
    if cursor.rowcount != len(batch.ranges):
        raise FencedError


def _advance(cursor: Cursor, batch: Batch, result: WriteResult) -> None:
    ranges = batch.ranges
    cursor.execute(
        ADVANCE,
        {
            **_keys(batch),
            "next_offset": [a.next for a in ranges.values()],
            "recorded": [result.recorded[p] for p in ranges],
            "duplicate": [result.duplicate[p] for p in ranges],
            "conflict": [result.conflict[p] for p in ranges],
            "not_audited": [a.ignored[IgnoreReason.NOT_AUDITED] for a in ranges.values()],
            "tombstone": [a.ignored[IgnoreReason.TOMBSTONE] for a in ranges.values()],
            "no_change": [a.ignored[IgnoreReason.NO_CHANGE] for a in ranges.values()],
            "other_cell": [a.ignored[IgnoreReason.OTHER_CELL] for a in ranges.values()],
            "parked": [result.parked[p] for p in ranges],
            "undelivered": [a.undelivered for a in ranges.values()],
            "complete_through": [a.complete_through for a in ranges.values()],
            "halted": [a.halt and a.halt[0] for a in ranges.values()],
            "halted_detail": [a.halt and a.halt[1] for a in ranges.values()],
        },
    )


def _keys(batch: Batch) -> dict[str, object]:
    return {"topic_id": [p.topic_id for p in batch.ranges], "number": [p.number for p in batch.ranges]}


def _epochs(batch: Batch) -> list[int]:
    return [a.epoch for a in batch.ranges.values()]
