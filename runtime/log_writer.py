"""Writes log lines so that no reader of them can stop the program: a bounded queue, and a thread that waits in its place.

A pipe that is full, a reader that is gone, a disk without room: what cannot be written is dropped and counted, and said once
it can be. A line is written whole or its rest is dropped with it.
"""

import atexit
import errno
import os
import select
import threading
import time
from collections import deque
from collections.abc import Callable

from runtime.threads import spawn_restarted

# What waits at most: some seconds of a busy consumer's lines.
MAX_LINES = 10_000
# What the end of the program waits for a reader that reads no more.
FLUSH_SECONDS = 1.0
_POLL_SECONDS = 0.5
# The reader is gone for good; any other error may pass.
_GONE = {errno.EPIPE, errno.EBADF, errno.ENXIO}


class LogWriter:
    """Lines for a file descriptor. `write` neither waits nor raises; `notice` makes the line that says how many were dropped."""

    def __init__(self, fileno: int, notice: Callable[[int], str], limit: int = MAX_LINES) -> None:
        self._fileno = fileno
        self._notice = notice
        self._limit = limit
        self._lines: deque[bytes] = deque()
        self._changed = threading.Condition()
        self._busy = False
        self._dropped = self._told = 0
        spawn_restarted("log-writer", self._serve)
        atexit.register(self.flush)

    @property
    def dropped(self) -> int:
        """How many lines have been dropped since the start."""
        return self._dropped

    def write(self, line: str) -> None:
        """Takes a line, with its line feed, or drops it."""
        with self._changed:
            if len(self._lines) >= self._limit:
                self._dropped += 1
            else:
                self._lines.append(line.encode(errors="backslashreplace"))
                self._changed.notify_all()

    def flush(self, seconds: float = FLUSH_SECONDS) -> bool:
        """Waits until all lines are written or dropped, at most `seconds`; whether that is so."""
        with self._changed:
            return self._changed.wait_for(lambda: not (self._lines or self._busy), seconds)

    def _serve(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._lines)
                line, self._busy = self._lines.popleft(), True
            written = self._put(line) and self._say_dropped()
            with self._changed:
                self._dropped += not written
                self._busy = False
                self._changed.notify_all()

    def _say_dropped(self) -> bool:
        dropped = self._dropped
        if dropped > self._told and self._put(self._notice(dropped - self._told).encode(errors="backslashreplace")):
            self._told = dropped
        return True

    def _put(self, line: bytes) -> bool:
        """Writes a line, for as long as that takes; False where it cannot be."""
        while line:
            try:
                line = line[os.write(self._fileno, line) :]
            except BlockingIOError:  # someone has made the pipe non-blocking: we wait ourselves
                select.select([], [self._fileno], [], _POLL_SECONDS)
            except OSError as error:
                if error.errno not in _GONE:
                    time.sleep(_POLL_SECONDS)
                return False
        return True
