"""The rolls in memory: each read once, however many ask for it, and those not asked for longest given up for others.

Law of this file: whoever waits for a roll holds a thread, so only so many may for long, and the rest of the threads go on answering.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from reader.model import Selection
from reader.query.database import POOL_SIZE, Unavailable
from reader.query.key_index import Roll

MOST_BYTES = 256 * 1024 * 1024  # sixteen an entry; what rolls of one list share is counted for each
MOST_ROLLS = 2_000  # each with its selection, which may be as long as a query string
MOST_WAITING = POOL_SIZE // 2  # threads that read a roll or wait for another to
MOST_READING = 2  # sessions that they take from the others meanwhile
PATIENCE_SECONDS = 10.0
# What others wait for a place among those: a short list is read meanwhile, as when many come at once behind a restart.
CROWD_SECONDS = 0.25


class Name(NamedTuple):
    """Which list: of a workspace, a selection without range of time, and an older horizon (its snapshot) or None."""

    workspace_id: str
    selection: Selection
    as_of: str | None = None


class _Place:
    """Where a roll is kept; `reading` is held by the one who reads it for the first time."""

    def __init__(self) -> None:
        self.reading = threading.Lock()
        self.roll: Roll | None = None


class Shelf:
    """Safe to use from many threads."""

    def __init__(self) -> None:
        self._places: OrderedDict[Name, _Place] = OrderedDict()
        self._lock = threading.Lock()
        self._room = threading.Condition(self._lock)
        self._reading = threading.BoundedSemaphore(MOST_READING)
        self._held = 0
        self.waiting = 0
        self.reads = 0

    def roll(self, name: Name, read: Callable[[], Roll]) -> Roll:
        """The roll as the last request left it, or what `read` gives. Raises Unavailable, and what `read` raises."""
        with self._lock:
            place = self._places.setdefault(name, _Place())
            self._places.move_to_end(name)
            roll = place.roll
            self._trim()
        return roll or self._first(name, place, read)

    def known(self, name: Name) -> Roll | None:
        """The roll, if it is there."""
        with self._lock:
            place = self._places.get(name)
            if place is not None:
                self._places.move_to_end(name)
            return place.roll if place else None

    def forget(self, name: Name, roll: Roll) -> None:
        """Gives up a roll that is too old to be brought forward, if no one has read a newer one meanwhile."""
        with self._lock:
            place = self._places.get(name)
            if place is not None and place.roll is not None and place.roll.horizon.high <= roll.horizon.high:
                self._held -= place.roll.size
                place.roll = None

    def keep(self, name: Name, roll: Roll) -> None:
        """Keeps the newest: of two requests that brought a roll forward, the other may have seen more."""
        with self._lock:
            place = self._places.setdefault(name, _Place())
            if place.roll is not None and place.roll.horizon.high > roll.horizon.high:
                return
            self._held += roll.size - (place.roll.size if place.roll else 0)
            place.roll = roll
            self._trim()

    def _trim(self) -> None:
        while len(self._places) > MOST_ROLLS or (self._held > MOST_BYTES and len(self._places) > 1):
            _, gone = self._places.popitem(last=False)
            self._held -= gone.roll.size if gone.roll else 0

    def _first(self, name: Name, place: _Place, read: Callable[[], Roll]) -> Roll:
        with self._wait():
            if not place.reading.acquire(timeout=PATIENCE_SECONDS):
                raise Unavailable(slow=True)
            try:
                if place.roll is not None:
                    return place.roll
                with self._reading:
                    roll = read()
                self.keep(name, roll)
                self.reads += 1
                return roll
            finally:
                place.reading.release()

    @contextmanager
    def _wait(self) -> Iterator[None]:
        with self._room:
            if not self._room.wait_for(lambda: self.waiting < MOST_WAITING, CROWD_SECONDS):
                raise Unavailable
            self.waiting += 1
        try:
            yield
        finally:
            with self._room:
                self.waiting -= 1
                self._room.notify()
