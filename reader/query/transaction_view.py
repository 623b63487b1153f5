"""What a transaction sees of the database, on a primary and on a standby (decision 72)."""

import threading
from collections import deque
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from reader.query.snapshot import Snapshot

MAX_SAID, SAID_SECONDS = 600, 0.5  # remembered values of complete_through: how many, and how far apart


class TransactionView(NamedTuple):
    """What a transaction sees: when it began, of which entries it knows (a pg_snapshot), how complete the tables are.

    `server`: caches of one server and database are not valid for another (session.sql). `xmax`: no transaction from it on is
    visible; `snapshot` may end earlier (`is_partial`). `sealed_through`: the time of the newest seal. `cell`: which one the database is.
    """

    time: datetime
    snapshot: str
    complete_through: datetime | None
    server: str = ""
    is_standby: bool = False
    xmax: int = 0
    sealed_through: datetime | None = None
    cell: str = "1/1"

    @classmethod
    def from_row(cls, row: Sequence[Any]) -> "TransactionView":
        """From the row of session.sql."""
        is_standby, _, time, snapshot, complete_through, server, xmax, sealed_through, cell = row
        return cls(time, snapshot, complete_through, server, is_standby, xmax, sealed_through, cell)

    @property
    def visible(self) -> Snapshot:
        """The entries that the transaction sees, as a point in the order of recording."""
        return Snapshot.from_postgres(self.time, self.snapshot)

    @property
    def is_partial(self) -> bool:
        """Whether more can be seen than `visible` has: on a standby, and where too many transactions are open."""
        return self.is_standby or self.visible.is_cut


class StandbyCompleteness:
    """The `complete_through` that may be shown of a partial view. Safe to use from many threads.

    A standby shows only entries below its xmin (settled), but `complete_through` may cover entries above it. An earlier
    value can be shown once all transactions below the `xmax` that was read with it are shown.
    """

    def __init__(self) -> None:
        self._said: deque[TransactionView] = deque(maxlen=MAX_SAID)
        self._lock = threading.Lock()

    def settled(self, view: TransactionView) -> TransactionView:
        """The view, a partial one with the `complete_through` that holds for its snapshot; None where none is known."""
        if view.complete_through is None:
            return view
        with self._lock:  # any view is remembered: on a primary the next one may be partial
            if not self._said or (view.time - self._said[-1].time).total_seconds() >= SAID_SECONDS:
                self._said.append(view._replace(snapshot=""))
            if not view.is_partial:
                return view
            xmax = view.visible.xmax
            holding = [said for said in (*self._said, view) if said.server == view.server and said.xmax <= xmax]
        return view._replace(complete_through=holding[-1].complete_through if holding else None)
