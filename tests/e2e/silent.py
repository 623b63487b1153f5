"""What keeps a connection or a pipe and says nothing, as a process that is frozen does."""

import fcntl
import os
import select
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Silent:
    """A server that takes connections and says nothing, as one that is frozen."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def asked(self) -> bool:
        """Whether someone has connected."""
        return bool(select.select([self._socket], [], [], 0)[0])

    def close(self) -> None:
        """Ends it."""
        self._socket.close()


@contextmanager
def full_pipe() -> Iterator[int]:
    """The writing end of a pipe that takes no byte more, and that no one reads."""
    reading, writing = os.pipe()
    flags = fcntl.fcntl(writing, fcntl.F_GETFL)
    fcntl.fcntl(writing, fcntl.F_SETFL, flags | os.O_NONBLOCK)
    with suppress(BlockingIOError):
        while True:
            os.write(writing, b"x" * 4096)
    with suppress(BlockingIOError):
        while True:
            os.write(writing, b"x")
    fcntl.fcntl(writing, fcntl.F_SETFL, flags)
    yield writing
    os.close(writing)
    os.close(reading)
