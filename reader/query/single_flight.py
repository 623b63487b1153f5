"""One thread at a time loads a key; the others wait for it, and the number that may wait is limited.

Waiting here blocks a thread of the request limiter. The bounds keep enough threads free for requests served from memory.
"""

import threading
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from reader.query.unavailable import Unavailable

K = TypeVar("K", bound=Hashable)

# Threads that load a key or wait for another to load it: of eight turns (reader.http.limiter) three stay free.
MAX_WAITING = 5
MAX_LOADING = 2  # loads at once
LOAD_WAIT_SECONDS = 10.0
# How long a thread waits to become one of MAX_WAITING: after a restart many ask at once, and a short list is soon loaded.
ADMISSION_SECONDS = 0.25


@dataclass(slots=True)
class _Flight:
    """The threads inside `SingleFlight.admit` for one key."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    threads: int = 0


class SingleFlight(Generic[K]):
    """Admits one thread per key at a time. Safe to use from many threads."""

    def __init__(self) -> None:
        self._flights: dict[K, _Flight] = {}
        self._changed = threading.Condition()
        self._loading = threading.BoundedSemaphore(MAX_LOADING)
        self._waiting = 0

    @property
    def waiting(self) -> int:
        """Threads that load or wait."""
        return self._waiting

    @contextmanager
    def admit(self, key: K) -> Iterator[None]:
        """Holds `key` for the block. The caller looks again whether it was loaded while it waited. Raises Unavailable."""
        flight = self._enter(key)
        try:
            if not flight.lock.acquire(timeout=LOAD_WAIT_SECONDS):
                raise Unavailable(slow=True)
            try:
                yield
            finally:
                flight.lock.release()
        finally:
            self._leave(key, flight)

    @contextmanager
    def load(self) -> Iterator[None]:
        """Holds one of the MAX_LOADING loads for the block."""
        with self._loading:
            yield

    def _enter(self, key: K) -> _Flight:
        with self._changed:
            if not self._changed.wait_for(lambda: self._waiting < MAX_WAITING, ADMISSION_SECONDS):
                raise Unavailable
            self._waiting += 1
            flight = self._flights.setdefault(key, _Flight())
            flight.threads += 1
            return flight

    def _leave(self, key: K, flight: _Flight) -> None:
        with self._changed:
            flight.threads -= 1
            if not flight.threads:
                del self._flights[key]
            self._waiting -= 1
            self._changed.notify()
