"""The key indexes of one list in memory, and what they hold together (decision 73)."""

import sys
from collections import OrderedDict
from dataclasses import dataclass, field

from reader.model import Selection
from reader.query.key_index import KeyIndex

MAX_SNAPSHOTS = 16  # older pages of one list
INDEX_BYTES = 1_300  # of an index without entries: its key and its objects, without the texts of its filters
RUNNING_BYTES = 60  # of each open transaction of a snapshot: in the snapshot, and in its text, by which it is found
BUCKET_BYTES = 81  # of each bucket of an index: its object, its place in two tuples, and the number in one of them


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheKey:
    """A list: its workspace, its selection without a range of time, and the pg_snapshot of an older page (None: now).

    `server`: an index of one server is not valid for another (reader.query.transaction_view).
    """

    server: str = ""
    workspace_id: str
    selection: Selection
    pg_snapshot: str | None = None


@dataclass(slots=True, kw_only=True)
class CachedList:
    """The indexes of one list by pg_snapshot, the least recently used first; `size` is at least what they hold together.

    `text_bytes`: what the texts of its filters take (`text_bytes` of its key).
    """

    number: int
    text_bytes: int
    uses: int = 1
    size: int = 0
    is_exact: bool = True
    indexes: OrderedDict[str | None, KeyIndex] = field(default_factory=OrderedDict)

    def put(self, pg_snapshot: str | None, index: KeyIndex, grown: int) -> None:
        """Adds or replaces an index that has `grown` bytes which those it was made from do not have."""
        alone = not self.indexes.keys() - {pg_snapshot}
        self.indexes[pg_snapshot] = index
        self.indexes.move_to_end(pg_snapshot)
        if alone:
            self.size, self.is_exact = self.text_bytes + own_bytes(index) + index.size, True
        else:
            self.size, self.is_exact = self.size + grown + own_bytes(index), False
        while len(self.indexes) > 1 + MAX_SNAPSHOTS:
            self.drop_older_page()

    def drop_older_page(self) -> bool:
        """Removes the least recently used index of an older page, which may make `size` too large; False if there is none.

        The index that was used last stays: it may be the only one, or the one that a page waits for.
        """
        name = next((name for name in list(self.indexes)[:-1] if name is not None), None)
        if name is not None:
            del self.indexes[name]
        return name is not None

    def count(self) -> None:
        """Makes `size` exact."""
        buckets = {id(bucket): len(bucket) for index in self.indexes.values() for bucket in index.buckets}
        self.size = self.text_bytes + sum(buckets.values()) + sum(map(own_bytes, self.indexes.values()))
        self.is_exact = True


def own_bytes(index: KeyIndex) -> int:
    """What an index holds besides its keys."""
    return INDEX_BYTES + BUCKET_BYTES * len(index.buckets) + RUNNING_BYTES * len(index.snapshot.running)


def text_bytes(key: CacheKey) -> int:
    """What the texts of a list's filters take: a single character beyond the first plane makes one four times as long."""
    selection = key.selection
    return sum(map(sys.getsizeof, (*selection.actions, *selection.facets, selection.actor, selection.subject)))
