"""How the sealer is stopped: at once, but never between a signature and its publication."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

# Of the sealer; runtime/shutdown.py has that of the other programs. A server or disk that hangs must not delay the shutdown: the
# next start finds a seal that was begun and finishes it.
SHUTDOWN_SECONDS = 20.0


class Stopped(BaseException):
    """SIGTERM or SIGINT has come."""


class StopSignals:
    """Turns the signals into Stopped, raised wherever the main thread is, unless it is in `shielded`."""

    def __init__(self) -> None:
        self._asked = False
        self._shields = 0
        self._event = threading.Event()

    def install(self) -> None:
        """From now on the signals are ours."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._signalled)

    def wait(self, seconds: float) -> None:
        """Waits; Stopped ends it."""
        self.check()
        self._event.wait(max(0.0, seconds))

    def check(self) -> None:
        """Raises Stopped if a signal has come, also where it was raised before and lost to another error."""
        if self._asked:
            raise Stopped

    @contextmanager
    def shielded(self) -> Iterator[None]:
        """Stopped is raised after this block, not inside it."""
        self._shields += 1
        try:
            yield
        finally:
            self._shields -= 1
        if self._asked:
            raise Stopped

    def _signalled(self, _number: int, _frame: FrameType | None) -> None:
        if not self._asked:
            self._asked = True
            timer = threading.Timer(SHUTDOWN_SECONDS, os._exit, (0,))
            timer.daemon = True
            timer.start()
        if not self._shields:
            raise Stopped
