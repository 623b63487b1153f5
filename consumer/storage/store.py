"""Stores a batch: rows, raw records and progress, in one transaction, fenced.

Law of this file: what is counted and what is kept become true together or not at all. Every statement of `write` runs
between the fence, which locks the progress of the batch's partitions, and the advance, which moves it.
"""

import base64
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from operator import attrgetter
from typing import TypeAlias

import sql
from catalog.reasons import IgnoreReason, ParkReason
from consumer.event.model import Headers, Parked, Record
from consumer.event.row import kafka_time
from consumer.storage.batch import Batch, WriteResult
from consumer.storage.copy_row import CopyRow
from runtime.postgres import Connection, Cursor, Error, Fault, UniqueViolation, classify

FENCE = sql.query("consumer/fence")
ADVANCE = sql.query("consumer/advance")
STAGING = sql.query("consumer/staging")
COPY_STAGING = sql.query("consumer/copy_staging")
# Lines that are sent together: the server reads the first ones while the others are joined.
CHUNK = 500
# In one message: while a statement or its answer is on the way, the server does nothing.
RECORD_STAGED = "; ".join(("SAVEPOINT unrecorded", sql.query("consumer/record_staged"), "RELEASE SAVEPOINT unrecorded"))
UNRECORD = "ROLLBACK TO SAVEPOINT unrecorded"
TAKE_KNOWN = sql.query("consumer/take_known")
UNSTAGE = sql.query("consumer/unstage")
PARK_RECORD = sql.query("consumer/park_record")
KEEP_ORIGINAL = sql.query("consumer/keep_original")
KEEP_CONFLICT = sql.query("consumer/keep_conflict")
WRITTEN = sql.query("consumer/written")


PARTITION = attrgetter("partition")

# The rows of a part that were not inserted, by their ordinal: whether the entry that stands has the same content.
Known: TypeAlias = dict[int, bool]


class FencedError(Exception):
    """Some partition of the batch is no longer this writer's; nothing of the batch was written."""


def prepare(connection: Connection) -> None:
    """Makes the session's staging table."""
    connection.execute(STAGING)


def write(connection: Connection, batch: Batch) -> WriteResult:
    """Writes `batch` as one transaction. Raises FencedError, or the database's error; then nothing has changed."""
    with connection.transaction(), connection.cursor() as cursor:
        _fence(cursor, batch)
        result = WriteResult()
        refused = record_rows(cursor, batch.recorded, result)
        for record, why in [*batch.parked, *refused]:
            cursor.execute(PARK_RECORD, {**raw(record), "reason": why.reason, "detail": why.detail})
            result.parked[record.partition] += 1
        _advance(cursor, batch, result)
    return result


def written(connection: Connection, batch: Batch) -> bool:
    """Whether a batch whose COMMIT got no answer is in the tables. Raises FencedError where neither can be said."""
    rows = connection.execute(
        WRITTEN,
        {**_keys(batch), "epoch": _epochs(batch), "next_offset": [a.next for a in batch.ranges.values()]},
    ).fetchall()
    if len(rows) != len(batch.ranges) or not all(ours for _, ours in rows):
        raise FencedError
    # A batch that moves no offset (it only says how complete the tables are) can be written twice without harm.
    return all(arrived for arrived, _ in rows)


def raw(record: Record) -> dict[str, object]:
    """A record as the tables of raw records keep it: parameters for their statements."""
    return {
        "topic": record.partition.topic,
        "topic_id": record.partition.topic_id,
        "number": record.partition.number,
        "offset": record.offset,
        "timestamp": kafka_time(record.timestamp_ms),
        "key": record.key,
        "value": record.value,
        "headers": headers_text(record.headers),
    }


def headers_text(headers: Headers) -> str:
    """Headers as an ordered JSON array of [name, base64 value or null]; repeats are kept (SPEC 5)."""
    return json.dumps(
        [
            [name.replace("\0", "\ufffd"), None if value is None else base64.b64encode(value).decode()]
            for name, value in headers
        ]
    )


def _fence(cursor: Cursor, batch: Batch) -> None:
    cursor.execute(FENCE, {**_keys(batch), "epoch": _epochs(batch), "start": [a.start for a in batch.ranges.values()]})
    if cursor.rowcount != len(batch.ranges):
        raise FencedError


def record_rows(cursor: Cursor, items: Sequence[CopyRow], result: WriteResult) -> list[tuple[Record, Parked]]:
    """Inserts the rows of `items` in the caller's transaction, for a batch and for a replay alike.

    Counts in `result` what became of them; gives those that the database refuses, each proven to be refused alone.
    """
    refused: list[tuple[Record, Parked]] = []
    for part, known in _accepted(cursor, items, refused):
        _settle(cursor, part, known, result)
    return refused


def _accepted(
    cursor: Cursor, part: Sequence[CopyRow], refused: list[tuple[Record, Parked]]
) -> Iterator[tuple[Sequence[CopyRow], Known]]:
    """Inserts `part`; where the database refuses a value of some row, halves it until that row stands alone."""
    if not part:
        return
    try:
        with cursor.connection.transaction():
            known = _insert(cursor, part)
    except (Error, UnicodeEncodeError) as error:
        if classify(error) is not Fault.ROW:
            raise
        if len(part) == 1:
            refused.append((part[0].record(), Parked(ParkReason.DATABASE_REFUSED, str(error).strip())))
            return
    else:
        yield part, known
        return
    middle = len(part) // 2
    for half in (part[:middle], part[middle:]):
        cursor.execute(UNSTAGE)
        yield from _accepted(cursor, half, refused)


def _insert(cursor: Cursor, part: Sequence[CopyRow]) -> Known:
    """Inserts what is new; gives the others, by their ordinal, and whether their content is that of the entry.

    An identity that is there already is rare, so it is looked for only once the insert has met one; and another writer
    may add one between two looks.
    """
    with cursor.copy(COPY_STAGING) as copy:
        for start in range(0, len(part), CHUNK):
            copy.write(b"".join([kept.line for kept in part[start : start + CHUNK]]))
    known: Known = {}
    while True:
        try:
            cursor.execute(RECORD_STAGED)
        except UniqueViolation:
            cursor.execute(UNRECORD)
            found = cursor.execute(TAKE_KNOWN).fetchall()
            if not found:
                raise
            known.update(found)
        else:
            return known


def _settle(cursor: Cursor, part: Sequence[CopyRow], known: Known, result: WriteResult) -> None:
    """Counts what became of `part`, and keeps the raw records of what was sanitised or is in conflict."""
    met = [kept for kept in part if kept.ordinal in known] if known else []
    result.recorded += Counter(map(PARTITION, part)) - Counter(map(PARTITION, met))
    for kept in [kept for kept in part if kept.sanitized and kept.ordinal not in known]:
        cursor.execute(KEEP_ORIGINAL, {**raw(kept.record()), **kept.identity()._asdict()})
    for kept in met:
        if known[kept.ordinal]:
            result.duplicate[kept.partition] += 1
            continue
        result.conflict[kept.partition] += 1
        cursor.execute(KEEP_CONFLICT, {**raw(kept.record()), **kept.identity()._asdict()})


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
