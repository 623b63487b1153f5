"""Inserts rows through the staging table; if the database refuses a row, finds it by bisecting.

One row's fault must not stop the others: a row is parked only after it was refused alone.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from operator import attrgetter
from typing import TypeAlias

import sql
from catalog.reasons import ParkReason
from consumer.event.model import Parked, Record
from consumer.storage.batch import WriteResult
from consumer.storage.copy_row import SIGNATURE, TRAILER, CopyRow
from consumer.storage.raw_record import keep, raw_parameters
from runtime.postgres import Cursor, Error, ErrorKind, UniqueViolation, classify

COPY_STAGING = sql.query("consumer/copy_staging")
# Of rows that are sent together: the server reads one chunk while the next is built.
CHUNK_BYTES = 256 * 1024
# Sent in one message: separate statements would each cost a round trip.
RECORD_STAGED = "; ".join(("SAVEPOINT unrecorded", sql.query("consumer/record_staged"), "RELEASE SAVEPOINT unrecorded"))
UNRECORD = "ROLLBACK TO SAVEPOINT unrecorded"
TAKE_KNOWN = sql.query("consumer/take_known")
UNSTAGE = sql.query("consumer/unstage")
KEEP_ORIGINAL = sql.query("consumer/keep_original")
KEEP_CONFLICT = sql.query("consumer/keep_conflict")

PARTITION = attrgetter("partition")

# The ordinal of each row that was not inserted, and whether the existing entry has the same content.
Known: TypeAlias = dict[int, bool]


def insert_rows(cursor: Cursor, rows: Sequence[CopyRow], result: WriteResult) -> list[tuple[Record, Parked]]:
    """Inserts `rows` in the caller's transaction, for a batch and for a replay alike.

    Counts in `result` what became of them; gives those that the database refuses, each proven to be refused alone.
    """
    refused: list[tuple[Record, Parked]] = []
    for part, known in _accepted(cursor, rows, refused):
        _count_and_keep(cursor, part, known, result)
    return refused


def _accepted(
    cursor: Cursor, part: Sequence[CopyRow], refused: list[tuple[Record, Parked]]
) -> Iterator[tuple[Sequence[CopyRow], Known]]:
    """Inserts `part`; where the database refuses a value of some row, halves it until that row is alone."""
    if not part:
        return
    try:
        with cursor.connection.transaction():
            known = _insert(cursor, part)
    except (Error, UnicodeEncodeError) as error:
        if classify(error) is not ErrorKind.ROW:
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
    """Inserts the new rows; returns the others, by their ordinal, and whether their content is that of the entry.

    An identity that exists already is rare, so it is searched for only after the insert has failed on one; and another
    writer may commit one between two searches, hence the loop.
    """
    with cursor.copy(COPY_STAGING) as copy:
        copy.write(SIGNATURE)
        step = max(CHUNK_BYTES * len(part) // sum(len(copied.encoded) for copied in part), 1)
        for start in range(0, len(part), step):
            copy.write(b"".join([copied.encoded for copied in part[start : start + step]]))
        copy.write(TRAILER)
    known: Known = {}
    while True:
        try:
            cursor.execute(RECORD_STAGED)
        except UniqueViolation:
            cursor.execute(UNRECORD)
            conflicting = cursor.execute(TAKE_KNOWN).fetchall()
            if not conflicting:
                raise
            known.update(conflicting)
        else:
            return known


def _count_and_keep(cursor: Cursor, part: Sequence[CopyRow], known: Known, result: WriteResult) -> None:
    """Counts the outcomes of `part`, and stores the raw records of those that were sanitized or are in conflict."""
    existing = [copied for copied in part if copied.ordinal in known] if known else []
    result.recorded += Counter(map(PARTITION, part)) - Counter(map(PARTITION, existing))
    originals = [copied for copied in part if copied.sanitized and copied.ordinal not in known]
    conflicts = [copied for copied in existing if not known[copied.ordinal]]
    result.conflict += Counter(map(PARTITION, conflicts))
    result.duplicate += Counter(copied.partition for copied in existing if known[copied.ordinal])
    for statement, kept in ((KEEP_ORIGINAL, originals), (KEEP_CONFLICT, conflicts)):
        keep(cursor, statement, [{**raw_parameters(row.record()), **row.identity()._asdict()} for row in kept])
