"""One reading of what is new since a seal: each day's chain is continued, and the map follows (section 8, 2)."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from export.format.days import DayHead, chain_rows, chain_start, days_hash, encode_days
from export.format.encoding import workspace_key
from export.format.errors import tampered
from export.format.row import COLUMNS
from export.seal.bucket_map import BucketMap, bucket_of
from export.seal.content import has_its_digest, name_of, plain
from export.seal.heads import KnownHeads
from export.tables import entries
from export.tables.database import Connection

OCCURRED_AT, WORKSPACE = COLUMNS.index("occurred_at"), COLUMNS.index("workspace_id")
TOPIC, PARTITION = COLUMNS.index("kafka_topic"), COLUMNS.index("kafka_partition")
DAY = len("YYYY-MM-DD")
NOTHING = "1:1:"  # a snapshot before the first transaction

Partition = tuple[str, int]
"""A topic's name and a partition's number."""


@dataclass(frozen=True, kw_only=True)
class Window:
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


class Reading:
    """Reads the entries of a window once.

    When it has ended, `entries` counts them per partition, `workspaces` is how many have any, and `root` is the map's.
    """

    def __init__(self, stream: Connection, known: KnownHeads, buckets: BucketMap, window: Window) -> None:
        self.entries: Counter[Partition] = Counter()
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
        for batch in entries.cells(self._stream, entries.NEW, self._window.parameters()):
            groups = [(plain(cell), list(rows)) for cell, rows in groupby(batch, lambda row: row[WORKSPACE])]
            keys = {workspace_id: workspace_key(workspace_id) for workspace_id, _ in groups}
            open_key = self._open.key if self._open else None
            days = self._known.fetch(key for key in keys.values() if key != open_key)
            for workspace_id, rows in groups:
                key = keys[workspace_id]
                if self._open is None or self._open.key != key:
                    if self._open is not None:
                        yield self._open.change()
                    self._open = _Workspace(key, days[key])
                self._add(self._open, rows)
        if self._open is not None:
            yield self._open.change()
            self._open = None

    def _add(self, workspace: _Workspace, rows: list[list[str]]) -> None:
        for row in rows:
            if not has_its_digest(row):
                raise tampered(f"{name_of(row)} is not what was recorded: its content_digest is of other content")
        self.entries.update((plain(row[TOPIC]), int(row[PARTITION])) for row in rows)
        for day, of_day in groupby(rows, lambda row: row[OCCURRED_AT][:DAY]):
            workspace.add(day, [entries.join(row) for row in of_day])
