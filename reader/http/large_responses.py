"""Responses that take much memory: made one at a time, workspaces in turn, with a limit for the bytes being sent (decision 71).

Rule of this module: whatever is stored, the memory to show it is bounded, and one workspace cannot use up the limit.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from reader.http.limiter import Overloaded, RequestLimiter

MAX_WAITING = 32
SMALL = 64 * 1024  # bytes of a response that the server's own buffer takes
MAX_BYTES = 32 * 1024 * 1024  # of all responses that are being sent; one alone may have more
MAX_WORKSPACE_BYTES = 8 * 1024 * 1024  # … of one workspace


@dataclass(frozen=True, slots=True)
class LargeResponse:
    """What an endpoint returns in place of a response that takes much memory: `make` makes it, in a thread.

    Many wait at once, so `make` reads what it shows itself, and holds nothing of it before.
    """

    make: Callable[[], Response]


class LargeResponses:
    """Makes large responses one at a time, and counts bytes that are being sent. For the event loop's thread only."""

    def __init__(self) -> None:
        self._making = RequestLimiter(1, 1, MAX_WAITING)
        self._sending: Counter[str] = Counter()

    def wrap(self, endpoint: Callable[..., Any]) -> Callable[..., Any]:
        """The endpoint, a coroutine function that may return a LargeResponse. Raises Overloaded."""

        @wraps(endpoint)
        async def counted(request: Request) -> Any:
            response = await endpoint(request)
            if isinstance(response, LargeResponse):
                self._check(_workspace(request), 0)
                response = await self._making.run(_workspace(request), response.make)
            return response if len(response.body) <= SMALL else self._count(_workspace(request), response)

        return counted

    def _check(self, workspace_id: str, size: int) -> None:
        for sending, max_bytes in (
            (self._sending.total(), MAX_BYTES),
            (self._sending[workspace_id], MAX_WORKSPACE_BYTES),
        ):
            if sending and sending + size > max_bytes:
                raise Overloaded

    def _count(self, workspace_id: str, response: Response) -> Callable[[Scope, Receive, Send], Any]:
        size = len(response.body)
        self._check(workspace_id, size)
        self._sending[workspace_id] += size

        async def send_counted(scope: Scope, receive: Receive, send: Send) -> None:
            try:
                await response(scope, receive, send)
            finally:
                self._sending[workspace_id] -= size
                if not self._sending[workspace_id]:
                    del self._sending[workspace_id]

        return send_counted


def _workspace(request: Request) -> str:
    """The workspace of the response; responses without a workspace count together."""
    viewer = getattr(request.state, "viewer", None)
    return viewer.workspace_id if viewer else ""
