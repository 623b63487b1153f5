"""The consumer's metrics: each once, with the question that it answers (docs/operations.md has the table).

Invariant: labels come from closed lists (topics of the settings, our own words), never from a record, and every
label set is there from the start, at 0: a rule over a series that appears with its first event would miss that event.
What belongs to a partition is in `partition_gauges`, because it comes and goes with the partition.
"""

import platform
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from itertools import product
from typing import TypeVar

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    ProcessCollector,
    disable_created_metrics,
)

from catalog.audit_types import BY_NAME
from catalog.cells import WHOLE, Cell
from catalog.reasons import IgnoreReason, ParkReason
from consumer.retries import Retry
from consumer.telemetry.histogram import BatchHistogram

OUTCOMES = ("recorded", "duplicate", "conflict", "ignored", "parked")
REBALANCES = ("assigned", "revoked", "lost")
ANSWERS = ("schema", "absent", "not_avro", "unavailable")
SOURCES = ("kafka", "postgresql")
CERTIFICATES = ("kafka", "postgresql", "registry", "kafka_client", "postgresql_client")
RECORD_BUCKETS = (1, 10, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 20000)
BYTE_BUCKETS = (1e3, 1e4, 1e5, 2.5e5, 5e5, 1e6, 2.5e6, 5e6, 1e7, 2.5e7, 5e7)
SECONDS_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 25.0, 60.0)

Vector = TypeVar("Vector", Counter, Gauge)


class Metrics:
    """The consumer's metrics, in a registry of their own; `client` is the version of the Kafka client, `cell` what this consumer reads."""

    def __init__(self, topics: Sequence[str], client: str, cell: Cell = WHOLE) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._count_records(topics)
        self._measure_batches(topics)
        self._count_troubles()
        self._measure_surroundings(topics)
        # Which version runs where, and for which cell?
        build = Info("auditlog_build", "The versions that this consumer runs, and its cell", registry=self.registry)
        versions = {"version": version("callmine-audit"), "librdkafka": client, "python": platform.python_version()}
        build.info({**versions, "cell": str(cell)})

    def set_unresolved(self, topics: Sequence[str], counts: Mapping[tuple[str, str], int]) -> None:
        """The unresolved parked records, by topic and reason."""
        for topic, reason in product(topics, ParkReason):
            self.unresolved.labels(topic, reason).set(counts.get((topic, reason), 0))

    def set_conflicting(self, topics: Sequence[str], counts: Mapping[str, int]) -> None:
        """The conflicting events that are kept, by topic."""
        for topic in topics:
            self.conflicting.labels(topic).set(counts.get(topic, 0))

    def _count_records(self, topics: Sequence[str]) -> None:
        # What became of the records? Ignored ones are the background, parked and conflicting ones need a person.
        self.records = self._counter("records", "Records by what became of them", topic=topics, outcome=OUTCOMES)
        # Which audit types arrive? One that falls silent may be a producer that does not send.
        self.events = self._counter("events", "Audited events taken in, duplicates too", audit_type=BY_NAME)
        # Why was something left out on purpose?
        self.ignored = self._counter("records_ignored", "Records ignored", topic=topics, reason=IgnoreReason)
        # Why could something not be recorded? Without what is read again and is parked already.
        self.parked = self._counter(
            "records_parked", "Records parked for the first time", topic=topics, reason=ParkReason
        )
        # How many parked records are unresolved? Of all partitions: each consumer reports the same, so take the maximum.
        self.unresolved = self._gauge(
            "parked_unresolved_records", "Parked records not resolved", topic=topics, reason=ParkReason
        )
        # Was an event sent again with other content? As above of all partitions; without a sample until it was asked, because a
        # rule compares it with what another consumer had, and a 0 would be a number.
        self.conflicting = Gauge(
            "auditlog_conflicting_events",
            "Events kept beside the entry with their identity",
            ["topic"],
            registry=self.registry,
        )
        # Does someone send what PostgreSQL cannot hold (NUL, NaN)?
        self.sanitized = self._counter("records_sanitized", "Events recorded with values replaced", topic=topics)

    def _measure_batches(self, topics: Sequence[str]) -> None:
        # How long until an event can be read by an admin? Of what arrives after its partition was claimed.
        self.delays = BatchHistogram("auditlog_end_to_end_seconds", "Kafka's timestamp to commit", "topic", topics)
        self.registry.register(self.delays)
        # What was there before: a first start, a rewind, a restored database, an outage. Not in the delays.
        self.backlog = self._counter(
            "backlog_events", "Audited events older than their partition's claim", topic=topics
        )
        # Is the writer the bottleneck?
        self.write_seconds = self._histogram("write_seconds", "Hand-over of a batch to its commit", SECONDS_BUCKETS)
        # Are batches large because there is much to do, or small because records trickle in?
        self.batch_records = self._histogram("batch_records", "Records of a written batch", RECORD_BUCKETS)
        self.batch_bytes = self._histogram(
            "batch_bytes", "Bytes of the rows and raw records of a written batch", BYTE_BUCKETS
        )

    def _count_troubles(self) -> None:
        # What is unavailable or slow, so that something is tried again?
        self.retries = self._counter("retries", "Attempts that are repeated", **{"class": Retry})
        # Does another consumer, or an operator, take partitions over?
        self.fenced = self._counter("fenced", "Batches refused because a partition had been taken over")
        # Does the group keep rebalancing?
        self.rebalances = self._counter("rebalances", "What the group said of our partitions", event=REBALANCES)
        # Does the Schema Registry answer?
        self.registry_requests = self._counter("registry_requests", "Requests to the Schema Registry", answer=ANSWERS)

    def _measure_surroundings(self, topics: Sequence[str]) -> None:
        # Is the loop alive? The probe /healthz says the same.
        self.heartbeat = self._gauge("loop_heartbeat_timestamp_seconds", "When the loop last began an iteration")
        # When was anything written last?
        self.last_write = self._gauge("last_write_timestamp_seconds", "When a batch was last committed")
        # Are the figures that are asked of Kafka and of PostgreSQL fresh?
        self.poller_last_success = self._gauge(
            "poller_last_success_timestamp_seconds", "When the poller last had an answer", source=SOURCES
        )
        # Is this machine's clock right? Evidence does not rest on it; its log lines do.
        self.clock_offset = self._gauge(
            "clock_offset_seconds", "How far this machine's clock is ahead of the database's"
        )
        # Is the schema what the migrations made? 0 until it was compared.
        self.schema_differences = self._gauge("schema_differences", "What is not as the migrations made it")
        # Is it compared at all? The version of a schema that this program does not know; 0 for its own.
        self.schema_unknown_version = self._gauge(
            "schema_unknown_version", "The schema's version where it is not this program's, and so not compared"
        )
        # Which certificate must be renewed, a server's or our own? +Inf: none, or not known.
        self.certificate_expiry = self._gauge(
            "certificate_expiry_timestamp_seconds", "Until when a certificate is good", server=CERTIFICATES
        )
        for name in CERTIFICATES:
            self.certificate_expiry.labels(name).set(float("inf"))
        # Does someone own every partition? 0: the topic does not exist.
        self.topic_partitions = self._gauge("topic_partitions", "Partitions that Kafka has", topic=topics)
        # How long does Kafka keep what is not read? +Inf: forever.
        self.retention = self._gauge("topic_retention_seconds", "The topic's retention.ms", topic=topics)

    def _counter(self, name: str, text: str, **labels: Iterable[str]) -> Counter:
        return _initialized(Counter(f"auditlog_{name}_total", text, list(labels), registry=self.registry), labels)

    def _gauge(self, name: str, text: str, **labels: Iterable[str]) -> Gauge:
        return _initialized(Gauge(f"auditlog_{name}", text, list(labels), registry=self.registry), labels)

    def _histogram(self, name: str, text: str, buckets: Sequence[float]) -> Histogram:
        return Histogram(f"auditlog_{name}", text, registry=self.registry, buckets=buckets)


def _initialized(metric: Vector, labels: Mapping[str, Iterable[str]]) -> Vector:
    """The metric with every label set at 0."""
    if labels:
        for values in product(*labels.values()):
            metric.labels(*values)
    return metric
