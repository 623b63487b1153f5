"""Turns: so many requests are worked on at a time. Others wait a moment, and are then told to come back.

Law of this file: nobody waits here for longer than PATIENCE_SECONDS, whatever those do whose turn it is.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from anyio import CapacityLimiter, WouldBlock, fail_after, to_thread

# One less than there are database sessions: more would only wait for those, and for the interpreter's lock.
TURNS = 8
PATIENCE_SECONDS = 5.0
MOST_WAITING = 256


class Busy(Exception):
    """Too many requests came before this one (503)."""


class Turns:
    """A queue in front of endpoints that run in threads."""

    def __init__(self, size: int = TURNS, most_waiting: int = MOST_WAITING) -> None:
        self._limiter, self._threads = CapacityLimiter(size), CapacityLimiter(size)
        self._most_waiting = most_waiting
        self.waiting = 0

    @property
    def taken(self) -> int:
        """How many requests are worked on now."""
        return int(self._limiter.borrowed_tokens)

    def wrap(self, endpoint: Callable[..., Any]) -> Callable[..., Any]:
        """The endpoint, a plain function, as one that waits for its turn and then runs in a thread. Raises Busy."""

        @wraps(endpoint)
        async def waits(**given: Any) -> Any:
            turn = object()
            await self._take(turn)
            try:
                return await to_thread.run_sync(lambda: endpoint(**given), limiter=self._threads)
            finally:
                self._limiter.release_on_behalf_of(turn)

        return waits

    async def _take(self, turn: object) -> None:
        try:
            self._limiter.acquire_on_behalf_of_nowait(turn)
        except WouldBlock:
            if self.waiting >= self._most_waiting:
                raise Busy from None
            self.waiting += 1
            try:
                with fail_after(PATIENCE_SECONDS):
                    await self._limiter.acquire_on_behalf_of(turn)
            except TimeoutError:
                raise Busy from None
            finally:
                self.waiting -= 1
