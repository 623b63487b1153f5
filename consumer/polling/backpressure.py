"""How much may be read while the writer is busy, when a batch is written, and when reading stops because a write takes long.

A write that takes longer than SLOW_WRITE_SECONDS is treated as an outage: reading is paused, that is, all partitions are
stopped (not by librdkafka's `pause`, decision 2), and the loop goes on polling, so that the consumer stays a member of its group.
"""

import time

from consumer.kafka.consumer import GroupConsumer
from consumer.partitions.assignment import Assignment
from consumer.partitions.position import Position
from consumer.storage.batch import Batch
from consumer.storage.writer import MIN_BATCH_RECORDS

# A batch with rows goes to the writer as soon as that is free; these bound it while the writer is busy.
MAX_RECORDS = 20_000
MAX_BYTES = 24 * 1024 * 1024  # that a waiting batch takes; MAX_RECORDS usual records take about as much
# One without rows only advances the progress, for which nobody waits; a transaction for every few hundred ignored records
# would cost more than reading them.
WITHOUT_ROWS_SECONDS = 0.05
SLOW_WRITE_SECONDS = 2.0


class Backpressure:
    """The bound of the next batch, and whether reading is paused; used by the loop's thread only."""

    def __init__(self, consumer: GroupConsumer, assignment: Assignment) -> None:
        self.paused = False
        self._consumer = consumer
        self._assignment = assignment
        self._limit = MAX_RECORDS
        self._submitted_at = 0.0

    def room(self, batch: Batch) -> int:
        """How many more records fit into `batch`; zero or less if it is full."""
        return 0 if batch.bytes >= MAX_BYTES else self._limit - batch.records

    def due(self, batch: Batch) -> bool:
        """Whether `batch` is to be written now, if the writer is free."""
        if batch.recorded or batch.parked or self.room(batch) <= 0:
            return True
        return bool(batch.ranges) and time.monotonic() - self._submitted_at >= WITHOUT_ROWS_SECONDS

    def start(self, position: Position) -> None:
        """Reads a partition from `position.next` on, once reading is not paused."""
        position.started()
        if not self.paused:
            self._consumer.start(position.partition, position.next)

    def submitted(self) -> None:
        """A batch has gone to the writer."""
        self._submitted_at = time.monotonic()

    def pause_if_slow(self) -> None:
        """Stops all partitions, if the writer has had its batch for longer than SLOW_WRITE_SECONDS."""
        if not self.paused and time.monotonic() - self._submitted_at > SLOW_WRITE_SECONDS:
            self.paused = True
            self._consumer.stop(list(self._assignment.active))

    def resume(self) -> None:
        """The writer is free again: starts what was stopped."""
        if self.paused:
            self.paused = False
            for position in self._assignment.active.values():
                self.start(position)

    def grow(self) -> None:
        """A batch was written: the next one may be larger, up to MAX_RECORDS."""
        self._limit = min(self._limit * 2, MAX_RECORDS)

    def shrink(self) -> int:
        """A batch was requeued: the next one may have half as many records; gives that number."""
        self._limit = max(self._limit // 2, MIN_BATCH_RECORDS)
        return self._limit
