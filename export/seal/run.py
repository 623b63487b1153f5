"""`audit-export seal`: seals until it is stopped, or once."""

import datetime as dt
from collections.abc import Callable
from contextlib import ExitStack

import structlog

from export.copies.copies import Copies
from export.copies.destination import CheckpointToCopy
from export.format.errors import malformed
from export.seal.folder import Folder
from export.seal.metrics import Metrics
from export.seal.postponing import Postponing
from export.seal.sealing import Sealed, Sealing, Sessions
from export.seal.signer import Signer
from export.seal.start import CHECKPOINT, Options, start
from export.seal.stop import StopSignals
from export.settings import SealSettings
from export.tables.database import Connection, DatabaseUnavailable, Error, refused, session
from sql import query

log = structlog.get_logger()

ROLE, APPLICATION = "audit_sealer", "audit-export seal"
LOCK = query("export/lock_sealer")
LOCK_NOT_AVAILABLE = "55P03"
FOLDER_SECONDS = 0.5
RETRY_SECONDS = 5.0


class Sealer:
    """Seals into one folder and one database, and has each checkpoint copied."""

    def __init__(self, settings: SealSettings, stop: StopSignals, metrics: Metrics, copies: Copies) -> None:
        """Raises ExportError: MALFORMED where the keys do not go together."""
        try:
            self._signer = Signer(settings.keys)
        except ValueError as error:
            raise malformed(f"AUDIT_SEAL_KEY: {error}") from None
        self._settings = settings
        self._stop = stop
        self._metrics = metrics
        self._copies = copies
        self._postponing = Postponing(stop, metrics.postponed.set)

    def once(self, options: Options) -> Sealed:
        """One seal, without waiting. ExportError if it cannot be made."""
        seals: list[Sealed] = []

        def keep(sealed: Sealed) -> bool:
            seals.append(sealed)
            return False

        with Folder(self._settings.folder) as folder:
            self._wait_for_folder(folder)
            self._with_database(folder, options, lambda _: None, keep)
            self._copies.once()
        return seals[0]

    def forever(self, options: Options) -> None:
        """Seals until Stopped, and waits while the database is unavailable. ExportError if a person is needed."""

        def pause(sealed: Sealed) -> bool:
            nonlocal options
            options = Options()  # what an operator allowed applies to one start only
            self._pause(sealed)
            return True

        with Folder(self._settings.folder) as folder:
            self._wait_for_folder(folder)
            self._copies.start()
            self._copy(folder)  # what an earlier process published, and perhaps did not copy
            while True:
                try:
                    self._with_database(folder, options, self._postponing.wait, pause)
                except DatabaseUnavailable as error:
                    if not error.passing:
                        raise
                    log.warning("database_unavailable", error=error.message)
                    self._metrics.unavailable.inc()
                self._stop.wait(RETRY_SECONDS)

    def _pause(self, sealed: Sealed) -> None:
        """Waits until the next seal is due."""
        self._metrics.sealed(sealed)
        log.info(
            "sealed",
            seal=sealed.record.seal,
            entries=sealed.entries,
            workspaces=sealed.workspaces,
            complete_through=sealed.record.complete_through,
            seconds=round(sealed.seconds, 3),
        )
        self._stop.wait(self._settings.every - sealed.seconds)

    def _copy(self, folder: Folder) -> None:
        """Queues the newest checkpoint for copying. UNTRUSTED if it is not ours."""
        if (note := folder.checkpoint()) is not None:
            signed = self._signer.own(note, CHECKPOINT)
            self._copies.add(CheckpointToCopy(origin=signed.origin, size=signed.size, data=note))

    def _wait_for_folder(self, folder: Folder) -> None:
        if folder.try_lock():
            return
        log.info("waiting_for_folder", folder=str(self._settings.folder))
        while not folder.try_lock():
            self._stop.wait(FOLDER_SECONDS)

    def _with_database(
        self, folder: Folder, options: Options, before: Callable[[Connection], None], after: Callable[[Sealed], bool]
    ) -> None:
        """Seals each time `before` returns, as long as `after` says so and the database is available."""
        url = self._settings.database_url.get_secret_value()
        try:
            with ExitStack() as stack:
                main = stack.enter_context(session(url, ROLE, APPLICATION))
                self._wait_for_lock(main)
                started = start(main, folder, self._signer, options)
                self._copy(folder)  # what was taken over, also after a crash
                if started.state.newest is not None:
                    self._metrics.continued(started.state.newest)
                if started.taken_over:
                    log.warning("taken_over", seals=started.taken_over)
                if started.superseded is not None:
                    log.warning(
                        "pending_superseded", seal=started.superseded.seal, checkpoint=started.superseded.checkpoint
                    )
                stream = stack.enter_context(session(url, ROLE, APPLICATION))
                state, pending = started.state, started.pending
                sealing = Sealing(Sessions(main=main, stream=stream), folder, self._signer, self._stop, _now)
                if pending is not None:  # what is new since is in the next one
                    state = sealing.make(state, pending).state
                    self._copy(folder)
                while True:
                    before(main)
                    sealed = sealing.make(state)
                    self._copy(folder)
                    if not after(sealed):
                        break
                    state = sealed.state
        except Error as error:
            raise refused(error) from None

    def _wait_for_lock(self, main: Connection) -> None:
        main.execute("SELECT set_config('lock_timeout', '1s', false)")
        waited = False
        while True:
            try:
                main.execute(LOCK)
                break
            except Error as error:
                if error.sqlstate != LOCK_NOT_AVAILABLE:
                    raise
            if not waited:
                log.info("waiting_for_other_sealer")
                waited = True
        main.execute("SELECT set_config('lock_timeout', '0', false)")


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
