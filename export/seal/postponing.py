"""A seal that is due waits while recording catches up, for a limited time (decision 102).

Sealing reads each new entry twice, at full speed, and takes processor time from recording where they share processors. Usually
little arrives; but a backlog is drained as fast as the processors allow.
"""

import time
from collections.abc import Callable

import structlog

from export.seal.stop import StopSignals
from export.tables.database import Connection
from runtime.postgres import watched
from sql import query

log = structlog.get_logger()

BEHIND = query("export/behind")
POLL_SECONDS = 1.0
# A consumer that drains commits several times a second. One that has not for this long is down, or waits itself.
STILL_SECONDS = 5.0
# What is not sealed can be changed undetected, so no drain may put this off for longer. AuditSealingBehind fires later.
LIMIT_SECONDS = 600.0


class Postponing:
    """Lets a seal begin when recording does not catch up, or after LIMIT_SECONDS."""

    def __init__(
        self, stop: StopSignals, tell: Callable[[bool], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`tell` is told when a seal begins to wait, and when no longer."""
        self._stop = stop
        self._tell = tell
        self._clock = clock
        self._polled_once = False
        self._offsets: object = None
        self._moved_at = -STILL_SECONDS
        self._waited = 0.0  # also with sessions that were lost since: they must not start the limit again

    def wait(self, connection: Connection) -> None:
        """Returns when the seal that is due may begin; `connection` has no transaction open."""
        if not self._polled_once:
            self._polled_once = True
            if self._read_offsets(connection) is None:
                return
            self._stop.wait(POLL_SECONDS)  # a second reading says whether they move
            self._waited += POLL_SECONDS
        if self._catching_up(connection):
            log.info("seal_postponed", limit_seconds=LIMIT_SECONDS)
            self._tell(True)
            try:
                while self._waited < LIMIT_SECONDS and self._catching_up(connection):
                    self._stop.wait(POLL_SECONDS)
                    self._waited += POLL_SECONDS
            finally:
                self._tell(False)
            log.info("seal_no_longer_postponed", seconds=self._waited, limit_reached=self._waited >= LIMIT_SECONDS)
        self._waited = 0.0

    def _catching_up(self, connection: Connection) -> bool:
        """Whether partitions that are behind have moved just now; also since the last seal, however long ago that was."""
        before, offsets = self._offsets, self._read_offsets(connection)
        if offsets != before:
            self._moved_at = self._clock()
        return offsets is not None and self._clock() - self._moved_at < STILL_SECONDS

    def _read_offsets(self, connection: Connection) -> object:
        """The next offsets of the partitions that are behind; None if none is behind."""
        with watched(connection):  # it reads a row for each partition: an hour is for what is sorted
            row = connection.execute(BEHIND).fetchone()
        assert row is not None
        self._offsets = row[0]
        return self._offsets
