"""A row on its way to the table: the line that COPY reads, and the raw record beside it, packed.

Invariant: until its commit a record is two strings of bytes. If a batch kept the forty small objects of each record, it
would not fit into the processor's caches, and each record would cost twice as much (docs/benchmarks.md).
"""

import marshal
from collections.abc import Sequence
from typing import NamedTuple

from consumer.event.model import Partition, Record, Recorded, Row, new

_NULL = "\\N"
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
# Marshal's later versions look for objects that occur twice, which costs more than these do.
_PLAIN = 2
_IDENTITY = 3  # columns, which are a row's first


class EntryIdentity(NamedTuple):
    """What a table of raw records has beside the record itself."""

    workspace_id: str
    event_source: str
    event_id: str
    content_digest: bytes


class CopyRow(NamedTuple):
    """A row to be copied; `line` ends with a line feed, `ordinal` is unique among the rows of a batch."""

    ordinal: int
    partition: Partition
    timestamp_ms: int | None
    action: str
    sanitized: bool
    size: int
    line: bytes
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
    size = len(value or b"")
    parts = (ordinal, partition, timestamp_ms, row.action, sanitized, size, copy_line(row, ordinal), packed)
    return new(CopyRow, parts)


def copy_line(row: Row, ordinal: int) -> bytes:
    """The staged row in PostgreSQL's text format for COPY, UTF-8, with its line feed."""
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
    array = _array(facets)
    texts = (
        f"{workspace_id}{event_source}{event_id}{action}{array}{actor_type}{actor_id}{email}{subject_type}{subject_id}"
        f"{label}{channel}{occurred_at}{diff}{topic}{trace_id}"
    )
    fields = (
        f"{ordinal}\t{workspace_id}\t{event_source}\t{event_id}\t{action}\t{array}\t{actor_type}\t{actor_id}\t"
        f"{_NULL if email is None else email}\t{subject_type}\t{subject_id}\t{_NULL if label is None else label}\t"
        f"{channel}\t{occurred_at}\t{diff}\t{topic}\t{partition}\t{offset}\t"
        f"{_NULL if timestamp is None else timestamp}\t{_NULL if trace_id is None else trace_id}"
    )
    if "\\" in texts or "\t" in texts or "\n" in texts or "\r" in texts:
        fields = "\t".join(_escaped(value) for value in (ordinal, *row[:4], array, *row[5:18], trace_id))
    return f"{fields}\t\\\\x{digest.hex()}\n".encode()


def _escaped(value: str | int | None) -> str:
    return _NULL if value is None else str(value).translate(_ESCAPES)


def _array(words: Sequence[str]) -> str:
    """A text array as PostgreSQL reads it."""
    if any('"' in word or "\\" in word for word in words):
        words = [word.replace("\\", "\\\\").replace('"', '\\"') for word in words]
    return '{"' + '","'.join(words) + '"}' if words else "{}"
