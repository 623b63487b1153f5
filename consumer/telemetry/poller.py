"""Queries Kafka and PostgreSQL, every few seconds and in a thread of its own, for what the loop does not know.

Invariant: whatever is unavailable, the thread goes on and the gauges keep their last values; a metric shows how old they are.
The database is read in one snapshot: a claim between two queries cannot make their answers disagree.
"""

import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

import sql
from consumer.event.model import Partition
from consumer.kafka.admin import Cluster, ClusterUnavailable
from consumer.operator.accounting import PARTITIONS, PartitionAccount, difference
from consumer.operator.clock import clock_ahead
from consumer.operator.tampering import find_tampering
from consumer.retries import OnRetry, Retry
from consumer.telemetry.metrics import Metrics
from consumer.telemetry.partition_gauges import PartitionGauges
from runtime.postgres import Connection, Error, select, snapshot, watched
from runtime.reconnecting import Reconnecting
from runtime.threads import spawn_restarted

log = structlog.get_logger()

PARKED = sql.query("consumer/poll_parked")
GAPS = sql.query("consumer/poll_gaps")
SECONDS = 5.0
# Partitions and retention of a topic change by an administrator's hand only.
TOPICS_SECONDS = 15.0
# Comparing the whole schema takes some fifty milliseconds, and only a person changes it.
SCHEMA_SECONDS = 60.0
# A statement of the poller may block an operator's statement for this long at most.
DATABASE_SECONDS = 10.0


@dataclass(frozen=True, kw_only=True)
class _ParkedCount:
    topic: str
    number: int
    reason: str
    records: int


@dataclass(frozen=True, kw_only=True)
class _GapCount:
    topic_id: str
    number: int
    cause: str
    gaps: int


class Poller:
    """Keeps the gauges up to date that need queries; `answered` is set with the first answer of the database."""

    def __init__(
        self,
        topics: Sequence[str],
        cluster: Cluster,
        connect: Callable[[], Connection],
        metrics: Metrics,
        gauges: PartitionGauges,
        on_retry: OnRetry,
    ) -> None:
        self._on_retry = on_retry
        self._topics = tuple(topics)
        self._cluster = cluster
        self._database = Reconnecting(connect)
        self._metrics = metrics
        self._gauges = gauges
        self._clock = gauges.clock
        self._topics_at = -TOPICS_SECONDS
        self._schema_at = -SCHEMA_SECONDS
        self._closed = threading.Event()
        self.answered = threading.Event()
        spawn_restarted("poller", self._serve, lambda *_: on_retry(Retry.THREAD))

    def close(self) -> None:
        """Ends the thread, once it has its answers."""
        self._closed.set()

    def _serve(self) -> None:
        while not self._closed.is_set():
            try:
                self._ask_database()
                self._metrics.poller_last_success.labels("postgresql").set(self._clock.now())
                self.answered.set()
            except Error as error:
                self._database.close()
                log.warning("poller_delayed", of="postgresql", error=str(error).strip(), retry_seconds=SECONDS)
                self._on_retry(Retry.POLLER)
            try:
                self._ask_kafka()
                self._metrics.poller_last_success.labels("kafka").set(self._clock.now())
            except ClusterUnavailable as error:
                log.warning("poller_delayed", of="kafka", error=str(error), retry_seconds=SECONDS)
                self._on_retry(Retry.POLLER)
            self._closed.wait(SECONDS)
        self._database.close()

    def _ask_database(self) -> None:
        with watched(self._database.get(), DATABASE_SECONDS) as connection:
            self._compare_clock(connection)
            with snapshot(connection):
                progress = select(connection, PartitionAccount, PARTITIONS)
                parked = select(connection, _ParkedCount, PARKED)
                gaps = select(connection, _GapCount, GAPS)
            self._compare_schema(connection)
        self._settle(progress, gaps)
        self._count_unresolved(parked)
        self._count_conflicting(progress)

    def _compare_clock(self, connection: Connection) -> None:
        ahead = clock_ahead(connection)
        self._clock.set_ahead(ahead)
        self._metrics.clock_offset.set(ahead)

    def _compare_schema(self, connection: Connection) -> None:
        if time.monotonic() - self._schema_at < SCHEMA_SECONDS:
            return
        self._schema_at = time.monotonic()
        compared = find_tampering(connection)
        self._metrics.schema_unknown_version.set(compared.unknown_version or 0)
        if compared.unknown_version is not None:
            log.warning(
                "schema_not_compared",
                version=compared.unknown_version,
                hint="during an upgrade only: a newer program has migrated the database",
            )
        self._metrics.schema_differences.set(len(compared.differences))
        for finding in compared.differences:
            log.error("schema_differs", difference=str(finding))

    def _settle(self, progress: Sequence[PartitionAccount], gaps: Sequence[_GapCount]) -> None:
        """Earlier incarnations of a topic are history, and count with the one of today."""
        differences = Counter[tuple[str, int]]()
        causes = defaultdict[tuple[str, int], Counter[str]](Counter)
        names = {(row.topic_id, row.number): (row.topic, row.number) for row in progress}
        for stated in gaps:
            causes[names[stated.topic_id, stated.number]][stated.cause] += stated.gaps
        halted = {row.partition for row in progress if self._gauges.halted(row.partition)}
        with self._gauges.changing() as figures:
            for row in progress:
                differences[row.topic, row.number] += difference(row)
                figure = figures.get((row.topic, row.number))
                if figure is None or row.retired_at is not None:
                    continue
                if figure.partition is None or row.partition in halted:  # the loop knows nothing newer
                    figure.partition, figure.next = row.partition, row.next_offset
                if row.complete_through is not None:  # the loop may know a newer one, from before the clock went back
                    known = figure.complete_through or 0.0
                    kept = known if known <= self._clock.now() else 0.0
                    figure.complete_through = max(row.complete_through.timestamp(), kept)
            for key, figure in figures.items():
                figure.difference, figure.gaps = differences[key], causes[key]

    def _count_unresolved(self, parked: Sequence[_ParkedCount]) -> None:
        counts = Counter[tuple[str, str]]()
        for row in parked:
            counts[row.topic, row.reason] += row.records
        self._metrics.set_unresolved(self._topics, counts)

    def _count_conflicting(self, progress: Sequence[PartitionAccount]) -> None:
        """By rows, which a rewind does not multiply as it does the outcomes."""
        counts = Counter[str]()
        for row in progress:
            counts[row.topic] += row.conflict_rows
        self._metrics.set_conflicting(self._topics, counts)

    def _ask_kafka(self) -> None:
        if time.monotonic() - self._topics_at >= TOPICS_SECONDS:
            for name, topic in self._cluster.topics(self._topics).items():
                self._metrics.topic_partitions.labels(name).set(topic.partitions)
                if topic.retention is not None:
                    self._metrics.retention.labels(name).set(topic.retention)
            self._topics_at = time.monotonic()
        assigned = [Partition(topic, "", number) for topic, number in self._gauges.keys()]  # noqa: SIM118 a method
        bounds = self._cluster.bounds(assigned)
        stable_ends = self._cluster.ends(bounds, stable=True)
        with self._gauges.changing() as figures:
            for partition, of_partition in bounds.items():
                if (figure := figures.get((partition.topic, partition.number))) is not None:  # not revoked meanwhile
                    figure.bounds, figure.stable_end = of_partition, stable_ends.get(partition)
