"""How many requests run at once: others wait in a queue for a bounded time, and are then refused (load shedding)."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from anyio import CapacityLimiter, WouldBlock, move_on_after, to_thread

# More requests would only wait for database sessions, and for the interpreter's lock. The pool has sessions beside these: POOL_SIZE.
MAX_RUNNING = 8
MAX_WAIT_SECONDS = 5.0
MAX_WAITING = 256


class Overloaded(Exception):
    """Too many requests run or wait already (503)."""


class RequestLimiter:
    """Runs endpoints in threads, `max_running` at a time, first come first served. For the event loop's thread only."""

    def __init__(self, max_running: int = MAX_RUNNING, max_waiting: int = MAX_WAITING) -> None:
        self._requests, self._max_waiting = CapacityLimiter(max_running), max_waiting
        self._threads = CapacityLimiter(max_running)

    @property
    def running(self) -> int:
        """Requests that run."""
        return self._requests.statistics().borrowed_tokens

    @property
    def waiting(self) -> int:
        """Requests that wait."""
        return self._requests.statistics().tasks_waiting

    def wrap(self, endpoint: Callable[..., Any]) -> Callable[..., Any]:
        """The endpoint, a plain function, as a coroutine function that runs it in a thread. Raises Overloaded."""

        @wraps(endpoint)
        async def limited(*arguments: Any) -> Any:
            request = object()  # the limiter counts requests, not tasks: a task may send several
            await self._acquire(request)
            try:
                return await to_thread.run_sync(endpoint, *arguments, limiter=self._threads)
            finally:
                self._requests.release_on_behalf_of(request)

        return limited

    async def _acquire(self, request: object) -> None:
        try:
            self._requests.acquire_on_behalf_of_nowait(request)
        except WouldBlock:
            await self._wait(request)

    async def _wait(self, request: object) -> None:
        if self.waiting >= self._max_waiting:
            raise Overloaded
        with move_on_after(MAX_WAIT_SECONDS) as scope:
            await self._requests.acquire_on_behalf_of(request)
        if scope.cancelled_caught:
            raise Overloaded
