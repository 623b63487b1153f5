"""Readiness: probes share one check, so a flood of them costs what one costs, and refuses none."""

import asyncio
import threading
import time
from collections.abc import Callable, Sequence

from anyio import CapacityLimiter, to_thread

KEPT_SECONDS = 1.0


class Readiness:
    """What is not ready, as of a second ago at most, or of a check in progress."""

    def __init__(self, check: Callable[[], Sequence[str]]) -> None:
        self._check, self._lock = check, threading.Lock()
        self._failing: Sequence[str] = ()
        self._kept_until = 0.0
        self._thread = CapacityLimiter(1)
        self._asked: asyncio.Task[Sequence[str]] | None = None

    def failing(self) -> Sequence[str]:
        """The names of what is failing. Safe to use from many threads, of which one checks."""
        with self._lock:
            if time.monotonic() >= self._kept_until:
                self._failing = self._check()
                self._kept_until = time.monotonic() + KEPT_SECONDS
            return self._failing

    async def shared(self) -> Sequence[str]:
        """As `failing`, for the event loop: whoever asks waits for the same thread."""
        if self._asked is None or self._asked.done():
            self._asked = asyncio.ensure_future(to_thread.run_sync(self.failing, limiter=self._thread))
        return await asyncio.shield(self._asked)
