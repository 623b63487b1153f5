"""The indexes in memory: each read once, however many ask for it, and those not asked for longest given up for others.

Law of this file: whoever waits for an index holds a thread, so only so many may for long, and the rest of the threads go on answering.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from reader.model import Selection
from reader.query.database import POOL_SIZE, Unavailable
from reader.query.key_index import KeyIndex

MAX_BYTES = 256 * 1024 * 1024  # sixteen an entry; what indexes of one list share is counted for each
MAX_INDEXES = 2_000  # each with its selection, which may be as long as a query string
MAX_WAITING = POOL_SIZE // 2  # threads that read an index or wait for another to
MAX_LOADING = 2  # sessions that they take from the others meanwhile
PATIENCE_SECONDS = 10.0
# What others wait for a slot among those: a short list is read meanwhile, as when many come at once behind a restart.
CROWD_SECONDS = 0.25


class CacheKey(NamedTuple):
    """Which list: of a workspace, a selection without range of time, and an older snapshot (its snapshot) or None."""

    workspace_id: str
    selection: Selection
    as_of: str | None = None


class _Slot:
    """Where an index is kept; `reading` is held by the one who reads it for the first time."""

    def __init__(self) -> None:
        self.reading = threading.Lock()
        self.index: KeyIndex | None = None


class IndexCache:
    """Safe to use from many threads."""

    def __init__(self) -> None:
        self._slots: OrderedDict[CacheKey, _Slot] = OrderedDict()
        self._lock = threading.Lock()
        self._room = threading.Condition(self._lock)
        self._reading = threading.BoundedSemaphore(MAX_LOADING)
        self._held = 0
        self.waiting = 0
        self.reads = 0

    def index(self, key: CacheKey, read: Callable[[], KeyIndex]) -> KeyIndex:
        """The index as the last request left it, or what `read` gives. Raises Unavailable, and what `read` raises."""
        with self._lock:
            slot = self._slots.setdefault(key, _Slot())
            self._slots.move_to_end(key)
            index = slot.index
            self._trim()
        return index or self._first(key, slot, read)

    def known(self, key: CacheKey) -> KeyIndex | None:
        """The index, if it is there."""
        with self._lock:
            slot = self._slots.get(key)
            if slot is not None:
                self._slots.move_to_end(key)
            return slot.index if slot else None

    def forget(self, key: CacheKey, index: KeyIndex) -> None:
        """Gives up an index that is too old to be brought forward, if no one has read a newer one meanwhile."""
        with self._lock:
            slot = self._slots.get(key)
            if slot is not None and slot.index is not None and slot.index.snapshot.xmax <= index.snapshot.xmax:
                self._held -= slot.index.size
                slot.index = None

    def keep(self, key: CacheKey, index: KeyIndex) -> None:
        """Keeps the newest: of two requests that brought an index forward, the other may have seen more."""
        with self._lock:
            slot = self._slots.setdefault(key, _Slot())
            if slot.index is not None and slot.index.snapshot.xmax > index.snapshot.xmax:
                return
            self._held += index.size - (slot.index.size if slot.index else 0)
            slot.index = index
            self._trim()

    def _trim(self) -> None:
        while len(self._slots) > MAX_INDEXES or (self._held > MAX_BYTES and len(self._slots) > 1):
            _, gone = self._slots.popitem(last=False)
            self._held -= gone.index.size if gone.index else 0

    def _first(self, key: CacheKey, slot: _Slot, read: Callable[[], KeyIndex]) -> KeyIndex:
        with self._wait():
            if not slot.reading.acquire(timeout=PATIENCE_SECONDS):
                raise Unavailable(slow=True)
            try:
                if slot.index is not None:
                    return slot.index
                with self._reading:
                    index = read()
                self.keep(key, index)
                self.reads += 1
                return index
            finally:
                slot.reading.release()

    @contextmanager
    def _wait(self) -> Iterator[None]:
        with self._room:
            if not self._room.wait_for(lambda: self.waiting < MAX_WAITING, CROWD_SECONDS):
                raise Unavailable
            self.waiting += 1
        try:
            yield
        finally:
            with self._room:
                self.waiting -= 1
                self._room.notify()
