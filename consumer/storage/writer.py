"""Writes one batch at a time in a thread of its own, so that the next one is decoded meanwhile.

An outage is waited out here, for as long as it lasts; the loop keeps polling and sees only that the writer is busy.
"""

import random
import threading
from collections.abc import Callable
from itertools import count
from typing import NamedTuple, TypeAlias

import structlog

from consumer.storage import store
from consumer.storage.batch import Batch, WriteResult
from runtime.postgres import Connection, Fault, classify, watched

log = structlog.get_logger()

MIN_WAIT, MAX_WAIT = 0.1, 5.0
# After so many failures a batch of more than a few records is given back, to be read again in smaller ones: it may be
# too large for what the database can take within a timeout, or within the life of a connection.
MAX_TRIES, MIN_BATCH_RECORDS = 5, 100


class Written(NamedTuple):
    """The batch is in the tables."""

    batch: Batch
    result: WriteResult


class Fenced(NamedTuple):
    """Nothing of the batch was written: another consumer, or an operator, has taken one of its partitions over."""

    batch: Batch


class Failed(NamedTuple):
    """Nothing of the batch was written, because of an error that waiting does not cure."""

    batch: Batch
    error: BaseException


class Requeued(NamedTuple):
    """Nothing of the batch is known to be written, and it shall not be tried again at this size."""

    batch: Batch


class Abandoned(NamedTuple):
    """Nothing of the batch is known to be written: the program was told to stop during an outage."""

    batch: Batch


BatchOutcome: TypeAlias = Written | Fenced | Failed | Requeued | Abandoned


class Writer:
    """Owns the connection that writes; `connect` makes a new one whenever the last is broken."""

    def __init__(self, connect: Callable[[], Connection], stop: threading.Event) -> None:
        self._connect = connect
        self._stop = stop
        self._connection: Connection | None = None
        self._batch: Batch | None = None
        self._result: BatchOutcome | None = None
        self._work = threading.Semaphore(0)
        self._done = threading.Event()
        self._done.set()
        threading.Thread(target=self._serve, name="writer", daemon=True).start()

    @property
    def batch(self) -> Batch | None:
        """The batch that is being written, or was and whose result has not been taken."""
        return self._batch

    def submit(self, batch: Batch) -> None:
        """Hands over `batch`; the result of the one before must have been taken."""
        assert self._batch is None
        self._batch = batch
        self._done.clear()
        self._work.release()

    def wait(self, seconds: float) -> bool:
        """Waits until nothing is being written, at most `seconds`."""
        return self._done.wait(seconds)

    def take(self) -> BatchOutcome | None:
        """The result of the batch handed over, once; None while it is being written or where there is none."""
        if not self._done.is_set():
            return None
        result, self._result, self._batch = self._result, None, None
        return result

    def close(self) -> None:
        """Ends the connection; the writer must be idle."""
        if self._connection is not None:
            self._connection.close()

    def _serve(self) -> None:
        while True:
            self._work.acquire()
            assert self._batch is not None
            try:
                self._result = self._write(self._batch)
            except BaseException as error:
                self._result = Failed(self._batch, error)
            self._done.set()

    def _write(self, batch: Batch) -> BatchOutcome:
        wait, in_doubt = MIN_WAIT, False
        for tries in count(1):
            try:
                connection = self._connected()
                with watched(connection):
                    if in_doubt and store.written(connection, batch):
                        return Written(batch, WriteResult())
                    in_doubt = True
                    return Written(batch, store.write(connection, batch))
            except store.FencedError:
                return Fenced(batch)
            except Exception as error:
                if classify(error) is not Fault.AWAY:
                    return Failed(batch, error)
                self._disconnect()
                log.warning("database_unavailable", error=str(error).strip(), records=batch.records, retry_seconds=wait)
            if self._stop.wait(wait * random.uniform(0.5, 1.0)):
                return Abandoned(batch)
            if tries >= MAX_TRIES and batch.records > MIN_BATCH_RECORDS:
                return Requeued(batch)
            wait = min(wait * 2, MAX_WAIT)
        raise AssertionError("count() has no end")

    def _connected(self) -> Connection:
        if self._connection is None or self._connection.closed:
            self._connection = self._connect()
            store.prepare(self._connection)
        return self._connection

    def _disconnect(self) -> None:
        # A server that went read-only, or that failed over, answers as before; only a new connection finds the new one.
        if self._connection is not None:
            self._connection.close()
            self._connection = None
