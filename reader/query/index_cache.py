"""Key indexes in memory, within one bound for all and a share for each workspace (decision 73).

A bucket that several indexes of a list share is counted once. When the bound is exceeded, the workspace furthest above its
share loses its lists first, all but the most used one, then older pages of that one. If no workspace is above its share, the
least used list of all is evicted: uses are counted, because LRU would evict what is needed next if more lists are in use than
fit. The list that was just put stays.
"""

import threading
from dataclasses import replace

from reader.query.cached_list import CachedList, CacheKey, text_bytes
from reader.query.key_index import KeyIndex
from reader.query.use_counts import UseCounts

MAX_BYTES = 80 * 1024 * 1024  # of a reader: sixteen an entry, and what holds them
MAX_LISTS = 2_000
MAX_COUNTED = 2 * MAX_LISTS  # lists of which it is remembered how often they were used
HALVED_AFTER = 4_096  # requests after which every list counts as used half as often


class IndexCache:
    """Key indexes of all lists. Safe to use from many threads."""

    def __init__(self, caches: int = 1) -> None:
        """`caches`: how many share MAX_BYTES in this reader, one for each of its databases."""
        self._caches = caches
        self._lists: dict[CacheKey, CachedList] = {}
        self._other_uses = UseCounts(MAX_COUNTED)
        self._lock = threading.Lock()
        self._number = self._gets = self._bytes = self._builds = 0

    @property
    def builds(self) -> int:
        """How many indexes were put that are not made of others."""
        return self._builds

    @property
    def size(self) -> int:
        """Bytes that are held, at most."""
        return self._bytes

    @property
    def _max_bytes(self) -> int:
        return MAX_BYTES // self._caches

    def get(self, key: CacheKey) -> KeyIndex | None:
        """The index; None if it is not cached. Its list counts as used once more, in either case."""
        with self._lock:
            self._age()
            list_key = _of_list(key)
            cached = self._lists.get(list_key)
            if cached is None:
                self._other_uses.note(list_key, self._other_uses.of(list_key) + 1)
                return None
            cached.uses += 1
            index = cached.indexes.get(key.pg_snapshot)
            if index is not None:
                cached.indexes.move_to_end(key.pg_snapshot)
            return index

    def peek(self, key: CacheKey) -> KeyIndex | None:
        """As `get`, but it does not count as a use."""
        with self._lock:
            cached = self._lists.get(_of_list(key))
            return cached.indexes.get(key.pg_snapshot) if cached else None

    def nearest(self, key: CacheKey, xmax: int) -> tuple[CacheKey, KeyIndex] | None:
        """Of the indexes of the list, now and older, the one whose snapshot ends nearest to `xmax`, with its key."""
        with self._lock:
            cached = self._lists.get(_of_list(key))
            indexes = cached.indexes.items() if cached else ()
            nearest = min(indexes, key=lambda item: abs(item[1].snapshot.xmax - xmax), default=None)
            return (replace(key, pg_snapshot=nearest[0]), nearest[1]) if nearest else None

    def put(self, key: CacheKey, index: KeyIndex, made_of: KeyIndex | None = None) -> None:
        """Stores the index unless a newer one is there: two requests may catch up at once, and the other may see more.

        `made_of`: the one of which it was made, whose buckets it shares but for `index.fresh` bytes; None if it was read.
        """
        with self._lock:
            self._builds += made_of is None
            cached = self._lists.get(_of_list(key)) or self._new(_of_list(key))
            present = cached.indexes.get(key.pg_snapshot)
            if present is not None and present.snapshot.xmax > index.snapshot.xmax:
                return
            before = cached.size
            # What was evicted or replaced meanwhile is held by this index alone.
            shares = any(other is made_of for other in cached.indexes.values())
            cached.put(key.pg_snapshot, index, index.fresh if shares else index.size)
            self._bytes += cached.size - before
            self._evict(_of_list(key))

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

    def _new(self, key: CacheKey) -> CachedList:
        self._number += 1
        uses = max(1, self._other_uses.of(key))
        cached = self._lists[key] = CachedList(number=self._number, text_bytes=text_bytes(key), uses=uses)
        return cached

    def _remove(self, key: CacheKey) -> None:
        cached = self._lists.pop(key)
        self._bytes -= cached.size
        self._other_uses.note(key, cached.uses)

    def _count(self, cached: CachedList) -> None:
        before = cached.size
        cached.count()
        self._bytes += cached.size - before

    def _age(self) -> None:
        self._gets += 1
        if self._gets >= HALVED_AFTER:
            self._gets = 0
            for cached in self._lists.values():
                cached.uses //= 2
            self._other_uses.halve()

    def _evict(self, kept: CacheKey) -> None:
        """Removes what is too much, but not the list that was just put: a page may wait for it."""
        while len(self._lists) > MAX_LISTS:
            largest = self._of_largest(dict.fromkeys(self._lists, 1))
            self._remove_least_used(set(largest) - {kept} or set(self._lists) - {kept})
        if self._bytes > self._max_bytes:
            for cached in self._lists.values():
                if not cached.is_exact:
                    self._count(cached)
        while len(self._lists) > 1 and self._bytes > self._max_bytes:
            if not self._cut_largest(kept):
                self._remove_least_used(set(self._lists) - {kept})

    def _cut_largest(self, kept: CacheKey) -> bool:
        """Takes from the workspace that is furthest above its share: an extra list, or else an older page."""
        keys = self._of_largest({key: cached.size for key, cached in self._lists.items()})
        share = self._max_bytes / len({key.workspace_id for key in self._lists})
        if sum(self._lists[key].size for key in keys) <= share:
            return False
        # The one that is used most is no extra list, unless it makes room for another one of more than the share.
        busiest = max(keys, key=lambda key: self._lists[key].uses)
        extra = set(keys) - ({kept} if kept in keys and self._lists[kept].size > share else {kept, busiest})
        if extra:
            self._remove_least_used(extra)
            return True
        cut = next((self._lists[key] for key in keys if self._lists[key].drop_older_page()), None)
        if cut is not None:
            self._count(cut)
        return cut is not None

    def _of_largest(self, weights: dict[CacheKey, int]) -> list[CacheKey]:
        """The lists of the workspace whose lists have the largest weight in all."""
        totals: dict[str, int] = {}
        for key, weight in weights.items():
            totals[key.workspace_id] = totals.get(key.workspace_id, 0) + weight
        largest = max(totals, key=totals.__getitem__)
        return [key for key in weights if key.workspace_id == largest]

    def _remove_least_used(self, keys: set[CacheKey]) -> None:
        """Of those that were used as often, the one that came last."""
        self._remove(min(keys, key=lambda key: (self._lists[key].uses, -self._lists[key].number)))


def _of_list(key: CacheKey) -> CacheKey:
    return replace(key, pg_snapshot=None) if key.pg_snapshot is not None else key
