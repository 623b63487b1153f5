"""The database's clock, estimated in this process: metrics use it, since this machine's own clock may be wrong.

The poller sets the difference, which `consumer.operator.clock` measures.
"""

import time


class DatabaseClock:
    """Set by the poller's thread, read by all; until it is set, this machine's clock is assumed to be right.

    Meanwhile it runs by the monotonic clock, since the machine's may be set at any time.
    """

    def __init__(self) -> None:
        self.set_ahead(0.0)

    def set_ahead(self, seconds: float) -> None:
        """Notes that this machine's clock is ahead of the database's by `seconds` (negative: behind)."""
        self._start = time.time() - seconds - time.monotonic()

    def now(self) -> float:
        """Seconds since 1970."""
        return self._start + time.monotonic()
