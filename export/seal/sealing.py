"""Makes one seal, in one transaction (section 8, 1 to 3)."""

import datetime as dt
import time
from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from itertools import islice

from export.format.encoding import encode_time, sha256_hex
from export.format.errors import tampered
from export.format.merkle import RootBuilder
from export.format.record import SealRecord, parse_record, record_leaf
from export.seal.accounts import compose
from export.seal.conditions import check_again, check_forward, check_table
from export.seal.folder import Folder, Pending
from export.seal.heads import KnownHeads
from export.seal.publishing import publish
from export.seal.reading import NOTHING, CheckedReading, Partition, SnapshotWindow, WindowReading
from export.seal.signer import Signer
from export.seal.state import Base, SealState
from export.seal.stop import StopSignals
from export.seal.writing import insert_changes, insert_seal
from export.tables.database import PREFER_INDEX, Connection, begin, roll_back
from sql import query

SNAPSHOT = query("export/snapshot")
MICROSECOND = dt.timedelta(microseconds=1)

Clock = Callable[[], dt.datetime]
"""The time of the sealer's own machine, aware."""


@dataclass(frozen=True, kw_only=True)
class Sealed:
    """A seal that was made: of how many new entries in how many workspaces, in what time, and what the next one continues."""

    record: SealRecord
    entries: int
    workspaces: int
    seconds: float
    state: SealState


@dataclass(frozen=True, kw_only=True)
class Sessions:
    """Two sessions of the sealer: `main` looks up, writes and commits; `stream` reads entries in the same snapshot."""

    main: Connection
    stream: Connection


class Sealing:
    """Makes seals in one folder, with one key."""

    def __init__(self, sessions: Sessions, folder: Folder, signer: Signer, stop: StopSignals, clock: Clock) -> None:
        self._main, self._stream = sessions.main, sessions.stream
        self._folder = folder
        self._signer = signer
        self._stop = stop
        self._clock = clock

    def make(self, state: SealState, pending: Pending | None = None) -> Sealed:
        """Makes the next seal and publishes it; with `pending`, exactly the one that was signed before a crash.

        Raises ExportError: TAMPERED or REWRITTEN, nothing was sealed. Raises a database error: the next start finds out
        whether it was committed.
        """
        began = time.monotonic()
        at = self._clock()  # before the snapshot: what was committed by then is sealed, however long the reading takes
        begin(self._main, read_only=False)
        try:
            base, signed, first = self._write(state, pending, at)
            # A crash leaves either no trace of the seal, or a signature, from which the next start completes the seal.
            with self._stop.shielded():
                if pending is None:
                    self._folder.write_pending(signed)
                self._main.execute("COMMIT")
                publish(self._folder, state.newest, signed)
        except BaseException:
            for connection in (self._main, self._stream):
                roll_back(connection)
            raise
        record = parse_record(signed.record)
        return Sealed(
            record=record,
            entries=first.entries.total(),
            workspaces=first.workspaces,
            seconds=time.monotonic() - began,
            state=SealState(log=_with(state.log, signed.record), newest=record, base=base),
        )

    def _write(
        self, state: SealState, pending: Pending | None, at: dt.datetime
    ) -> tuple[Base, Pending, CheckedReading]:
        """Reads twice, signs, and inserts all of it."""
        base = state.base
        now = self._snapshot(base, pending)
        check_table(self._main, state)
        window = SnapshotWindow(before=base.snapshot, now=now)
        first = CheckedReading(self._stream, KnownHeads(self._main, base.buckets, base.seal), base.buckets, window)
        second = WindowReading(self._stream, KnownHeads(self._main, base.buckets, base.seal), base.buckets, window)
        first.read()
        entries = base.entries + first.entries
        signed = pending or self._sign(state, at, now, first.root, entries)
        record = parse_record(signed.record)
        if pending is not None:
            check_again(signed, record, first.root, entries)
        if state.lost is not None:
            self._insert_lost(state, state.lost)
        insert_seal(self._main, record, signed)
        insert_changes(self._main, record.seal, second.changes())
        if second.root != first.root:
            raise tampered("two readings of what is new differ: is the server's memory or disk damaged?")
        self._stream.execute("ROLLBACK")
        after = Base(
            seal=record.seal, record=signed.record, accounts=signed.accounts, entries=entries, buckets=second.buckets
        )
        return after, signed, first

    def _snapshot(self, base: Base, pending: Pending | None) -> str:
        """What this seal covers; both sessions see it."""
        row = self._main.execute(SNAPSHOT).fetchone()
        assert row is not None
        now, exported = str(row[0]), str(row[1])
        begin(self._stream, read_only=True, snapshot=exported)
        if base.snapshot != NOTHING:
            self._stream.execute(PREFER_INDEX)
        check_forward(now, base.snapshot)
        if pending is None:
            return now
        again = parse_record(pending.record).snapshot
        check_forward(now, again)
        return again

    def _sign(self, state: SealState, at: dt.datetime, now: str, root: str, entries: Counter[Partition]) -> Pending:
        accounts = compose(self._main, entries)
        restored = state.newest.restored if state.newest else ()
        record = SealRecord(
            seal=state.log.size,
            time=_later(at, state.newest),
            complete_through=accounts.complete_through,
            map_root=root,
            accounts=sha256_hex(accounts.text.encode()),
            snapshot=now,
            restored=(*restored, state.lost) if state.lost else restored,
        ).encode()
        log = _with(state.log, record)
        checkpoint = self._signer.sign(log.size, log.root()).decode()
        return Pending(record=record, accounts=accounts.text, checkpoint=checkpoint)

    def _insert_lost(self, state: SealState, lost: tuple[int, int]) -> None:
        """Inserts the signed seals that the table lost: without their heads and days, which are gone, and only the last with its checkpoint."""
        first, after = lost
        newest = (self._folder.checkpoint() or b"").decode()
        for number, record in enumerate(islice(self._folder.records(), first, after), first):
            checkpoint = newest if number == after - 1 else ""
            insert_seal(
                self._main,
                parse_record(record),
                Pending(record=record, accounts=state.base.accounts, checkpoint=checkpoint),
            )


def _later(now: dt.datetime, newest: SealRecord | None) -> str:
    """The time of a seal: at least a microsecond after the one before, whatever the clock says."""
    time = encode_time(now)
    if newest is None or time > newest.time:
        return time
    return encode_time(dt.datetime.fromisoformat(newest.time) + MICROSECOND)


def _with(log: RootBuilder, record: str) -> RootBuilder:
    longer = deepcopy(log)
    longer.add(record_leaf(record))
    return longer
