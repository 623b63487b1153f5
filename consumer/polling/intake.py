"""Processes the records of a poll one by one: each gets its outcome and goes into the batch, or its partition is stopped.

Invariant: an offset is passed only together with its outcome. An offset that Kafka does not deliver is a hole, and is
counted only once the broker has shown it (`partitions.position`).
"""

import structlog

from catalog.reasons import HaltCause
from consumer.event.model import NeedsSchema, Parked, Partition, Record, Skipped, Unreadable
from consumer.kafka.consumer import GroupConsumer
from consumer.kafka.polled import EndOfPartition, PartitionError, Polled
from consumer.partitions.assignment import Assignment, Key
from consumer.partitions.position import Position
from consumer.polling.backpressure import Backpressure
from consumer.polling.schema_source import SchemaSource
from consumer.polling.schema_wait import SchemaWait
from consumer.polling.unreadable import UnreadableRecords
from consumer.storage.batch import Batch

log = structlog.get_logger()


class Intake:
    """Builds the batch that goes to the writer next."""

    def __init__(
        self,
        consumer: GroupConsumer,
        assignment: Assignment,
        backpressure: Backpressure,
        source: SchemaSource,
        schema_wait: SchemaWait,
    ) -> None:
        self.batch = Batch()
        self._consumer = consumer
        self._assignment = assignment
        self._backpressure = backpressure
        self._source = source
        self._schema_wait = schema_wait
        self._unreadable = UnreadableRecords(consumer.read_headers)
        # Partitions restarted while the records of one poll are processed: what is left of them in this poll is outdated.
        self._restarted: set[Partition] = set()

    def take(self, polled: Polled) -> None:
        """Processes what one poll returned."""
        self._restarted.clear()
        self._take_records(polled.records)
        self._take_ends(polled.ends)
        self._take_errors(polled.errors)

    def detach(self) -> Batch:
        """The batch so far; the next one begins empty."""
        batch, self.batch = self.batch, Batch()
        return batch

    def drop(self, keys: list[Key]) -> None:
        """Takes the outcomes of these partitions out of the batch; their records are read again by their next owner."""
        gone = set(keys)
        self.batch.drop([p for p in self.batch.ranges if (p.topic, p.number) in gone])

    def _take_records(self, items: list[Record | Skipped | Unreadable]) -> None:
        batch, active, source = self.batch, self._assignment.active, self._source
        run, make_row = source.pipeline.run, source.fast_path.row
        for record in items:
            position = active.get(record.partition)
            if position is None:
                continue
            if not isinstance(record, Record):
                self._take_other(position, record)
                continue
            offset = record.offset
            if offset != position.next:
                if not self._pass_hole(position, offset):
                    continue
            elif not position.proven:
                position.in_sequence()
            suspect = offset < position.suspect_until
            row = None if suspect else make_row(record, len(batch.recorded))
            if row is not None:
                batch.add_row(batch.range_of(position.partition, offset, position.epoch), offset, row)
                position.next = offset + 1
                continue
            outcome = source.run_isolated(record) if suspect else run(record)
            if isinstance(outcome, NeedsSchema):
                self._await_schema(position, outcome.schema_id)
                continue
            batch.add(batch.range_of(position.partition, position.next, position.epoch), record, outcome)
            position.next = offset + 1
            if isinstance(outcome, Parked):
                self._count_parked(position, offset)

    def _take_other(self, position: Position, item: Skipped | Unreadable) -> None:
        if isinstance(item, Skipped):
            self._skip(position, item)
            return
        offset = item.record.offset
        if offset != position.next and not self._pass_hole(position, offset):
            return
        position.in_sequence()
        if (parked := self._unreadable.park(item)) is None:
            self._read_again(position)
            return
        self.batch.add(self.batch.range_of(position.partition, offset, position.epoch), *parked)
        position.next = offset + 1
        self._count_parked(position, offset)

    def _count_parked(self, position: Position, offset: int) -> None:
        if (reason := position.breaker.parked(position.record_number(offset))) is not None:
            self._halt(position, HaltCause.BREAKER, reason)

    def _skip(self, position: Position, run: Skipped) -> None:
        """Passes a run of ignored records, or the part of it that was not passed before."""
        first = max(run.first, position.next)
        if first >= run.after or (first > position.next and not self._pass_hole(position, first)):
            return
        position.in_sequence()
        self.batch.skip(self.batch.range_of(position.partition, first, position.epoch), run.after, run.reason)
        position.next = run.after

    def _pass_hole(self, position: Position, offset: int) -> bool:
        """Counts what the broker does not deliver before `offset`; False if the record at `offset` is not to be taken from this poll."""
        if offset < position.next or position.partition in self._restarted:
            return False
        hole = position.hole(offset)
        if hole is None:
            self._backpressure.start(position)
            self._restarted.add(position.partition)
            return False
        offsets = self.batch.range_of(position.partition, position.next, position.epoch)
        offsets.undelivered += hole
        offsets.next = offset
        position.skip_to(offset)
        return True

    def _take_ends(self, ends: list[EndOfPartition]) -> None:
        for partition, offset in ends:
            position = self._assignment.active.get(partition)
            if position is not None and offset > position.next:
                self._pass_hole(position, offset)

    def _take_errors(self, errors: list[PartitionError]) -> None:
        for partition, cause, detail in errors:
            position = self._assignment.active.get(partition)
            log.error("partition_error", topic=partition.topic, partition=partition.number, detail=detail)
            if position is None:
                continue
            if cause is not None:
                self._halt(position, cause, detail)
            else:  # the next claim finds out what is gone
                self._read_again(position)

    def _read_again(self, position: Position) -> None:
        """Stops a partition, to be claimed again and read from where it is."""
        self._consumer.stop([position.partition])
        self._assignment.unclaim(position.partition)

    def _await_schema(self, position: Position, schema_id: int) -> None:
        if not self._schema_wait.begin(position, schema_id):
            detail = f"offset {position.next} is in Confluent framing (schema id {schema_id})"
            self._halt(position, HaltCause.REGISTRY_UNSET, detail)

    def _halt(self, position: Position, cause: HaltCause, detail: str) -> None:
        """Stops a partition; the halt is written together with what came before it."""
        self.batch.range_of(position.partition, position.next, position.epoch).halt = (cause, detail)
        self._consumer.stop([position.partition])
        self._assignment.halt(position.partition, cause, detail)
