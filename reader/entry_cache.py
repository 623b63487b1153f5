"""A cache of what is made from single entries (decisions 104 and 108): an entry never changes, so what is made from it does not either.

It is found by the entry's workspace and id, and used only if the entry that the database has just returned for this request is
equal in every column. So it cannot be outdated, and cannot belong to another workspace.
"""

from collections.abc import Callable
from typing import Generic, TypeVar

from reader.model import Entry
from reader.shared_cache import SharedCache

MAX_CACHED = 2_000
MAX_LENGTH = 2_500  # characters or bytes of what is made, and of the diff; what is longer is not kept, so that all takes few megabytes

T = TypeVar("T")


class EntryCache(Generic[T]):
    """Makes it and caches it. Safe to use from many threads."""

    def __init__(self, make: Callable[[Entry], T], length: Callable[[T], int]) -> None:
        """`make` must need nothing but the entry; `length` is that of what it made, in characters or bytes."""
        self._make, self._length = make, length
        self._entries: SharedCache[int, tuple[Entry, T]] = SharedCache(MAX_CACHED)

    def of(self, entry: Entry) -> T:
        """What is made from the entry."""
        cached = self._entries.get(entry.workspace_id, entry.id)
        if cached and cached[0] == entry:
            return cached[1]
        value = self._make(entry)
        if self._length(value) + len(entry.diff or "") <= MAX_LENGTH:
            self._entries.put(entry.workspace_id, entry.id, (entry, value))
        return value
