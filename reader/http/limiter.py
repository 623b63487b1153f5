"""How many requests run at once: others wait for a bounded time, each workspace for its turn, and are then refused (load shedding)."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from anyio import CapacityLimiter, Event, move_on_after, to_thread
from starlette.requests import Request

from reader.auth.access import Authenticator
from reader.fair_slots import FairSlots

T = TypeVar("T")

# More requests would only wait for database sessions, and for the interpreter's lock. The pool has sessions beside these: POOL_SIZE.
MAX_RUNNING = 8
MAX_SHARE = 6  # of one workspace
MAX_WAIT_SECONDS = 5.0
MAX_WAITING = 256
UNKNOWN = "?"  # of a request for whose token a key has to be fetched; no workspace has this id


class Overloaded(Exception):
    """Too many requests run or wait already (503)."""


class RequestLimiter:
    """Runs functions in threads, `max_running` at a time, `share` of one workspace. For the event loop's thread only."""

    def __init__(self, max_running: int = MAX_RUNNING, share: int = MAX_SHARE, max_waiting: int = MAX_WAITING) -> None:
        self._slots: FairSlots[_Ticket] = FairSlots(max_running, share, max_waiting)
        self._threads = CapacityLimiter(max_running)

    @property
    def running(self) -> int:
        """Requests that run."""
        return self._slots.running

    @property
    def waiting(self) -> int:
        """Requests that wait."""
        return self._slots.waiting

    async def run(self, workspace_id: str, work: Callable[..., T], *arguments: Any) -> T:
        """The result of `work`, when it is the workspace's turn. Raises Overloaded."""
        if not self._slots.begin(workspace_id):
            await self._wait(workspace_id)
        try:
            return await to_thread.run_sync(work, *arguments, limiter=self._threads)
        finally:
            self._end(workspace_id)

    def wrap(self, endpoint: Callable[[Request], Any], access: Authenticator) -> Callable[[Request], Any]:
        """The endpoint, a plain function, as a coroutine function that runs it in a slot of its token's workspace.

        A token is verified before the request waits in any queue (a tenth of a millisecond): anyone can send tokens, and could fill a
        queue that all share. A request waits only if a key has to be fetched for its token. Raises Overloaded, Unauthenticated and KeysUnavailable.
        """

        @wraps(endpoint)
        async def limited(request: Request) -> Any:
            if not access.judge(request, may_wait=False):
                await self.run(UNKNOWN, access.judge, request)
            return await self.run(access.slot_owner(request), endpoint, request)

        return limited

    async def _wait(self, workspace_id: str) -> None:
        ticket = _Ticket()
        refused = self._slots.wait(workspace_id, ticket)
        if refused is not None:
            refused.refuse()
        try:
            with move_on_after(MAX_WAIT_SECONDS):
                await ticket.called.wait()
        except BaseException:
            if not (self._slots.give_up(workspace_id, ticket) or ticket.is_refused):
                self._end(workspace_id)
            raise
        if self._slots.give_up(workspace_id, ticket) or ticket.is_refused:
            raise Overloaded

    def _end(self, workspace_id: str) -> None:
        ticket = self._slots.end(workspace_id)
        if ticket is not None:
            ticket.called.set()


class _Ticket:
    """A request that waits until it is `called`: because it has a slot, or because it is refused."""

    def __init__(self) -> None:
        self.called, self.is_refused = Event(), False

    def refuse(self) -> None:
        """Others wait, and there is no room."""
        self.is_refused = True
        self.called.set()
