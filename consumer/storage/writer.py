"""Writes one batch at a time in a thread of its own, so that the next one is decoded meanwhile.

An outage is waited out here, for as long as it lasts; the loop keeps polling and sees only that the writer is busy.
"""

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import TypeAlias

import structlog

from consumer.retries import OnRetry, Retry
from consumer.storage import store
from consumer.storage.batch import Batch, WriteResult
from runtime.postgres import Connection, ErrorKind, classify, watched
from runtime.reconnecting import Reconnecting
from runtime.threads import OnDeath, spawn

log = structlog.get_logger()

MIN_WAIT, MAX_WAIT = 0.1, 5.0
# After so many failures a batch of more than MIN_BATCH_RECORDS is requeued: its records are read again, in smaller
# batches. It may be too large to be written within a timeout, or before the connection breaks.
MAX_TRIES, MIN_BATCH_RECORDS = 5, 100


@dataclass(frozen=True, kw_only=True)
class Written:
    """The batch is in the tables."""

    batch: Batch
    result: WriteResult


@dataclass(frozen=True, kw_only=True)
class Fenced:
    """Nothing of the batch was written: another consumer, or an operator, has taken one of its partitions over."""

    batch: Batch


@dataclass(frozen=True, kw_only=True)
class Failed:
    """Nothing of the batch was written, because of an error that waiting does not fix."""

    batch: Batch
    error: BaseException


@dataclass(frozen=True, kw_only=True)
class Requeued:
    """Nothing of the batch is known to be written, and it is not tried again at this size."""

    batch: Batch


@dataclass(frozen=True, kw_only=True)
class Abandoned:
    """Nothing of the batch is known to be written: the program was stopped during an outage."""

    batch: Batch


BatchOutcome: TypeAlias = Written | Fenced | Failed | Requeued | Abandoned


class Writer:
    """Owns the connection that writes; `connect` makes a new one whenever the last is broken.

    `on_retry` is called, in the writer's thread, before a write is repeated.
    """

    def __init__(
        self, connect: Callable[[], Connection], stop: threading.Event, on_retry: OnRetry, on_death: OnDeath
    ) -> None:
        self._database = Reconnecting(connect, store.prepare)
        self._stop = stop
        self._on_retry = on_retry
        self._batch: Batch | None = None
        self._result: BatchOutcome | None = None
        self._work = threading.Semaphore(0)
        self._idle = threading.Event()
        self._idle.set()
        spawn("writer", self._serve, on_death)

    @property
    def batch(self) -> Batch | None:
        """The batch that is being written, or was and whose result has not been taken."""
        return self._batch

    def submit(self, batch: Batch) -> None:
        """Starts to write `batch`; the result of the previous one must have been taken."""
        assert self._batch is None
        self._batch = batch
        self._idle.clear()
        self._work.release()

    def wait(self, seconds: float) -> bool:
        """Waits until nothing is being written, at most `seconds`."""
        return self._idle.wait(seconds)

    def take(self) -> BatchOutcome | None:
        """The result of the last batch, once; None while it is being written or if there is none."""
        if not self._idle.is_set():
            return None
        result, self._result, self._batch = self._result, None, None
        return result

    def close(self) -> None:
        """Ends the connection; one that is in use ends with the process, as its thread does."""
        if self._idle.is_set():
            self._database.close()

    def _serve(self) -> None:
        while True:
            self._work.acquire()
            assert self._batch is not None
            try:
                self._result = self._write(self._batch)
            except BaseException as error:
                self._result = Failed(batch=self._batch, error=error)
            self._idle.set()

    def _write(self, batch: Batch) -> BatchOutcome:
        wait, in_doubt = MIN_WAIT, False
        for tries in count(1):
            try:
                connection = self._database.get()
                with watched(connection):
                    if in_doubt and store.written(connection, batch):
                        return Written(batch=batch, result=WriteResult())
                    in_doubt = True
                    return Written(batch=batch, result=store.write(connection, batch))
            except store.FencedError:
                return Fenced(batch=batch)
            except Exception as error:
                if classify(error) is not ErrorKind.UNAVAILABLE:
                    return Failed(batch=batch, error=error)
                self._database.close()
                log.warning("database_unavailable", error=str(error).strip(), records=batch.records, retry_seconds=wait)
                self._on_retry(Retry.WRITE)
            if self._stop.wait(wait * random.uniform(0.5, 1.0)):
                return Abandoned(batch=batch)
            if tries >= MAX_TRIES and batch.records > MIN_BATCH_RECORDS:
                return Requeued(batch=batch)
            wait = min(wait * 2, MAX_WAIT)
        raise AssertionError("count() has no end")
