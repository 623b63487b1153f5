"""Writes log lines without blocking the program that logs: a bounded queue, and a thread that writes.

If the pipe is full, its reader is gone or the disk is full, lines are dropped and counted; the count is logged as soon as a
line can be written again. A line that cannot be written to its end is counted as dropped.
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

# The longest queue: some seconds of a busy consumer's lines.
MAX_LINES = 10_000
# How long the program waits at its end for a reader that has stopped reading.
FLUSH_SECONDS = 1.0
_POLL_SECONDS = 0.5
# The reader is gone for good; any other error may be temporary.
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
        self._dropped = self._reported = 0
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
        """Waits until all lines are written or dropped, at most `seconds`; False if that takes longer."""
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
        if dropped > self._reported and self._put(
            self._notice(dropped - self._reported).encode(errors="backslashreplace")
        ):
            self._reported = dropped
        return True

    def _put(self, line: bytes) -> bool:
        """Writes a line, however long that takes; False if it cannot be written."""
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
