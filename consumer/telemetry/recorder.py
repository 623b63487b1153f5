"""Records the metrics: once for each iteration of the loop and for each batch, never while a record is decoded."""

import threading
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from operator import attrgetter

from catalog.reasons import HaltCause
from consumer.event.model import Partition
from consumer.partitions.assignment import Key
from consumer.partitions.position import Position
from consumer.polling.observer import Observer
from consumer.registry.client import Registry, SchemaAbsent, SchemaNotAvro
from consumer.retries import Retry
from consumer.storage.batch import Batch, WriteResult, reasons
from consumer.storage.copy_row import CopyRow
from consumer.storage.writer import Written
from consumer.telemetry.metrics import Metrics
from consumer.telemetry.partition_gauges import PartitionGauges

# Longer than any call that the loop may wait in: a claim may take two answers of Kafka and one of a stopped database.
STUCK_SECONDS = 120.0


class MetricsRecorder(Observer):
    """An observer that counts; `joined` is set by the first answer of the group."""

    def __init__(self, metrics: Metrics, gauges: PartitionGauges) -> None:
        self._metrics = metrics
        self._gauges = gauges
        self._clock = gauges.clock
        self._looped_at = time.monotonic()
        self._submitted_at = 0.0
        self._backlog_ends: dict[Partition, int] = {}
        self.joined = threading.Event()

    def alive(self) -> bool:
        """Whether the loop still iterates, which it does whatever service is unavailable."""
        return time.monotonic() - self._looped_at < STUCK_SECONDS

    def on_retry(self, retry: Retry) -> None:
        """Adds one to the retries of this class; called in whichever thread retries."""
        self._metrics.retries.labels(retry).inc()

    def on_loop(self, halted: Mapping[Partition, HaltCause]) -> None:
        """Notes that the loop has iterated, and which partitions are `halted`, each with its cause."""
        self._looped_at = time.monotonic()
        self._metrics.heartbeat.set(self._clock.now())
        self._gauges.set_halted(halted)

    def on_assigned(self, keys: Sequence[Key]) -> None:
        """Adds partitions; the first call, perhaps with none, is the group's first answer."""
        self._gauges.add(keys)
        self._metrics.rebalances.labels("assigned").inc()
        self.joined.set()

    def on_revoked(self, keys: Sequence[Key]) -> None:
        """Removes partitions."""
        self._gauges.remove(keys)
        self._metrics.rebalances.labels("revoked").inc()

    def on_lost(self, keys: Sequence[Key]) -> None:
        """Removes partitions that had been taken over already."""
        self._gauges.remove(keys)
        self._metrics.rebalances.labels("lost").inc()

    def on_claimed(self, position: Position) -> None:
        """Notes where a partition begins, perhaps at an earlier offset than before, and where its backlog ends."""
        self._backlog_ends[position.partition] = position.end or 0
        with self._gauges.changing() as figures:
            figure = figures.get((position.partition.topic, position.partition.number))
            if figure is not None:
                figure.partition, figure.next = position.partition, position.next

    def on_submitted(self) -> None:
        """Starts to measure a write: a batch was passed to the writer; `on_written` ends it."""
        self._submitted_at = time.monotonic()

    def on_written(self, written: Written) -> None:
        """Counts the outcomes and delays of a batch that was committed, and moves its partitions' gauges to their next offsets."""
        metrics, batch, now = self._metrics, written.batch, self._clock.now()
        metrics.write_seconds.observe(time.monotonic() - self._submitted_at)
        metrics.last_write.set(now)
        if batch.records:
            metrics.batch_records.observe(batch.records)
            metrics.batch_bytes.observe(batch.bytes)
        self._count_outcomes(batch, _result_of(written))
        self._count_events(batch, now)
        self._move(batch)

    def on_fenced(self) -> None:
        """Adds one to the batches that were refused because someone else has taken a partition over."""
        self._metrics.fenced.inc()

    def _count_outcomes(self, batch: Batch, result: WriteResult) -> None:
        records, topics = self._metrics.records, defaultdict[str, Counter[str]](Counter)
        for partition, offsets in batch.ranges.items():
            counts = topics[partition.topic]
            counts["ignored"] += sum(offsets.ignored.values())
            for outcome in ("recorded", "duplicate", "conflict", "parked"):
                counts[outcome] += getattr(result, outcome)[partition]
            for reason, count in offsets.ignored.items():
                self._metrics.ignored.labels(partition.topic, reason).inc(count)
        for topic, counts in topics.items():
            for outcome, count in counts.items():
                records.labels(topic, outcome).inc(count)
        for (topic, why), count in result.newly_parked.items():
            self._metrics.parked.labels(topic, why).inc(count)

    def _count_events(self, batch: Batch, now: float) -> None:
        """The one pass over a batch's rows, about 0.2 µs for each."""
        times, rows = defaultdict[str, list[float]](list), self._count_backlog(batch)
        newest = dict(map(attrgetter("partition", "timestamp_ms"), batch.recorded))
        for copied in rows:
            if copied.timestamp_ms is not None:
                times[copied.partition.topic].append(copied.timestamp_ms / 1000)
        for topic, of_topic in times.items():
            self._metrics.delays.observe(topic, now, of_topic)
        for action, count in Counter(map(attrgetter("action"), batch.recorded)).items():
            self._metrics.events.labels(action).inc(count)
        for copied in filter(attrgetter("sanitized"), batch.recorded):
            self._metrics.sanitized.labels(copied.partition.topic).inc()
        with self._gauges.changing() as figures:
            for partition, timestamp in newest.items():
                figure = figures.get((partition.topic, partition.number))
                if figure is not None and timestamp is not None:
                    figure.last_timestamp = timestamp / 1000

    def _count_backlog(self, batch: Batch) -> Sequence[CopyRow]:
        """The rows of what is new; counts the others, which Kafka already had when their partition was claimed.

        How long those took says nothing about the consumer: it reads an old topic, or an operator had it rewound. A range
        that reaches beyond that end is backlog as a whole, which is at most one batch for each claim.
        """
        ends = self._backlog_ends
        backlog = {partition for partition, offsets in batch.ranges.items() if offsets.start < ends.get(partition, 0)}
        if not backlog:
            return batch.recorded
        old = Counter(copied.partition.topic for copied in batch.recorded if copied.partition in backlog)
        for topic, count in old.items():
            self._metrics.backlog.labels(topic).inc(count)
        return [copied for copied in batch.recorded if copied.partition not in backlog]

    def _move(self, batch: Batch) -> None:
        with self._gauges.changing() as figures:
            for partition, offsets in batch.ranges.items():
                figure = figures.get((partition.topic, partition.number))
                if figure is None:
                    continue
                figure.partition, figure.next = partition, offsets.next
                if offsets.complete_through is not None:
                    figure.complete_through = offsets.complete_through.timestamp()


class CountedRegistry(Registry):
    """A Schema Registry whose answers are counted."""

    def __init__(self, url: str, metrics: Metrics, authority: str | None = None) -> None:
        super().__init__(url, authority=authority)
        self._requests = metrics.registry_requests

    def fetch(self, schema_id: int) -> str:
        """As `Registry.fetch`."""
        answer = "unavailable"
        try:
            schema = super().fetch(schema_id)
            answer = "schema"
        except SchemaAbsent:
            answer = "absent"
            raise
        except SchemaNotAvro:
            answer = "not_avro"
            raise
        finally:
            self._requests.labels(answer).inc()
        return schema


def _result_of(written: Written) -> WriteResult:
    """The outcomes of the batch; if a COMMIT succeeded without an answer, the outcomes that were expected."""
    result, batch = written.result, written.batch
    if any((result.recorded, result.duplicate, result.conflict, result.parked)):
        return result
    recorded = Counter(copied.partition for copied in batch.recorded)
    parked = Counter(record.partition for record, _ in batch.parked)
    return WriteResult(recorded=recorded, parked=parked, newly_parked=reasons(batch.parked))
