"""Connections to the public port: no client can keep a connection open forever, or keep other clients out (decision 70).

uvicorn has no limit for the time in which a request must arrive or a response must be read. Here each of these has a
deadline. Idle connections do not keep others out: if there are too many connections, the oldest idle one is closed.
"""

import asyncio
import sys
from collections.abc import Callable
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from reader.errors import OVERLOADED, Problem, problem_response
from reader.http.middleware import SECURITY_HEADERS

MAX_CONNECTIONS = 600  # with as many as may be accepted at once, below the 1,024 files that a process may have open
HEAD_SECONDS = 10.0  # for a first request line and headers, for later ones once they begin, and for what is left of a request after its response
STALL_SECONDS = 20.0  # for a client to take some of a response
RESPONSE_SECONDS = 120.0  # for a whole response: its wait in the queue, the longest statement, and taking it
# For the next request to begin. Load balancers keep idle connections for 60 (Amazon's, nginx) to 600 seconds (Google's); one that sends
# a request just as we close the connection answers 502.
KEEP_SECONDS = 620

NOT_HTTP = Problem(status=400, kind="not-http", title="Invalid request", detail="The request is not valid HTTP/1.1.")
TIMEOUT = Problem(
    status=408, kind="request-timeout", title="Request timeout", detail="The request did not arrive in time."
)


class Connections:
    """Those of one server that wait for a request, oldest first. For the event loop's thread only."""

    def __init__(self, closed: Callable[[str], None]) -> None:
        """`closed` is called with the reason, one of metrics.CLOSED, for each connection that the reader closes early."""
        self.closed = closed
        self._silent: dict[BoundedProtocol, None] = {}
        self._served: dict[BoundedProtocol, None] = {}

    @property
    def waiting(self) -> int:
        """How many wait for a request."""
        return len(self._silent) + len(self._served)

    def add(self, connection: "BoundedProtocol") -> None:
        """It waits for a request from now on."""
        (self._served if connection.cycle else self._silent)[connection] = None

    def remove(self, connection: "BoundedProtocol") -> None:
        """It does not wait any more."""
        self._silent.pop(connection, None)
        self._served.pop(connection, None)

    def oldest(self) -> "BoundedProtocol | None":
        """The one to close first: one that has never sent a request, if there is any."""
        return next(iter(self._silent or self._served), None)


class BoundedProtocol(H11Protocol):
    """uvicorn's HTTP/1.1 connection with deadlines. It waits for a request, or is busy: from a request to its response's end."""

    def __init__(self, *, among: Connections, **options: Any) -> None:
        """`among` are the connections of the same server; `options` are what uvicorn gives."""
        super().__init__(**options)
        self._among = among
        self._working = False
        self._kept = False  # it has been served, and nothing of another request has come
        self._deadline: asyncio.TimerHandle | None = None
        self._stall: asyncio.TimerHandle | None = None
        self._unsent = sys.maxsize

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Closes another connection if there are too many, and waits for a request."""
        super().connection_made(transport)
        if len(self.connections) > MAX_CONNECTIONS:
            other = self._among.oldest()
            if other is None:  # all of them are busy
                self._close("refused", OVERLOADED)
                return
            other.abort("room")
        self._wait()

    def data_received(self, data: bytes) -> None:
        """A request may begin."""
        if self._kept:
            self._wait()
        super().data_received(data)
        self._work()

    def on_response_complete(self) -> None:
        """The request has ended; the next one may be there already."""
        self._working = False
        self._wait()
        super().on_response_complete()
        self._work()

    def connection_lost(self, exc: Exception | None) -> None:
        """Takes the connection out of the list and cancels its timers; `exc` is why it ended, None if the client closed it."""
        self._among.remove(self)
        for timer in (self._deadline, self._stall):
            if timer is not None:
                timer.cancel()
        self._unset_keepalive_if_required()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """The client reads more slowly than the response is sent."""
        super().pause_writing()
        self._stall = self.loop.call_later(STALL_SECONDS, self.abort, "response_timeout")

    def resume_writing(self) -> None:
        """The client has read some of it."""
        super().resume_writing()
        if self._stall is not None:
            self._stall.cancel()
            self._stall = None

    def send_400_response(self, msg: str) -> None:
        """For bytes that are not HTTP: a problem, like every other refusal."""
        del msg
        self._close(None, NOT_HTTP)

    def abort(self, reason: str) -> None:
        """Closes it at once, whatever has not been sent."""
        self._among.closed(reason)
        self._among.remove(self)
        self.connections.discard(self)  # uvicorn does so only in the next turn of the loop
        self.transport.abort()

    def _wait(self) -> None:
        self._kept = False
        self._among.add(self)
        self._within(HEAD_SECONDS, self._no_request)

    def _work(self) -> None:
        """Notes the beginning of a request, if there is one."""
        if self._working or self.cycle is None or self.cycle.response_complete:
            return
        self._working = True
        self._among.remove(self)
        self._within(RESPONSE_SECONDS, lambda: self.abort("response_timeout"))

    def _within(self, seconds: float, otherwise: Callable[[], None]) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._unsent = sys.maxsize
        self._deadline = self.loop.call_later(seconds, otherwise)

    def _no_request(self) -> None:
        """No complete request has come in time. What is left of a response may still be on its way."""
        unsent = self.transport.get_write_buffer_size()
        if 0 < unsent < self._unsent:
            self._unsent = unsent
            self._deadline = self.loop.call_later(STALL_SECONDS, self._no_request)
        elif unsent or self.transport.is_closing():
            self.abort("response_timeout")
        elif self.conn.our_state is h11.IDLE and self.conn.trailing_data[0]:
            self._close("request_timeout", TIMEOUT)
        elif self.cycle and self.conn.states == {h11.CLIENT: h11.IDLE, h11.SERVER: h11.IDLE}:
            self._kept = True
            self._within(KEEP_SECONDS, self.transport.close)
        else:
            self.abort("request_timeout")

    def _close(self, reason: str | None, problem: Problem) -> None:
        """Sends `problem` if no response has begun, and closes the connection."""
        if reason is not None:
            self._among.closed(reason)
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True
        if self.conn.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
            self.transport.write(_raw(problem))
        self.transport.close()


def _raw(problem: Problem) -> bytes:
    """The response of a connection that is closed after it."""
    response = problem_response(problem)
    response.headers.update({**SECURITY_HEADERS, "Cache-Control": "no-store", "Connection": "close"})
    head = [f"HTTP/1.1 {problem.status} {problem.title}".encode(), *(b": ".join(pair) for pair in response.raw_headers)]
    return b"\r\n".join([*head, b"", bytes(response.body)])
