"""Key indexes in memory, least recently used first out (decision 51).

Two bounds hold: the bytes of all indexes, and their number, since a list that holds nothing costs no bytes and still has a
key as long as a query string. The index in use is never evicted, even when it alone is over the bound.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass

from reader.model import Selection
from reader.query.key_index import KeyIndex

MAX_BYTES = 256 * 1024 * 1024  # 16 bytes an entry; buckets that two indexes share are counted for each
MAX_INDEXES = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheKey:
    """A list: its workspace, its selection without a range of time, and the pg_snapshot of an older page (None: now)."""

    workspace_id: str
    selection: Selection
    pg_snapshot: str | None = None


class IndexCache:
    """An LRU cache of key indexes. Safe to use from many threads."""

    def __init__(self) -> None:
        self._indexes: OrderedDict[CacheKey, KeyIndex] = OrderedDict()
        self._lock = threading.Lock()
        self._bytes = 0

    def get(self, key: CacheKey) -> KeyIndex | None:
        """The index, which becomes the most recently used; None if it is not cached."""
        with self._lock:
            index = self._indexes.get(key)
            if index is not None:
                self._indexes.move_to_end(key)
            return index

    def put(self, key: CacheKey, index: KeyIndex) -> None:
        """Stores the index unless a newer one is there: two requests may catch up at once, and the other may see more."""
        with self._lock:
            present = self._indexes.get(key)
            if present is not None and present.snapshot.xmax > index.snapshot.xmax:
                return
            self._bytes += index.size - (present.size if present else 0)
            self._indexes[key] = index
            self._indexes.move_to_end(key)
            self._evict()

    def discard(self, key: CacheKey, index: KeyIndex) -> None:
        """Removes an index that is too old to catch up, unless a newer one was stored meanwhile."""
        with self._lock:
            present = self._indexes.get(key)
            if present is not None and present.snapshot.xmax <= index.snapshot.xmax:
                del self._indexes[key]
                self._bytes -= present.size

    def _evict(self) -> None:
        while len(self._indexes) > MAX_INDEXES or (self._bytes > MAX_BYTES and len(self._indexes) > 1):
            _, evicted = self._indexes.popitem(last=False)
            self._bytes -= evicted.size
