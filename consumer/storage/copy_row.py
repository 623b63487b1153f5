"""A row on its way to the table: as COPY reads it in its binary format, and the raw record beside it, packed.

Invariant: until its commit a record is two strings of bytes, so that what a batch takes is known (`size`), and what waits for
the writer is not thousands of small objects.
"""

import marshal
from collections.abc import Sequence
from datetime import datetime
from struct import Struct
from typing import NamedTuple

from consumer.event.model import Partition, Record, Recorded, Row, new
from runtime.timestamps import POSTGRES_EPOCH_US, microseconds

# Header and trailer of the binary format (PostgreSQL, COPY, "Binary Format").
SIGNATURE, TRAILER = b"PGCOPY\n\xff\r\n\0" + bytes(8), b"\xff\xff"
_NULL = b"\xff\xff\xff\xff"
_TEXT = 25  # the object identifier of the type `text`, which an array names
_COLUMNS = 21
_BEGIN, _SIZE, _INT4, _INT8 = Struct(">hii").pack, Struct(">i").pack, Struct(">ii").pack, Struct(">iq").pack
_ARRAY = Struct(">iiiii").pack
_NO_WORDS = Struct(">iiii").pack(12, 0, 0, _TEXT)
# Later versions of marshal track repeated objects, which is slower here.
_PLAIN = 2
_IDENTITY = 3  # columns, which are a row's first


class EntryIdentity(NamedTuple):
    """What a table of raw records has beside the record itself."""

    workspace_id: str
    event_source: str
    event_id: str
    content_digest: bytes


class CopyRow(NamedTuple):
    """A row to be copied; `encoded` is the row as COPY reads it, `ordinal` is unique among the rows of a batch, `size` what it takes."""

    ordinal: int
    partition: Partition
    timestamp_ms: int | None
    action: str
    sanitized: bool
    size: int
    encoded: bytes
    packed: bytes

    def record(self) -> Record:
        """The record as it was delivered."""
        offset, key, value, headers = marshal.loads(self.packed)[:4]  # noqa: S302 packed by this process
        return Record(self.partition, offset, self.timestamp_ms, key, value, headers)

    def identity(self) -> EntryIdentity:
        """The row's identity and digest."""
        identity, digest = marshal.loads(self.packed)[4:]  # noqa: S302 packed by this process
        return EntryIdentity._make((*identity, digest))


def copy_row(record: Record, outcome: Recorded, ordinal: int) -> CopyRow:
    """The row of `record` as it waits for its batch to be written; `ordinal` is the order of arrival."""
    partition, offset, timestamp_ms, key, value, headers = record
    row, sanitized = outcome
    packed = marshal.dumps((offset, key, value, headers, row[:_IDENTITY], row.content_digest), _PLAIN)
    encoded = encode(row, ordinal)
    size = len(encoded) + len(packed)
    return new(CopyRow, (ordinal, partition, timestamp_ms, row.action, sanitized, size, encoded, packed))


def encode(row: Row, ordinal: int) -> bytes:
    """The staged row in PostgreSQL's binary format for COPY. Raises UnicodeEncodeError for a text that UTF-8 cannot hold."""
    (
        workspace_id,
        event_source,
        event_id,
        action,
        facets,
        actor_type,
        actor_id,
        email,
        subject_type,
        subject_id,
        label,
        channel,
        occurred_at,
        diff,
        topic,
        partition,
        offset,
        timestamp,
        digest,
        trace_id,
    ) = row
    return b"".join(
        (
            _BEGIN(_COLUMNS, 4, ordinal),
            _text(workspace_id),
            _text(event_source),
            _text(event_id),
            _text(action),
            _array(facets),
            _text(actor_type),
            _text(actor_id),
            _NULL if email is None else _text(email),
            _text(subject_type),
            _text(subject_id),
            _NULL if label is None else _text(label),
            _text(channel),
            _INT8(8, microseconds(datetime.fromisoformat(occurred_at)) - POSTGRES_EPOCH_US),
            _text(diff),
            _text(topic),
            _INT4(4, partition),
            _INT8(8, offset),
            _NULL if timestamp is None else _INT8(8, timestamp),
            _NULL if trace_id is None else _text(trace_id),
            _SIZE(len(digest)),
            digest,
        )
    )


def _text(value: str) -> bytes:
    encoded = value.encode()
    return _SIZE(len(encoded)) + encoded


def _array(words: Sequence[str]) -> bytes:
    """A text array: one dimension, no null, its type, its length, the first index."""
    if not words:
        return _NO_WORDS
    items = b"".join([_text(word) for word in words])
    return _SIZE(20 + len(items)) + _ARRAY(1, 0, _TEXT, len(words), 1) + items
