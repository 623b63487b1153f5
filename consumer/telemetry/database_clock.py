"""The database's clock as this process knows it: what figures are reckoned by, whatever this machine's own clock says."""

import time


class DatabaseClock:
    """Set by the poller's thread, read by all; until it is set, this machine's clock is taken for right."""

    def __init__(self) -> None:
        self._ahead = 0.0

    def set_ahead(self, seconds: float) -> None:
        """Notes that this machine's clock is ahead of the database's by `seconds` (negative: behind)."""
        self._ahead = seconds

    def now(self) -> float:
        """Seconds since 1970."""
        return time.time() - self._ahead
