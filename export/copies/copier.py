"""The queue of one destination. A destination that fails or blocks does not delay sealing."""

import threading
import time
from collections import deque
from dataclasses import dataclass

import structlog

from export.copies.destination import CheckpointToCopy, Destination, NotCopied
from export.copies.memory import LastCopy, Memory

log = structlog.get_logger()

RETRY_SECONDS = 10.0
# After a longer outage only the newest are copied: each signs all seals before it.
MAX_WAITING = 100


@dataclass(frozen=True, kw_only=True)
class CopierState:
    """The state of a destination: what it has, how many seals no copy covers yet, and how often copying failed."""

    destination: str
    copied: LastCopy
    waiting: int
    failures: int


class Copier:
    """Copies checkpoints to one destination in their order, and retries. `add` and `run` are called in two threads."""

    def __init__(self, destination: Destination, memory: Memory) -> None:
        self._destination = destination
        self._memory = memory
        self._copied = memory.read(destination.name)
        self._newest = self._copied.size
        self._failures = 0
        self._queue: deque[CheckpointToCopy] = deque(maxlen=MAX_WAITING)
        self._changed = threading.Condition()

    @property
    def name(self) -> str:
        """The name of its destination: `kafka`, `directory` or `command`."""
        return self._destination.name

    def add(self, checkpoint: CheckpointToCopy) -> None:
        """Queues a newer checkpoint, unless the destination has it already."""
        with self._changed:
            self._newest = checkpoint.size
            if checkpoint.size != self._copied.size and (not self._queue or self._queue[-1].size != checkpoint.size):
                self._queue.append(checkpoint)
                self._changed.notify_all()

    def state(self) -> CopierState:
        """What the metrics show: what the destination has, how many seals wait for it, and how many copies failed."""
        with self._changed:
            waiting = max(0, self._newest - self._copied.size)
            return CopierState(destination=self.name, copied=self._copied, waiting=waiting, failures=self._failures)

    def run(self) -> None:
        """Copies until it is stopped."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._queue)
            if not self._copy_next():
                time.sleep(RETRY_SECONDS)

    def once(self) -> None:
        """Copies what is queued, until the destination fails."""
        while self._queue and self._copy_next():
            pass

    def settle(self, seconds: float) -> None:
        """Waits until the queue is empty, at most this long."""
        with self._changed:
            self._changed.wait_for(lambda: not self._queue, seconds)

    def _copy_next(self) -> bool:
        """Copies the first of the queue; False if that failed."""
        checkpoint = self._queue[0]
        try:
            self._destination.copy(checkpoint)
        except NotCopied as error:
            with self._changed:
                self._failures += 1
            log.warning("checkpoint_not_copied", place=self.name, size=checkpoint.size, error=str(error))
            return False
        copied = LastCopy(size=checkpoint.size, at=time.time())
        with self._changed:
            self._copied = copied
            if self._queue[0] is checkpoint:  # unless newer ones have displaced it meanwhile
                self._queue.popleft()
            self._changed.notify_all()
        log.info("checkpoint_copied", place=self.name, size=checkpoint.size)
        try:
            self._memory.write(self.name, copied)
        except OSError as error:
            log.warning("copy_not_remembered", place=self.name, error=str(error))
        return True
