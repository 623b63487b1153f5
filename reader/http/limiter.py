"""RequestLimiter: so many requests are worked on at a time. Others wait a moment, and are then told to come back.

Law of this file: nobody waits here for longer than MAX_WAIT_SECONDS, whatever those do whose turn it is.
"""

from collections import deque
from collections.abc import Callable
from functools import wraps
from typing import Any

from anyio import CapacityLimiter, Event, move_on_after, to_thread

# One less than there are database sessions: more would only wait for those, and for the interpreter's lock.
MAX_RUNNING = 8
MAX_WAIT_SECONDS = 5.0
MAX_WAITING = 256


class Overloaded(Exception):
    """Too many requests came before this one (503)."""


class RequestLimiter:
    """A queue in front of endpoints that run in threads. Only the event loop's thread touches it, so it needs no lock."""

    def __init__(self, size: int = MAX_RUNNING, max_waiting: int = MAX_WAITING) -> None:
        self._free, self._max_waiting = size, max_waiting
        self._queue: deque[Event] = deque()
        self._threads = CapacityLimiter(size)

    @property
    def waiting(self) -> int:
        """How many requests wait for their turn."""
        return len(self._queue)

    def wrap(self, endpoint: Callable[..., Any]) -> Callable[..., Any]:
        """The endpoint, a plain function, as one that waits for its turn and then runs in a thread. Raises Overloaded."""

        @wraps(endpoint)
        async def waits(**given: Any) -> Any:
            if self._free:
                self._free -= 1
            else:
                await self._wait()
            try:
                return await to_thread.run_sync(lambda: endpoint(**given), limiter=self._threads)
            finally:
                self._pass_on()

        return waits

    async def _wait(self) -> None:
        if len(self._queue) >= self._max_waiting:
            raise Overloaded
        turn = Event()
        self._queue.append(turn)
        try:
            with move_on_after(MAX_WAIT_SECONDS):
                await turn.wait()
        except BaseException:  # it is cancelled; the turn may have come all the same
            if turn.is_set():
                self._pass_on()
            else:
                self._queue.remove(turn)
            raise
        if not turn.is_set():
            self._queue.remove(turn)
            raise Overloaded

    def _pass_on(self) -> None:
        """Gives the turn to whoever has waited longest."""
        if self._queue:
            self._queue.popleft().set()
        else:
            self._free += 1
