"""Lists with more entries than are held in memory. A list never gets shorter, so this is learned once (decision 73)."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from reader.query import index_cache
from reader.query.cached_list import CacheKey
from reader.query.index_cache import IndexCache
from reader.query.index_results import TooLong

MAX_REMEMBERED = 2_000  # lists, by hashes of their keys; one that is forgotten is learned again


class LongLists:
    """Safe to use from many threads."""

    def __init__(self, caches: int) -> None:
        """`caches`: how many share the memory of this reader."""
        self._caches = caches
        self._known: dict[int, None] = {}
        self._lock = threading.Lock()

    def has(self, key: CacheKey, size: int = 0) -> bool:
        """Whether it is known that the list is too long, or learned now from the `size` of its keys in bytes."""
        number = hash(index_cache.of_list(key))
        if size > index_cache.MAX_LIST_BYTES // self._caches:
            with self._lock:
                self._known[number] = None
                if len(self._known) > MAX_REMEMBERED:
                    del self._known[next(iter(self._known))]
        return number in self._known

    @contextmanager
    def reading(self, cache: IndexCache, key: CacheKey) -> Iterator[Callable[[int], None]]:
        """While a list is read that `cache` will keep: what it gives is told of more bytes of it, and may raise TooLong."""
        size = 0

        def grow(more: int) -> None:
            nonlocal size
            self.check(key, size + more)
            size += more
            cache.hold(more)

        try:
            yield grow
        finally:
            cache.hold(-size)

    def check(self, key: CacheKey, size: int = 0) -> None:
        """Raises TooLong for a list that is too long."""
        if self.has(key, size):
            raise TooLong
