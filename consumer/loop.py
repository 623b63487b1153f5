"""The shell: poll, run, store, and only then commit.

Law of this file: an offset is passed in memory only together with its outcome, in the database only together with its
rows, and in Kafka only after that. Whatever is dropped here is read again, because only the database says how far we are.
"""

import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple, assert_never

import structlog

from catalog.reasons import HaltCause
from consumer.event.decode import Decoder
from consumer.event.model import NeedsSchema, Parked, Partition, Poison, Record, Skipped
from consumer.event.pipeline import Pipeline
from consumer.isolated_worker import IsolatedWorker
from consumer.kafka.consumer import EndOfPartition, GroupConsumer, PartitionError, Polled, Rebalance
from consumer.observer import Observer
from consumer.partitions.assignment import Assignment, Key
from consumer.partitions.position import Position
from consumer.partitions.watermark import Watermark
from consumer.registry.fetcher import SchemaFetcher
from consumer.storage.batch import Batch
from consumer.storage.writer import (
    MIN_BATCH_RECORDS,
    Abandoned,
    BatchOutcome,
    Failed,
    Fenced,
    Requeued,
    Writer,
    Written,
)

log = structlog.get_logger()

# A batch is handed over as soon as the writer is free; these bound it while the writer is busy.
MAX_RECORDS = 20_000
MAX_BYTES = 16 * 1024 * 1024
# Few enough that what one poll brings still lies in the processor's cache when its headers are read.
POLL_RECORDS = 200
POLL_SECONDS = 0.02
# A write that takes longer is an outage: the partitions are stopped, and polling goes on so that we stay a member.
PATIENCE_SECONDS = 2.0
REVOKE_SECONDS = 10.0


class Parts(NamedTuple):
    """What a loop is made of; `group_consumer` makes the group member, given whom it shall tell of rebalances."""

    group_consumer: Callable[[Rebalance], GroupConsumer]
    assignment: Assignment
    writer: Writer
    watermark: Watermark
    decoder: Decoder
    schema_fetcher: SchemaFetcher | None
    stop: threading.Event


class Loop:
    """One consumer, from joining the group to leaving it."""

    def __init__(self, parts: Parts, *, until_end: bool, observer: Observer) -> None:
        self._assignment = parts.assignment
        self._writer = parts.writer
        self._watermark = parts.watermark
        self._decoder = parts.decoder
        self._schema_fetcher = parts.schema_fetcher
        self._pipeline = Pipeline(parts.decoder)
        self._isolated_worker = IsolatedWorker()
        self._stop = parts.stop
        self._until_end = until_end
        self._observer = observer
        self._batch = Batch()
        self._limit = MAX_RECORDS
        self._sights: dict[Partition, tuple[datetime, int]] = {}
        # Started anew while the records of one poll are taken: the rest of what that poll brought is of before.
        self._restarted: set[Partition] = set()
        self._joined = False
        self._paused = False
        self._busy_since = 0.0
        self._consumer = parts.group_consumer(Rebalance(self._assigned, self._revoked, self._lost))

    def run(self) -> bool:
        """Consumes until told to stop or, with `until_end`, until the ends are reached. False if a partition stands."""
        try:
            while not self._stop.is_set() and not (self._until_end and self._arrived()):
                self._observer.on_loop(self._assignment.halted)
                self._claim()
                self._poll()
                self._settle()
                self._apply_end_offsets()
                self._learn()
                self._hand_over()
            self._drain()
        finally:
            self._isolated_worker.close()
            self._watermark.close()
        clean = not self._assignment.halted
        self._assignment.close()
        self._consumer.close()
        self._writer.close()
        return clean

    # --- what the group says; called inside poll

    def _assigned(self, keys: list[Key]) -> None:
        self._joined = True
        self._assignment.unclaimed.update(keys)
        self._observer.on_assigned(keys)
        log.info("partitions_assigned", partitions=len(keys))

    def _revoked(self, keys: list[Key]) -> None:
        if self._writer.wait(REVOKE_SECONDS):  # what is being written is still ours to write
            self._settle()
        self._assignment.release(self._give_up(keys))
        self._observer.on_revoked(keys)
        log.info("partitions_revoked", partitions=len(keys))

    def _lost(self, keys: list[Key]) -> None:
        self._give_up(keys)
        self._observer.on_lost(keys)
        log.warning("partitions_lost", partitions=len(keys))

    def _give_up(self, keys: list[Key]) -> list[Position]:
        positions = self._assignment.remove(keys)
        self._batch.drop([p for p in self._batch.ranges if (p.topic, p.number) in set(keys)])
        return positions

    # --- in

    def _claim(self) -> None:
        writing = self._writer.batch
        unwritten = {*self._batch.ranges, *(writing.ranges if writing else ())}
        self._assignment.recheck(unwritten)
        if not self._assignment.unclaimed:
            return
        claimed = self._assignment.take(unwritten)
        if claimed:  # an operator who has mended the registry and resumed expects it to be asked again
            self._decoder.forget_absent()
            self._isolated_worker.forget_absent()
        for position in claimed:
            self._observer.on_claimed(position)
            self._start(position)
        self._watermark.follow(self._assignment.active)

    def _start(self, position: Position) -> None:
        position.started()
        if not self._paused:
            self._consumer.start(position.partition, position.next)

    def _poll(self) -> None:
        room = 0 if self._batch.bytes >= MAX_BYTES else self._limit - self._batch.records
        if room > 0 or self._paused:
            polled = self._consumer.poll(max(min(room, POLL_RECORDS), 1), POLL_SECONDS)
        elif self._writer.wait(POLL_SECONDS):
            return
        else:
            polled = self._pause_if_slow()
        self._restarted.clear()
        self._take(polled.records)
        self._reach(polled.ends)
        self._handle_errors(polled.errors)

    def _pause_if_slow(self) -> Polled:
        if time.monotonic() - self._busy_since > PATIENCE_SECONDS and not self._paused:
            self._paused = True
            self._consumer.stop(list(self._assignment.active))
        return Polled([], [], [])

    def _take(self, items: list[Record | Skipped]) -> None:
        batch, active, run = self._batch, self._assignment.active, self._pipeline.run
        for record in items:
            position = active.get(record.partition)
            if position is None:
                continue
            if isinstance(record, Skipped):
                self._skip(position, record)
                continue
            offset = record.offset
            if offset != position.next:
                if not self._pass_hole(position, offset):
                    continue
            elif not position.proven:
                position.in_sequence()
            outcome = self._isolated_worker.run(record) if offset < position.suspect_until else run(record)
            if isinstance(outcome, NeedsSchema):
                self._await_schema(position, outcome.schema_id)
                continue
            batch.add(batch.range_of(position.partition, position.next, position.epoch), record, outcome)
            position.next = offset + 1
            if isinstance(outcome, Parked) and (reason := position.breaker.parked(position.delivered(offset))):
                self._halt(position, HaltCause.BREAKER, reason)

    def _skip(self, position: Position, run: Skipped) -> None:
        """Passes a run of ignored records, or the part of it that is not behind us."""
        first = max(run.first, position.next)
        if first >= run.after or (first > position.next and not self._pass_hole(position, first)):
            return
        position.in_sequence()
        self._batch.skip(self._batch.range_of(position.partition, first, position.epoch), run.after)
        position.next = run.after

    def _pass_hole(self, position: Position, offset: int) -> bool:
        """Counts what the broker does not deliver before `offset`; False where `offset` is not to be read now."""
        if offset < position.next or position.partition in self._restarted:
            return False
        hole = position.hole(offset)
        if hole is None:
            self._start(position)
            self._restarted.add(position.partition)
            return False
        offsets = self._batch.range_of(position.partition, position.next, position.epoch)
        offsets.undelivered += hole
        offsets.next = offset
        position.skip_to(offset)
        return True

    def _reach(self, ends: list[EndOfPartition]) -> None:
        for partition, offset in ends:
            position = self._assignment.active.get(partition)
            if position is not None and offset > position.next:
                self._pass_hole(position, offset)

    def _handle_errors(self, errors: list[PartitionError]) -> None:
        for partition, cause, detail in errors:
            position = self._assignment.active.get(partition)
            log.error("partition_error", topic=partition.topic, partition=partition.number, detail=detail)
            if position is None:
                continue
            if cause is not None:
                self._halt(position, cause, detail)
            else:  # the claim finds out what is gone
                self._consumer.stop([partition])
                self._assignment.forget(partition)

    def _halt(self, position: Position, cause: HaltCause, detail: str) -> None:
        """Stops a partition; that it stands is written together with what came before."""
        self._batch.range_of(position.partition, position.next, position.epoch).halt = (cause, detail)
        self._consumer.stop([position.partition])
        self._assignment.halt(position.partition, cause, detail)

    # --- schemas that the registry has to tell

    def _await_schema(self, position: Position, schema_id: int) -> None:
        if self._schema_fetcher is None:
            detail = f"offset {position.next} is in Confluent framing (schema id {schema_id})"
            self._halt(position, HaltCause.REGISTRY_UNSET, detail)
            return
        self._consumer.stop([position.partition])
        self._assignment.awaiting_schema[position.partition] = (
            self._assignment.active.pop(position.partition),
            schema_id,
        )
        self._schema_fetcher.ask(schema_id)

    def _learn(self) -> None:
        for schema_id, schema in self._schema_fetcher.answers() if self._schema_fetcher else ():
            if isinstance(schema, Poison):
                self._decoder.learn_unknown(schema_id, schema)
            else:
                self._decoder.learn(schema_id, schema)
            self._isolated_worker.learn(schema_id, schema)
            for partition, (position, awaited) in list(self._assignment.awaiting_schema.items()):
                if awaited == schema_id:
                    del self._assignment.awaiting_schema[partition]
                    self._assignment.active[partition] = position
                    self._start(position)

    # --- out

    def _hand_over(self) -> None:
        if self._batch.ranges and self._writer.batch is None:
            self._observer.on_submitted()
            self._writer.submit(self._batch)
            self._busy_since = time.monotonic()
            self._batch = Batch()

    def _settle(self) -> BatchOutcome | None:
        """Takes the writer's result, if there is one."""
        result = self._writer.take()
        match result:
            case Written(batch, _):
                self._consumer.commit_async({p: a.next for p, a in batch.ranges.items()})
                self._limit = min(self._limit * 2, MAX_RECORDS)
                self._observer.on_written(result)
            case Fenced():
                self._observer.on_fenced()
                self._rejoin()
            case Requeued():
                self._requeue()
            case Failed(_, error):
                raise error
            case Abandoned() | None:
                pass
            case _:
                assert_never(result)
        if result is not None and self._paused:
            self._paused = False
            for position in self._assignment.active.values():
                self._start(position)
        return result

    def _rejoin(self) -> None:
        """Another consumer or an operator took a partition over: forget all, and let the group say what is ours."""
        log.warning("fenced", hint="a partition was taken over, or an operator moved it; joining the group anew")
        self._forget_all()
        self._assignment.unclaimed.clear()
        self._consumer.rejoin()

    def _requeue(self) -> None:
        """The database does not take batches of this size now: claim everything anew, and read less at a time."""
        self._limit = max(self._limit // 2, MIN_BATCH_RECORDS)
        log.warning("batch_requeued", next_limit=self._limit, hint="its records are read again, in smaller batches")
        self._forget_all()

    def _forget_all(self) -> None:
        partitions = [*self._assignment.active, *self._assignment.awaiting_schema]
        self._consumer.stop(partitions)
        self._batch = Batch()
        for partition in partitions:
            self._assignment.forget(partition)

    def _apply_end_offsets(self) -> None:
        """Draws from Kafka's ends how complete the tables are, and sees when a topic has been made anew."""
        sight = self._watermark.take()
        if sight is None:
            return
        for partition, position in list(self._assignment.active.items()):
            if sight.ids.get(partition.topic) != partition.topic_id:
                log.error("topic_replaced", topic=partition.topic, partition=partition.number)
                self._consumer.stop([partition])
                self._assignment.forget(partition)
            elif partition in sight.ends:
                at, end = self._sights.setdefault(partition, (sight.at, sight.ends[partition]))
                if position.next >= end:
                    self._batch.range_of(partition, position.next, position.epoch).complete_through = at
                    del self._sights[partition]

    def _arrived(self) -> bool:
        assignment = self._assignment
        idle = not (assignment.unclaimed or assignment.awaiting_schema or self._batch.ranges or self._writer.batch)
        return self._joined and idle and all(c.next >= (c.end or 0) for c in assignment.active.values())

    def _drain(self) -> None:
        """Writes what was taken in, unless the database is away: then it is read again, nothing is lost."""
        while self._writer.batch or self._batch.ranges:
            self._writer.wait(REVOKE_SECONDS)
            if isinstance(self._settle(), Abandoned):
                log.warning("drain_abandoned", hint="the database is away; what was not written is read again")
                return
            self._hand_over()
