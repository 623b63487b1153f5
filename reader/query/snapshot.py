"""`as_of`: a point in the order of recording, not a time (SPEC 6, decision 18).

It is a PostgreSQL snapshot: which transactions had committed when the first page was read. An entry belongs to it if the
transaction that wrote the entry (`audit_event.xid`) is visible in it. So an entry that is recorded later belongs to no older
snapshot, whatever its `occurred_at` is, and two snapshots tell exactly what was recorded between them.
"""

import re
from bisect import bisect_left
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from reader.query import rising_numbers
from runtime.timestamps import from_microseconds, microseconds

MAX_RUNNING = (
    1_000  # transactions that a snapshot lists; what was recorded after the next one is not in it (session.sql)
)
# Microseconds since 1970, xmin, xmax, and the transactions between these that were still running: in few characters, or, as before
# decision 132, each by its id.
_TEXT = re.compile(r"([0-9]{1,16})-([0-9]{1,19})-([0-9]{1,19})(?:((?:-[0-9]{1,19})+)|\.([A-Za-z0-9_-]+))?")
_LAST_US = microseconds(datetime(2101, 1, 1, tzinfo=UTC))
_SHORT_XID = 0xFFFFFFFF  # the part of a transaction id that rows have; 0 is no transaction, so it ends no snapshot


class Transactions(NamedTuple):
    """Transactions by their ids: each of `single`, and from `low` to before `high` (None: without end) those that `without` lacks."""

    single: tuple[int, ...]
    low: int
    high: int | None
    without: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Which entries had been recorded at `time`. Transactions below `xmin` had ended, those from `xmax` on had not begun.

    `running` is in rising order, as PostgreSQL has it.
    """

    time: datetime
    xmin: int
    xmax: int
    running: tuple[int, ...]

    @classmethod
    def from_postgres(cls, time: datetime, pg_snapshot: str) -> "Snapshot":
        """From the text of `pg_current_snapshot()`."""
        xmin, xmax, running = pg_snapshot.split(":")
        return cls(time, int(xmin), int(xmax), tuple(int(xid) for xid in running.split(",") if xid))

    @classmethod
    def parse(cls, text: str) -> "Snapshot":
        """From the as_of of an earlier response. Raises ValueError for all that PostgreSQL would refuse as a pg_snapshot."""
        match = _TEXT.fullmatch(text)
        if match is None or int(match[1]) >= _LAST_US:
            raise ValueError("is not the as_of of an earlier response")
        if match[5]:
            running = rising_numbers.parse(match[5], int(match[2]), MAX_RUNNING)
        else:
            running = tuple(int(xid) for xid in (match[4] or "").split("-")[1:])
        snapshot = cls(from_microseconds(int(match[1])), int(match[2]), int(match[3]), running)
        rising = sorted(set(running))
        within = not running or (running[0] >= snapshot.xmin and running[-1] < snapshot.xmax)
        ends_are_valid = snapshot.xmin & _SHORT_XID and snapshot.xmax & _SHORT_XID and snapshot.xmin <= snapshot.xmax
        if not (ends_are_valid and list(running) == rising and within and len(running) <= MAX_RUNNING):
            raise ValueError("is not the as_of of an earlier response")
        return snapshot

    @property
    def as_of(self) -> str:
        """The opaque text that a client receives and sends back."""
        text = "-".join(map(str, (microseconds(self.time), self.xmin, self.xmax)))
        return f"{text}.{rising_numbers.text(self.running, self.xmin)}" if self.running else text

    @property
    def pg_snapshot(self) -> str:
        """The text of PostgreSQL's type pg_snapshot."""
        return f"{self.xmin}:{self.xmax}:{','.join(map(str, self.running))}"

    @property
    def is_cut(self) -> bool:
        """Whether more can be seen than is in it, since it would list too many transactions."""
        return len(self.running) >= MAX_RUNNING

    def sees(self, xid: int) -> bool:
        """Whether what the transaction recorded is in it."""
        return xid < self.xmin or (xid < self.xmax and not self._lists(xid))

    def _lists(self, xid: int) -> bool:
        place = bisect_left(self.running, xid)
        return place < len(self.running) and self.running[place] == xid

    @property
    def later(self) -> Transactions:
        """Those that it does not see."""
        return Transactions(self.running, self.xmax, None)

    def beyond(self, other: "Snapshot") -> Transactions:
        """Those that it sees and `other` does not."""
        return Transactions(
            tuple(xid for xid in other.running if self.sees(xid)),
            other.xmax,
            max(other.xmax, self.xmax),
            tuple(xid for xid in self.running if xid >= other.xmax),
        )
