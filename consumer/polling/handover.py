"""Passes batches to the writer, and acts on the result: commit the offsets to Kafka (for lag tools), rejoin the group, or read the records again."""

from typing import assert_never

import structlog

from consumer.kafka.consumer import GroupConsumer
from consumer.partitions.assignment import Assignment
from consumer.polling.backpressure import Backpressure
from consumer.polling.intake import Intake
from consumer.polling.observer import Observer
from consumer.retries import Retry
from consumer.storage.writer import Abandoned, BatchOutcome, Failed, Fenced, Requeued, Writer, Written

log = structlog.get_logger()

DRAIN_SECONDS = 10.0


class HandOver:
    """The loop's side of the writer; an offset is committed to Kafka only after the database has it."""

    def __init__(
        self,
        consumer: GroupConsumer,
        assignment: Assignment,
        backpressure: Backpressure,
        intake: Intake,
        writer: Writer,
        observer: Observer,
    ) -> None:
        self._consumer = consumer
        self._assignment = assignment
        self._backpressure = backpressure
        self._intake = intake
        self._writer = writer
        self._observer = observer

    def idle(self) -> bool:
        """Whether no batch is being filled, and none is being written."""
        return not (self._intake.batch.ranges or self._writer.batch)

    def hand_over(self) -> None:
        """Gives the batch to the writer, if it is due and the writer is free."""
        if self._writer.batch is None and self._backpressure.due(self._intake.batch):
            self._submit()

    def settle(self) -> BatchOutcome | None:
        """Takes the writer's result, if there is one."""
        outcome = self._writer.take()
        match outcome:
            case None:
                return None
            case Written(batch=batch):
                self._consumer.commit_async({p: offsets.next for p, offsets in batch.ranges.items()})
                self._backpressure.grow()
                self._observer.on_written(outcome)
            case Fenced():
                self._observer.on_fenced()
                self._rejoin()
            case Requeued():
                self._requeue()
            case Failed(error=error):
                raise error
            case Abandoned():
                pass
            case _:
                assert_never(outcome)
        self._backpressure.resume()
        return outcome

    def _rejoin(self) -> None:
        """Another consumer or an operator took a partition over: drops everything unwritten and rejoins the group."""
        log.warning("fenced", hint="a partition was taken over, or an operator moved it; joining the group again")
        self._unclaim_all()
        self._assignment.unclaimed.clear()
        self._consumer.rejoin()

    def _requeue(self) -> None:
        """The database fails on batches of this size: claims all partitions again, with smaller batches."""
        limit = self._backpressure.shrink()
        log.warning("batch_requeued", next_limit=limit, hint="its records are read again, in smaller batches")
        self._observer.on_retry(Retry.BATCH)
        self._unclaim_all()

    def _unclaim_all(self) -> None:
        partitions = [*self._assignment.active, *self._assignment.awaiting_schema]
        self._consumer.stop(partitions)
        self._intake.detach()
        for partition in partitions:
            self._assignment.unclaim(partition)

    def drain(self) -> bool:
        """Writes the unfinished batch; False if the database is unavailable: then its records are read again."""
        while self._writer.batch or self._intake.batch.ranges:
            self._writer.wait(DRAIN_SECONDS)
            if isinstance(self.settle(), Abandoned):
                log.warning("drain_abandoned", hint="the database is unavailable; what was not written is read again")
                return False
            if self._writer.batch is None and self._intake.batch.ranges:
                self._submit()
        return True

    def _submit(self) -> None:
        self._observer.on_submitted()
        self._writer.submit(self._intake.detach())
        self._backpressure.submitted()
