"""One thread at a time loads a key; the others wait for it, and the number that may wait is limited, for each workspace too (decision 130).

Waiting here blocks a thread of the request limiter. The bounds keep enough threads free for requests served from memory, and places
for lists of other workspaces.
"""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from reader.fair_slots import ThreadSlots
from reader.query.unavailable import Unavailable

# Threads that load a key or wait for another to load it: of eight slots (reader.http.limiter) three stay free.
MAX_WAITING = 5
WAITING_SHARE = 2  # of one workspace
MAX_LOADING = 2  # loads at once
LOADING_SHARE = 1
LOAD_WAIT_SECONDS = 10.0
BACKGROUND_WAIT_SECONDS = 60.0  # … where no request waits
# How long a thread waits to become one of MAX_WAITING: after a restart many ask at once, and a short list is soon loaded.
ADMISSION_SECONDS = 0.25


class WorkspaceKey(Protocol):
    """What is loaded is a workspace's."""

    @property
    def workspace_id(self) -> str:
        """The id of the workspace, whose share of the loads and of those that wait counts."""


K = TypeVar("K", bound=WorkspaceKey)


@dataclass(slots=True)
class _Flight:
    """The threads inside `SingleFlight.admit` for one key."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    threads: int = 0


class SingleFlight(Generic[K]):
    """Admits one thread per key at a time. Safe to use from many threads."""

    def __init__(self) -> None:
        self._flights: dict[K, _Flight] = {}
        self._lock = threading.Lock()
        self._waiting = ThreadSlots(MAX_WAITING, WAITING_SHARE)
        self._loading = ThreadSlots(MAX_LOADING, LOADING_SHARE)

    @property
    def waiting(self) -> int:
        """Threads that load or wait."""
        return self._waiting.running

    @contextmanager
    def admit(self, key: K, *, in_background: bool) -> Iterator[None]:
        """Holds `key` for the block. The caller looks again whether it was loaded while it waited. Raises Unavailable.

        `in_background`: no request waits for it (reader.query.background_loads), so it takes no place from those that do.
        """
        with ExitStack() as held:
            if not in_background:
                held.enter_context(self._waiting.place(key.workspace_id, ADMISSION_SECONDS, Unavailable(busy=True)))
            flight = held.enter_context(self._flight(key))
            if not flight.lock.acquire(timeout=_wait_seconds(in_background)):
                raise Unavailable(slow=True)
            held.callback(flight.lock.release)
            yield

    @contextmanager
    def load(self, workspace_id: str, *, in_background: bool) -> Iterator[None]:
        """Holds one of the MAX_LOADING loads for the block. Raises Unavailable."""
        with self._loading.place(workspace_id, _wait_seconds(in_background), Unavailable(busy=True)):
            yield

    @contextmanager
    def _flight(self, key: K) -> Iterator[_Flight]:
        with self._lock:
            flight = self._flights.setdefault(key, _Flight())
            flight.threads += 1
        try:
            yield flight
        finally:
            with self._lock:
                flight.threads -= 1
                if not flight.threads:
                    del self._flights[key]


def _wait_seconds(in_background: bool) -> float:
    return BACKGROUND_WAIT_SECONDS if in_background else LOAD_WAIT_SECONDS
