"""The gauges of the partitions that are ours; when a partition is revoked, its series are removed.

Invariant: two threads (the loop, the poller) change the values and a third one reads them, each under the lock. Lags are
computed only when Prometheus scrapes. Times are seconds since 1970, by the database's clock.
"""

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from prometheus_client.metrics_core import GaugeMetricFamily
from prometheus_client.registry import Collector

from catalog.reasons import GapCause, HaltCause, Reason
from consumer.event.model import Partition
from consumer.kafka.admin import Bounds
from consumer.partitions.assignment import Key
from consumer.telemetry.database_clock import DatabaseClock


@dataclass(slots=True)
class PartitionFigures:
    """One partition. `next` and `bounds` are None until they are known; `last_timestamp` is a time up to which all is written."""

    assigned_at: float
    partition: Partition | None = None
    next: int | None = None
    bounds: Bounds | None = None
    stable_end: int | None = None
    last_timestamp: float | None = None
    complete_through: float | None = None
    difference: int = 0
    gaps: Mapping[str, int] = field(default_factory=dict)

    def lag(self) -> int | None:
        """Offsets still to be passed."""
        if self.next is None or self.bounds is None:
            return None
        return max(self.bounds.high - self.next, 0)

    def lag_seconds(self, now: float) -> float | None:
        """At most the age of the oldest record that is not written; since it was assigned, where nothing was written yet."""
        lag = self.lag()
        if not lag:
            return lag
        known = [time for time in (self.last_timestamp, self.complete_through) if time is not None]
        return max(now - max(known, default=self.assigned_at), 0.0)


@dataclass(frozen=True)
class PartitionGauge:
    """One gauge of a partition: its name, without the prefix, and its text."""

    name: str
    text: str


# How far behind is it, in records and in time?
LAG = PartitionGauge("lag_records", "Offsets between what is written and the log's end")
LAG_SECONDS = PartitionGauge(
    "lag_seconds", "At most the age of the oldest record that is not written, 0 where there is none"
)
# Does it move? And how near is Kafka's retention to what was not read?
NEXT = PartitionGauge("next_offset", "The offset to be written next")
START = PartitionGauge("log_start_offset", "The first offset that Kafka still has")
END = PartitionGauge("log_end_offset", "The offset that Kafka gives next")
# Is it held back by a producer's open transaction?
STABLE_END = PartitionGauge("last_stable_offset", "Up to where Kafka delivers: before transactions still open")
# Up to when is the log complete?
COMPLETE = PartitionGauge("complete_through_timestamp_seconds", "All that Kafka had received by then is in the tables")
# Does the accounting balance? Anything but 0 is a fault of ours, or someone has changed the tables.
DIFFERENCE = PartitionGauge("accounting_difference_records", "Offsets and rows that the accounting cannot explain")
# Is it halted, and why? 1 for the cause.
HALTED = PartitionGauge("partition_halted", "Whether it is halted until someone acts")
# What did Kafka lose before it was read?
GAPS = PartitionGauge("data_gaps", "Gaps stated so far, accepted or not")
# Who has it? Summed by topic it must be all of them.
ASSIGNED = PartitionGauge("partitions_assigned", "Partitions that the group has assigned to this consumer")


class PartitionGauges(Collector):
    """The figures of each partition that is ours, and which of them the loop has as halted."""

    def __init__(self, topics: Sequence[str]) -> None:
        self._topics = tuple(topics)
        self.clock = DatabaseClock()
        self._figures: dict[Key, PartitionFigures] = {}
        self._lock = threading.Lock()
        self._halted: Mapping[Partition, HaltCause] = {}

    def add(self, keys: Iterable[Key]) -> None:
        """Adds partitions that were assigned to us."""
        now = self.clock.now()
        with self._lock:
            for key in keys:
                self._figures.setdefault(key, PartitionFigures(now))

    def remove(self, keys: Iterable[Key]) -> None:
        """Removes partitions that are no longer ours, and with them their series."""
        with self._lock:
            for key in keys:
                self._figures.pop(key, None)

    def set_halted(self, halted: Mapping[Partition, HaltCause]) -> None:
        """These are the halted partitions now."""
        with self._lock:
            self._halted = dict(halted)

    def halted(self, partition: Partition) -> bool:
        """Whether the loop has the partition as halted."""
        with self._lock:
            return partition in self._halted

    def keys(self) -> list[Key]:
        """The partitions that are ours now."""
        with self._lock:
            return list(self._figures)

    @contextmanager
    def changing(self) -> Iterator[dict[Key, PartitionFigures]]:
        """The figures of the partitions that are ours, to be read and changed inside the block, which holds the lock."""
        with self._lock:
            yield self._figures

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Called by the registry, in the thread of a scrape."""
        now = self.clock.now()
        with self._lock:
            figures = {key: replace(figure) for key, figure in self._figures.items()}
            halted = {(partition.topic, partition.number): cause for partition, cause in self._halted.items()}
        yield _family(LAG, ((key, of.lag()) for key, of in figures.items()))
        yield _family(LAG_SECONDS, ((key, of.lag_seconds(now)) for key, of in figures.items()))
        yield _family(NEXT, ((key, of.next) for key, of in figures.items()))
        yield _family(START, ((key, of.bounds and of.bounds.low) for key, of in figures.items()))
        yield _family(END, ((key, of.bounds and of.bounds.high) for key, of in figures.items()))
        yield _family(STABLE_END, ((key, of.stable_end) for key, of in figures.items()))
        yield _family(COMPLETE, ((key, of.complete_through) for key, of in figures.items()))
        yield _family(DIFFERENCE, ((key, of.difference) for key, of in figures.items()))
        yield _by_cause(HALTED, HaltCause, {k: {halted[k]: 1} if k in halted else {} for k in figures})
        yield _by_cause(GAPS, GapCause, {k: of.gaps for k, of in figures.items()})
        family = GaugeMetricFamily(f"auditlog_{ASSIGNED.name}", ASSIGNED.text, labels=["topic"])
        for topic in self._topics:
            family.add_metric([topic], sum(1 for assigned, _ in figures if assigned == topic))
        yield family


def _family(gauge: PartitionGauge, values: Iterable[tuple[Key, float | None]]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"auditlog_{gauge.name}", gauge.text, labels=["topic", "partition"])
    for (topic, number), value in values:
        if value is not None:  # not known yet is not 0
            family.add_metric([topic, str(number)], value)
    return family


def _by_cause(
    gauge: PartitionGauge, causes: Iterable[Reason], values: Mapping[Key, Mapping[str, int]]
) -> GaugeMetricFamily:
    """A sample of each cause, 0 where there is none; a cause that only another version knows is added."""
    family = GaugeMetricFamily(f"auditlog_{gauge.name}", gauge.text, labels=["topic", "partition", "cause"])
    for (topic, number), counted in values.items():
        for cause, value in {**dict.fromkeys(map(str, causes), 0), **counted}.items():
            family.add_metric([topic, str(number), cause], value)
    return family
