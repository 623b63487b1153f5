"""One reading of what is new since a seal: each day's chain is continued, and the map follows (section 8, 2)."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

from export.format.days import DayHead, chain_rows, chain_start, days_hash, encode_days
from export.format.encoding import DAY, workspace_key
from export.format.errors import quote, tampered
from export.format.row import COLUMNS
from export.seal.content import has_its_digest, malformed, name_of, plain
from export.seal.heads import KnownHeads
from export.tables import entries
from export.tables.bucket_map import BucketMap, bucket_of
from export.tables.database import Connection

OCCURRED_AT, WORKSPACE = COLUMNS.index("occurred_at"), COLUMNS.index("workspace_id")
_partition = itemgetter(COLUMNS.index("kafka_topic"), COLUMNS.index("kafka_partition"))
NOTHING = "1:1:"  # a snapshot before the first transaction

_BEGINNING = re.compile(rb'"(.{10})[^"]*","((?:[^"]|"")*)"')
_Entry = tuple[str, str, bytes]
"""The cell of an entry's workspace, its day, its row."""
_workspace, _day = itemgetter(0), itemgetter(1)

Partition = tuple[str, int]
"""A topic's name and a partition's number."""


@dataclass(frozen=True, kw_only=True)
class SnapshotWindow:
    """What is new: what the snapshot `now` sees and `before` does not."""

    before: str
    now: str

    def parameters(self) -> Mapping[str, object]:
        """The parameters of entries.NEW."""
        floor = 0 if self.before == NOTHING else int(self.before.partition(":")[0])
        return {"floor": floor, "before": self.before, "snapshot": self.now}


@dataclass(frozen=True, kw_only=True)
class WorkspaceChange:
    """A workspace with new entries: the days that have them, and H(days) of all its days."""

    key: str
    days: Sequence[DayHead]
    days_hash: str


class _Workspace:
    """A workspace whose new entries are being read."""

    def __init__(self, key: str, days: dict[str, DayHead]) -> None:
        self.key = key
        self._days = days
        self._changed: dict[str, DayHead] = {}

    def add(self, day: str, rows: list[bytes]) -> None:
        before = self._days.get(day) or DayHead(day, 0, chain_start(self.key, day))
        after = DayHead(day, before.entries + len(rows), chain_rows(before.digest, rows))
        self._days[day] = self._changed[day] = after

    def change(self) -> WorkspaceChange:
        days = sorted(self._days.values())
        return WorkspaceChange(
            key=self.key, days=tuple(self._changed.values()), days_hash=days_hash(encode_days(self.key, days))
        )


class WindowReading:
    """Reads the entries of a window once. When it has ended, `workspaces` is how many have any, and `root` is the map's."""

    def __init__(self, stream: Connection, known: KnownHeads, buckets: BucketMap, window: SnapshotWindow) -> None:
        self.workspaces = 0
        self.buckets = buckets.copy()
        self._stream = stream
        self._known = known
        self._window = window
        self._open: _Workspace | None = None

    @property
    def root(self) -> str:
        """The map's root with what has been read."""
        return self.buckets.root

    def read(self) -> None:
        """Reads all of it; the changes are only counted."""
        for _ in self.changes():
            pass

    def changes(self) -> Iterator[WorkspaceChange]:
        """The workspaces with new entries, ascending by key. The reading has ended when this has."""
        bucket: list[WorkspaceChange] = []
        for change in self._changes():
            if bucket and bucket_of(bucket[0].key) != bucket_of(change.key):
                self._change_bucket(bucket)
                bucket = []
            bucket.append(change)
            self.workspaces += 1
            yield change
        if bucket:
            self._change_bucket(bucket)

    def _change_bucket(self, changes: list[WorkspaceChange]) -> None:
        number = bucket_of(changes[0].key)
        heads = dict(self._known.take_bucket(number))
        heads.update((change.key, change.days_hash) for change in changes)
        self.buckets.replace(number, sorted(heads.items()))

    def _changes(self) -> Iterator[WorkspaceChange]:
        for batch in self._batches():
            groups = [(plain(cell), list(rows)) for cell, rows in groupby(batch, _workspace)]
            keys = {workspace_id: workspace_key(workspace_id) for workspace_id, _ in groups}
            open_key = self._open.key if self._open else None
            days = self._known.fetch(key for key in keys.values() if key != open_key)
            for workspace_id, rows in groups:
                key = keys[workspace_id]
                if self._open is None or self._open.key != key:
                    if self._open is not None:
                        yield self._open.change()
                    self._open = _Workspace(key, days[key])
                for day, of_day in groupby(rows, _day):
                    self._open.add(day, [row for _, _, row in of_day])
        if self._open is not None:
            yield self._open.change()
            self._open = None

    def _batches(self) -> Iterator[list[_Entry]]:
        """The entries as they come."""
        for batch in entries.rows(self._stream, entries.NEW, self._window.parameters()):
            yield [_taken_apart(row) for row in batch]


class CheckedReading(WindowReading):
    """The first reading, which also checks the entries. A second one that gives the same hashes has read the same bytes.

    When it has ended, `entries` counts them per partition. TAMPERED where one is not what the consumer recorded.
    """

    def __init__(self, stream: Connection, known: KnownHeads, buckets: BucketMap, window: SnapshotWindow) -> None:
        super().__init__(stream, known, buckets, window)
        self.entries: Counter[Partition] = Counter()

    def _batches(self) -> Iterator[list[_Entry]]:
        for batch in entries.cells(self._stream, entries.NEW, self._window.parameters()):
            for row in batch:
                if (column := malformed(row)) is not None:
                    raise tampered(
                        f"{name_of(row)} is not as the consumer writes one: {column} is {quote(row[COLUMNS.index(column)])}"
                    )
                if not has_its_digest(row):
                    raise tampered(f"{name_of(row)} is not what was recorded: its content_digest is of other content")
            for (topic, partition), count in Counter(map(_partition, batch)).items():
                self.entries[plain(topic), int(partition)] += count
            yield [(row[WORKSPACE], row[OCCURRED_AT][:DAY], entries.join(row)) for row in batch]


def _taken_apart(row: bytes) -> _Entry:
    match = _BEGINNING.match(row)
    assert match is not None
    return match[2].decode(), match[1].decode(), row
