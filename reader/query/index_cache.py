"""Key indexes in memory, within one bound for all and a share for each workspace (decision 73).

What is counted is what is held: a bucket that several indexes of a list share is counted once. When there is too much, the
extra lists of workspaces that hold more than their share go first; then the list that is least used. A list that was read
a moment ago is no exception: of more lists than fit some stay, while by recent use alone each would push out the next.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass, field, replace

from reader.model import Selection
from reader.query.key_index import KeyIndex

MAX_BYTES = 96 * 1024 * 1024  # sixteen an entry, and what holds them
MAX_INDEXES = 2_000
MAX_SNAPSHOTS = 16  # older pages of one list
HALVED_AFTER = 4_096  # requests after which every list counts as used half as often
INDEX_BYTES = 1_500  # of an index without entries: its key, with a selection of the usual length, and its objects
BUCKET_BYTES = 81  # of each bucket of an index: its object, its place in two tuples, and the number in one of them


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheKey:
    """A list: its workspace, its selection without a range of time, and the pg_snapshot of an older page (None: now).

    `server`: what is known of a list on one server is true on no other (reader.query.transaction_view).
    """

    server: str = ""
    workspace_id: str
    selection: Selection
    pg_snapshot: str | None = None


@dataclass(slots=True, kw_only=True)
class _CachedList:
    """The indexes of one list by pg_snapshot, the least recently used first; `size` is at least what they hold together."""

    number: int
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
            self.size, self.is_exact = _own_bytes(index) + index.size, True
        else:
            self.size, self.is_exact = self.size + grown + _own_bytes(index), False
        snapshots = [name for name in self.indexes if name is not None]
        for name in snapshots[: max(0, len(snapshots) - MAX_SNAPSHOTS)]:
            del self.indexes[name]

    def count(self) -> None:
        """Makes `size` exact."""
        buckets = {id(bucket): len(bucket) for index in self.indexes.values() for bucket in index.buckets}
        self.size = sum(buckets.values()) + sum(map(_own_bytes, self.indexes.values()))
        self.is_exact = True


class IndexCache:
    """Key indexes of all lists. Safe to use from many threads."""

    def __init__(self) -> None:
        self._lists: dict[CacheKey, _CachedList] = {}
        self._evicted: OrderedDict[CacheKey, int] = OrderedDict()  # how often these were used
        self._lock = threading.Lock()
        self._number = self._gets = self._bytes = 0

    @property
    def size(self) -> int:
        """Bytes that are held, at most."""
        return self._bytes

    def get(self, key: CacheKey) -> KeyIndex | None:
        """The index, which counts as used; None if it is not cached."""
        with self._lock:
            self._age()
            cached = self._lists.get(_of_list(key))
            index = cached.indexes.get(key.pg_snapshot) if cached else None
            if cached is not None and index is not None:
                cached.uses += 1
                cached.indexes.move_to_end(key.pg_snapshot)
            return index

    def put(self, key: CacheKey, index: KeyIndex, grown: int | None = None) -> None:
        """Stores the index unless a newer one is there: two requests may catch up at once, and the other may see more.

        `grown`: bytes that the cached index from which this one was made does not have; by default `index.fresh`.
        """
        with self._lock:
            cached = self._lists.get(_of_list(key)) or self._new(_of_list(key))
            present = cached.indexes.get(key.pg_snapshot)
            if present is not None and present.snapshot.xmax > index.snapshot.xmax:
                return
            before = cached.size
            cached.put(key.pg_snapshot, index, index.fresh if grown is None else grown)
            self._bytes += cached.size - before
            self._evict()

    def discard(self, key: CacheKey, index: KeyIndex) -> None:
        """Removes an index that is too old to catch up, unless a newer one was stored meanwhile."""
        with self._lock:
            cached = self._lists.get(_of_list(key))
            present = cached.indexes.get(key.pg_snapshot) if cached else None
            if cached is None or present is None or present.snapshot.xmax > index.snapshot.xmax:
                return
            del cached.indexes[key.pg_snapshot]
            self._count(cached)
            if not cached.indexes:
                self._remove(_of_list(key))

    def forget(self, workspace_id: str) -> None:
        """Removes all that is held of a workspace."""
        with self._lock:
            for key in [key for key in self._lists if key.workspace_id == workspace_id]:
                self._remove(key)

    def _new(self, key: CacheKey) -> _CachedList:
        self._number += 1
        cached = self._lists[key] = _CachedList(number=self._number, uses=self._evicted.pop(key, 0) + 1)
        return cached

    def _remove(self, key: CacheKey) -> None:
        cached = self._lists.pop(key)
        self._bytes -= cached.size
        self._evicted[key] = cached.uses
        while len(self._evicted) > MAX_INDEXES:
            self._evicted.popitem(last=False)

    def _count(self, cached: _CachedList) -> None:
        before = cached.size
        cached.count()
        self._bytes += cached.size - before

    def _age(self) -> None:
        self._gets += 1
        if self._gets >= HALVED_AFTER:
            self._gets = 0
            for cached in self._lists.values():
                cached.uses //= 2
            self._evicted = OrderedDict((key, uses // 2) for key, uses in self._evicted.items() if uses > 1)

    def _evict(self) -> None:
        while len(self._lists) > MAX_INDEXES:
            self._remove(self._least_used(self._of_largest(dict.fromkeys(self._lists, 1))))
        if self._bytes > MAX_BYTES:
            for cached in self._lists.values():
                if not cached.is_exact:
                    self._count(cached)
        while len(self._lists) > 1 and self._bytes > MAX_BYTES:
            self._remove(self._victim())

    def _victim(self) -> CacheKey:
        """An extra list of the workspace that is furthest above its share; else the least used list of all."""
        extra = self._of_largest({key: cached.size for key, cached in self._lists.items()})
        share = MAX_BYTES / len({key.workspace_id for key in self._lists})
        if len(extra) > 1 and sum(self._lists[key].size for key in extra) > share:
            extra.remove(max(extra, key=lambda key: self._lists[key].uses))
            return self._least_used(extra)
        return self._least_used(list(self._lists))

    def _of_largest(self, weights: dict[CacheKey, int]) -> list[CacheKey]:
        """The lists of the workspace whose lists have the largest weight in all."""
        totals: dict[str, int] = {}
        for key, weight in weights.items():
            totals[key.workspace_id] = totals.get(key.workspace_id, 0) + weight
        largest = max(totals, key=totals.__getitem__)
        return [key for key in weights if key.workspace_id == largest]

    def _least_used(self, keys: list[CacheKey]) -> CacheKey:
        """Of those that were used as often, the one that came last."""
        return min(keys, key=lambda key: (self._lists[key].uses, -self._lists[key].number))


def _of_list(key: CacheKey) -> CacheKey:
    return replace(key, pg_snapshot=None) if key.pg_snapshot is not None else key


def _own_bytes(index: KeyIndex) -> int:
    """What an index holds beside its keys."""
    return INDEX_BYTES + BUCKET_BYTES * len(index.buckets)
