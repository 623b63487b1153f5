"""`as_of`: a horizon in the order of recording, not a time (SPEC 6).

It is a snapshot of PostgreSQL's: which transactions had committed when the first page was read. An entry belongs to a
horizon if the transaction that wrote it (`audit_event.xid`) is visible in that snapshot; so an entry that is recorded later
belongs to none that is older, wherever its `occurred_at` would place it, and two horizons tell exactly what came between.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Microseconds since 1970, the snapshot's xmin and xmax, and the transactions between that were still running.
_TEXT = re.compile(r"([0-9]{1,16})-([0-9]{1,19})-([0-9]{1,19})((?:-[0-9]{1,19}){0,1000})")
_LAST_US = int((datetime(2101, 1, 1, tzinfo=UTC) - _EPOCH) / timedelta(microseconds=1))


@dataclass(frozen=True, slots=True)
class Horizon:
    """Which entries had been recorded at `time`. Transactions below `low` had ended, those from `high` not begun."""

    time: datetime
    low: int
    high: int
    running: tuple[int, ...]

    @classmethod
    def of(cls, time: datetime, snapshot: str) -> "Horizon":
        """From `pg_current_snapshot()` as text."""
        low, high, running = snapshot.split(":")
        return cls(time, int(low), int(high), tuple(int(xid) for xid in running.split(",") if xid))

    @classmethod
    def read(cls, text: str) -> "Horizon":
        """From the text that an earlier answer gave. Raises ValueError."""
        match = _TEXT.fullmatch(text)
        if match is None or int(match[1]) >= _LAST_US:
            raise ValueError("is not the as_of of an earlier answer")
        running = tuple(int(xid) for xid in match[4].split("-")[1:])
        horizon = cls(_EPOCH + timedelta(microseconds=int(match[1])), int(match[2]), int(match[3]), running)
        rising = sorted(set(running))
        within = not running or (running[0] >= horizon.low and running[-1] < horizon.high)
        if not (0 < horizon.low <= horizon.high and list(running) == rising and within):
            raise ValueError("is not the as_of of an earlier answer")
        return horizon

    @property
    def text(self) -> str:
        """What a client gets, and gives back unseen."""
        microseconds = (self.time - _EPOCH) // timedelta(microseconds=1)
        return "-".join(map(str, (microseconds, self.low, self.high, *self.running)))

    @property
    def snapshot(self) -> str:
        """As PostgreSQL writes a pg_snapshot."""
        return f"{self.low}:{self.high}:{','.join(map(str, self.running))}"
