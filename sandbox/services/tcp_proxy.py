"""A TCP proxy on 127.0.0.1 whose network can be made bad: slow, narrow, in slices, silent, cut off, or half-open."""

import asyncio
import socket
import struct
import threading
from collections.abc import Coroutine
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self, TypeVar

from sandbox.services.ports import free_port

CHUNK = 65_536
T = TypeVar("T")
PAUSE = 0.02  # seconds between two looks at whether the line speaks again


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyLine:
    """What a network is like, in both directions; bytes that it is `silent` about are delivered when it speaks again."""

    delay: float = 0.0  # seconds for each piece
    bytes_per_second: int = 0  # 0: no limit
    piece: int = CHUNK  # bytes that go at once
    silent: bool = False
    reset_after: int = 0  # bytes that a connection answers, after which it is reset; 0: never
    reset_after_asked: int = 0  # the same of what its client sends; in both cases what comes before is delivered


GOOD = ProxyLine()


class _Connection:
    """Two sides, and whether the proxy has forgotten them: then it takes bytes and passes none on."""

    def __init__(self, client: asyncio.StreamWriter, server: asyncio.StreamWriter) -> None:
        self.sides = (client, server)
        self.forgotten = False
        self.passed = {True: 0, False: 0}  # bytes that answer, and bytes that ask

    def reset(self) -> None:
        """Ends both sides by RST, as a machine does that knows nothing of them any more."""
        for side in self.sides:
            _reset(side)

    def reset_server(self) -> None:
        """Ends the server's side by RST; the client is not told."""
        _reset(self.sides[1])


def _reset(side: asyncio.StreamWriter) -> None:
    if (inner := side.get_extra_info("socket")) is not None and not side.is_closing():
        inner.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        side.transport.abort()


class TcpProxy:
    """Passes each connection to its `port` on to the port `target` of 127.0.0.1; `line` and `target` may change at any time."""

    def __init__(self, target: int = 0) -> None:
        self.port = free_port()
        self.target = target
        self.line = GOOD
        self._connections: set[_Connection] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="tcp-proxy", daemon=True)
        self._server: asyncio.Server | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        self.accept()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.refuse()
        self._call(self._end_tasks())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def accept(self) -> None:
        """Listens."""
        self._server = self._call(asyncio.start_server(self._serve, "127.0.0.1", self.port))

    def refuse(self) -> None:
        """Listens no more, and resets what there is."""
        if self._server is not None:
            self._loop.call_soon_threadsafe(self._server.close)
        self.reset()

    def reset(self) -> None:
        """Resets all connections."""
        self._call(self._for_each(_Connection.reset))

    def forget(self, server_notices: float | None = None) -> None:
        """Makes all connections half-open: they stay, whatever is sent is taken, and nothing comes any more.

        After `server_notices` seconds the server loses them, as by keepalive probes that nobody answers: here our kernel answers them.
        """
        self._call(self._forget(server_notices))

    async def _forget(self, server_notices: float | None) -> None:
        for connection in list(self._connections):
            connection.forgotten = True
            if server_notices is not None:
                self._loop.call_later(server_notices, connection.reset_server)

    async def _for_each(self, change: Any) -> None:
        for connection in list(self._connections):
            change(connection)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.transport.abort()
            return
        connection = _Connection(writer, back)
        self._connections.add(connection)
        ways = (
            self._pass_on(connection, reader, back, answer=False),
            self._pass_on(connection, there, writer, answer=True),
        )
        try:
            # Not a TaskGroup: asyncio reports a handler that ends as canceled, as it would at our end, as an error.
            await asyncio.gather(*ways, return_exceptions=True)
        except asyncio.CancelledError:
            pass
        finally:
            self._connections.discard(connection)
            for side in connection.sides:
                side.close()

    async def _pass_on(
        self, connection: _Connection, source: asyncio.StreamReader, to: asyncio.StreamWriter, *, answer: bool
    ) -> None:
        try:
            await self._copy(connection, source, to, answer=answer)
        except OSError:  # one side is gone: the other one is told
            connection.reset()

    async def _copy(
        self, connection: _Connection, source: asyncio.StreamReader, to: asyncio.StreamWriter, *, answer: bool
    ) -> None:
        while data := await source.read(CHUNK):
            at = 0
            while at < len(data):
                piece = data[at : at + self.line.piece]
                at += len(piece)
                await self._wait(len(piece))
                if connection.forgotten:
                    continue
                limit = self.line.reset_after if answer else self.line.reset_after_asked
                room = limit - connection.passed[answer] if limit else len(piece)
                connection.passed[answer] += len(piece)
                to.write(piece[: max(room, 0)])
                await to.drain()
                if room < len(piece):
                    connection.reset()
                    return
        if not connection.forgotten:
            to.close()

    async def _wait(self, size: int) -> None:
        """As long as the line takes for so many bytes."""
        rate = self.line.bytes_per_second
        await asyncio.sleep(self.line.delay + (size / rate if rate else 0.0))
        while self.line.silent:  # noqa: ASYNC110 another thread sets it, which knows no event of this loop
            await asyncio.sleep(PAUSE)

    async def _end_tasks(self) -> None:
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _call(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)
