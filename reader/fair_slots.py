"""Places for the work of workspaces: what one of them has asked for does not keep the others waiting (decision 130).

Of those that wait, the workspace with the least work in progress comes next, and among equals the one that had its last turn
longest ago. No workspace has more than its share of the places, so one is left for others whatever it asks for.
"""

import sys
import threading
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

T = TypeVar("T")


class FairSlots(Generic[T]):
    """`places` in all, `share` of them for one workspace, and tickets that wait for one. Its owner makes one call at a time."""

    def __init__(self, places: int, share: int, max_waiting: int) -> None:
        self._places, self._share, self._max_waiting = places, share, max_waiting
        self._running = Counter[str]()
        self._waiting: dict[str, deque[T]] = {}  # the workspace that had its last turn longest ago comes first

    @property
    def running(self) -> int:
        """Places that are taken."""
        return self._running.total()

    @property
    def waiting(self) -> int:
        """Tickets that wait."""
        return sum(map(len, self._waiting.values()))

    def begin(self, workspace_id: str) -> bool:
        """Takes a place, if the workspace can have one now."""
        if self.running >= self._places or self._running[workspace_id] >= self._share:
            return False
        self._running[workspace_id] += 1
        return True

    def wait(self, workspace_id: str, ticket: T) -> T | None:
        """Lets a ticket wait. If too many do, one has to go, which is returned: the newest of the workspace that has the most."""
        self._waiting.setdefault(workspace_id, deque()).append(ticket)
        if self.waiting <= self._max_waiting:
            return None
        largest = max(self._waiting, key=lambda name: len(self._waiting[name]))
        # Of several that have the most, the one that has just come goes.
        name = workspace_id if len(self._waiting[workspace_id]) == len(self._waiting[largest]) else largest
        return self._taken(name, self._waiting[name][-1])

    def end(self, workspace_id: str) -> T | None:
        """Gives a place back. Returns the ticket that has it now."""
        self._running[workspace_id] -= 1
        if not self._running[workspace_id]:
            del self._running[workspace_id]
        if workspace_id in self._waiting:  # behind the others
            self._waiting[workspace_id] = self._waiting.pop(workspace_id)
        able = [name for name in self._waiting if self._running[name] < self._share]
        if not able:
            return None
        name = min(able, key=self._running.__getitem__)
        self._running[name] += 1
        return self._taken(name, self._waiting[name][0])

    def give_up(self, workspace_id: str, ticket: T) -> bool:
        """Takes a ticket away; False if it does not wait any more."""
        is_waiting = ticket in self._waiting.get(workspace_id, ())
        if is_waiting:
            self._taken(workspace_id, ticket)
        return is_waiting

    def _taken(self, workspace_id: str, ticket: T) -> T:
        tickets = self._waiting[workspace_id]
        tickets.remove(ticket)
        if not tickets:
            del self._waiting[workspace_id]
        return ticket


class ThreadSlots:
    """FairSlots for which threads wait, so those that wait are few. Safe to use from many threads."""

    def __init__(self, places: int, share: int) -> None:
        """As `FairSlots`."""
        self._slots: FairSlots[threading.Event] = FairSlots(places, share, sys.maxsize)
        self._lock = threading.Lock()

    @property
    def running(self) -> int:
        """Places that are taken."""
        return self._slots.running

    @contextmanager
    def place(self, workspace_id: str, seconds: float, refused: Exception) -> Iterator[None]:
        """Holds a place for the block. Raises `refused` if there is none within so many seconds."""
        if not self._begin(workspace_id, seconds):
            raise refused
        try:
            yield
        finally:
            self._end(workspace_id)

    def _begin(self, workspace_id: str, seconds: float) -> bool:
        with self._lock:
            if self._slots.begin(workspace_id):
                return True
            ticket = threading.Event()
            self._slots.wait(workspace_id, ticket)
        ticket.wait(seconds)
        with self._lock:
            return not self._slots.give_up(workspace_id, ticket)

    def _end(self, workspace_id: str) -> None:
        with self._lock:
            ticket = self._slots.end(workspace_id)
        if ticket is not None:
            ticket.set()
