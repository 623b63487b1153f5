"""Whether the event loop of the public port runs: the probes at AUDIT_READER_METRICS_BIND have threads of their own (decision 70)."""

import time

STUCK_SECONDS = 60.0
BEAT_SECONDS = 1


class Heartbeat:
    """Beats for as long as the loop runs. Safe to use from many threads."""

    def __init__(self) -> None:
        self._last, self._has_begun = time.monotonic(), False

    async def beat(self) -> None:
        """Notes the time. Awaited on the loop every BEAT_SECONDS."""
        self._last, self._has_begun = time.monotonic(), True

    def alive(self) -> bool:
        """Whether it beat lately, or may still begin."""
        return time.monotonic() - self._last < STUCK_SECONDS

    def ready(self) -> bool:
        """Whether it beat lately: the public port listens."""
        return self._has_begun and self.alive()
