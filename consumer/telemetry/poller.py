"""Asks Kafka and PostgreSQL, every few seconds and in a thread of its own, what the loop does not know by itself.

Law of this file: whatever is away, the thread goes on and the last figures stand; that they are old is a figure too.
"""

import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from typing import NamedTuple

import structlog

import sql
from consumer.event.model import Partition
from consumer.kafka.admin import Cluster, ClusterUnavailable
from consumer.operator.accounting import PARTITIONS, Progress, difference
from consumer.telemetry.metrics import Metrics
from consumer.telemetry.partition_gauges import PartitionGauges
from runtime.postgres import Connection, Error, select, watched

log = structlog.get_logger()

PARKED = sql.query("consumer/survey_parked")
GAPS = sql.query("consumer/survey_gaps")
SECONDS = 5.0
# Partitions and retention of a topic change by an administrator's hand only.
TOPICS_SECONDS = 15.0
# No statement of a survey may stand in the way of an operator's for longer.
DATABASE_SECONDS = 10.0


class _Parked(NamedTuple):
    topic: str
    number: int
    reason: str
    records: int


class _Gaps(NamedTuple):
    topic_id: str
    number: int
    cause: str
    gaps: int


class Survey:
    """Keeps the gauges fresh that must be asked for; `answered` is set with the first answer of the database."""

    def __init__(
        self,
        topics: Sequence[str],
        cluster: Cluster,
        connect: Callable[[], Connection],
        metrics: Metrics,
        gauges: PartitionGauges,
        answered: threading.Event,
    ) -> None:
        self._topics = tuple(topics)
        self._cluster = cluster
        self._connect = connect
        self._connection: Connection | None = None
        self._metrics = metrics
        self._gauges = gauges
        self._topics_at = -TOPICS_SECONDS
        self._closed = threading.Event()
        self._answered = answered
        threading.Thread(target=self._serve, name="survey", daemon=True).start()

    def close(self) -> None:
        """Ends the thread, once it has its answers."""
        self._closed.set()

    def _serve(self) -> None:
        while not self._closed.is_set():
            try:
                self._ask_database()
                self._metrics.surveyed.labels("postgresql").set_to_current_time()
                self._answered.set()
            except Error as error:
                self._disconnect()
                log.warning("survey_delayed", of="postgresql", error=str(error).strip(), retry_seconds=SECONDS)
            try:
                self._ask_kafka()
                self._metrics.surveyed.labels("kafka").set_to_current_time()
            except ClusterUnavailable as error:
                log.warning("survey_delayed", of="kafka", error=str(error), retry_seconds=SECONDS)
            self._closed.wait(SECONDS)
        self._disconnect()

    def _ask_database(self) -> None:
        if self._connection is None or self._connection.closed:
            self._connection = self._connect()
        with watched(self._connection, DATABASE_SECONDS) as connection:
            progress = select(connection, Progress, PARTITIONS)
            parked = select(connection, _Parked, PARKED)
            gaps = select(connection, _Gaps, GAPS)
        self._settle(progress, gaps)
        self._count_unresolved(parked)

    def _settle(self, progress: Sequence[Progress], gaps: Sequence[_Gaps]) -> None:
        """Earlier incarnations of a topic are history, and count with the one of today."""
        positions, differences = self._gauges.positions(), Counter[tuple[str, int]]()
        causes = defaultdict[tuple[str, int], Counter[str]](Counter)
        names = {(row.topic_id, row.number): (row.topic, row.number) for row in progress}
        for stated in gaps:
            causes[names[stated.topic_id, stated.number]][stated.cause] += stated.gaps
        for row in progress:
            differences[row.topic, row.number] += difference(row)
            position = positions.get((row.topic, row.number))
            if position is None or row.retired_at is not None:
                continue
            if position.partition is None or row.partition in self._gauges.standing:  # the loop knows nothing newer
                position.partition, position.next = row.partition, row.next_offset
            if position.complete_through is None and row.complete_through is not None:
                position.complete_through = row.complete_through.timestamp()
        for key, position in positions.items():
            position.difference, position.gaps = differences[key], causes[key]

    def _count_unresolved(self, parked: Sequence[_Parked]) -> None:
        positions = self._gauges.positions()
        counts = Counter[tuple[str, str]]()
        for row in parked:
            if (row.topic, row.number) in positions:
                counts[row.topic, row.reason] += row.records
        self._metrics.set_unresolved(self._topics, counts)

    def _ask_kafka(self) -> None:
        if time.monotonic() - self._topics_at >= TOPICS_SECONDS:
            for name, topic in self._cluster.topics(self._topics).items():
                self._metrics.topic_partitions.labels(name).set(topic.partitions)
                if topic.retention is not None:
                    self._metrics.retention.labels(name).set(topic.retention)
            self._topics_at = time.monotonic()
        positions = self._gauges.positions()
        known = [Partition(topic, "", number) for topic, number in positions]
        for partition, bounds in self._cluster.bounds(known).items():
            positions[partition.topic, partition.number].bounds = bounds

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
