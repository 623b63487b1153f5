"""What a transaction sees of the database, on a primary and on a standby (decision 72)."""

import threading
from collections import deque
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

MAX_SAID, SAID_SECONDS = 600, 0.5  # what a standby said of completeness: so many, and so far apart


class TransactionView(NamedTuple):
    """What a transaction sees: when it began, of which entries it knows (a pg_snapshot), how complete the tables are.

    `server`: what is remembered of one server and database says nothing of another (session.sql). `xmax`: no transaction
    from it on can be seen, also on a standby, where `snapshot` may end before.
    """

    time: datetime
    snapshot: str
    complete_through: datetime | None
    server: str = ""
    is_standby: bool = False
    xmax: int = 0

    @classmethod
    def from_row(cls, row: Sequence[Any]) -> "TransactionView":
        """From the row of session.sql."""
        is_standby, _, time, snapshot, complete_through, server, xmax = row
        return cls(time, snapshot, complete_through, server, is_standby, xmax)


class Completeness:
    """How complete what a standby shows is: only what was settled with it may be said of it. Safe to use from many threads.

    The tables may say that everything is recorded through a time while a part of that is not settled yet, and so is not
    shown. What they said earlier holds once all that they knew by then, what was below their `xmax`, is settled.
    """

    def __init__(self) -> None:
        self._said: deque[TransactionView] = deque(maxlen=MAX_SAID)
        self._lock = threading.Lock()

    def settled(self, view: TransactionView) -> TransactionView:
        """The view, on a standby with the `complete_through` that holds for its snapshot; None where none is known."""
        if not view.is_standby or view.complete_through is None:
            return view
        horizon = int(view.snapshot.partition(":")[0])
        with self._lock:
            if not self._said or (view.time - self._said[-1].time).total_seconds() >= SAID_SECONDS:
                self._said.append(view)
            holding = [said for said in (*self._said, view) if said.server == view.server and said.xmax <= horizon]
        return view._replace(complete_through=holding[-1].complete_through if holding else None)
