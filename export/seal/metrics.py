"""The sealer's metrics and probes, at AUDIT_SEAL_METRICS_BIND."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

from export.copies.copies import Copies
from export.format.errors import ExportError
from export.format.record import SealRecord
from export.seal.sealing import Sealed
from export.verify.package import read_small
from runtime.health_server import Probes

SECONDS = (0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 3600)


class Metrics:
    """The metrics of one process that seals `every` so many seconds, and those of the file that `check` writes, if one is named."""

    def __init__(self, copies: Copies, check_file: Path | None, every: float) -> None:
        self.registry = CollectorRegistry()
        self.registry.register(_Copied(copies))
        if check_file is not None:
            self.registry.register(_Checked(check_file))
        self._size = Gauge("auditlog_seal_size", "Seals in the log; 0: none, or not known", registry=self.registry)
        Gauge("auditlog_seal_interval_seconds", "Seconds between two seals", registry=self.registry).set(every)
        self._time = _Newest()
        self.registry.register(self._time)
        self._complete = Gauge(
            "auditlog_seal_complete_through_timestamp_seconds",
            "Up to when Kafka is completely read, as the newest seal says, Unix time; 0: not known",
            registry=self.registry,
        )
        self._entries = Counter("auditlog_seal_entries", "Entries sealed by this process", registry=self.registry)
        self._seconds = Histogram(
            "auditlog_seal_duration_seconds", "What a seal took", buckets=SECONDS, registry=self.registry
        )
        self.unavailable = Counter(
            "auditlog_seal_database_unavailable", "How often the database was not there", registry=self.registry
        )
        self.postponed = Gauge(
            "auditlog_seal_postponed",
            "1 while a seal that is due waits because recording catches up",
            registry=self.registry,
        )
        self._has_sealed = False

    def continued(self, newest: SealRecord) -> None:
        """Sets the metrics of the log to its newest seal, which an earlier process may have made."""
        self._size.set(newest.seal + 1)
        self._time.at = _unix(newest.time)
        through = newest.complete_through
        self._complete.set(0 if through is None else _unix(through))

    def sealed(self, sealed: Sealed) -> None:
        """Updates the metrics after a seal."""
        self.continued(sealed.record)
        self._entries.inc(sealed.entries)
        self._seconds.observe(sealed.seconds)
        self._has_sealed = True

    def serve(self, address: tuple[str, int]) -> Probes:
        """Listens. Raises OSError where it cannot."""
        return Probes(
            address, self.registry, alive=lambda: True, failing=lambda: [] if self._has_sealed else ["no seal yet"]
        )


class _Newest(Collector):
    """When the newest seal was made. No sample until it is known: 0 would be a log that has not been sealed since 1970."""

    def __init__(self) -> None:
        self.at: float | None = None

    def collect(self) -> Iterator[Metric]:
        """Gives the time at each scrape, once it is known."""
        family = GaugeMetricFamily("auditlog_seal_last_timestamp_seconds", "When the newest seal was made, Unix time")
        if self.at is not None:
            family.add_metric([], self.at)
        yield family


class _Copied(Collector):
    """The state of each destination that checkpoints are copied to."""

    def __init__(self, copies: Copies) -> None:
        self._copies = copies

    def collect(self) -> Iterator[Metric]:
        """Gives, at each scrape, for each destination what the copier says of it then."""
        when = GaugeMetricFamily(
            "auditlog_seal_copied_timestamp_seconds",
            "When a checkpoint was last copied there, Unix time; 0: never",
            labels=["place"],
        )
        waiting = GaugeMetricFamily(
            "auditlog_seal_uncopied_seals", "Seals that no copy there covers yet", labels=["place"]
        )
        failures = CounterMetricFamily(
            "auditlog_seal_copy_failures", "How often copying there failed", labels=["place"]
        )
        for state in self._copies.states():
            when.add_metric([state.destination], state.copied.at)
            waiting.add_metric([state.destination], state.waiting)
            failures.add_metric([state.destination], state.failures)
        yield from (when, waiting, failures)


class _Checked(Collector):
    """The metrics in the file that `check` wrote (export.check.metrics_file); none if there is no such file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def collect(self) -> Iterator[Metric]:
        """Reads the file at each scrape; one that cannot be read or is not whole gives nothing."""
        try:
            text = read_small(str(self._path), "the file").decode()  # waits for no FIFO
            yield from list(text_string_to_metric_families(text))
        except (ExportError, OSError, ValueError):
            return

    def describe(self) -> Iterator[Metric]:
        """The file may not be there yet."""
        yield from ()


def _unix(text: str) -> float:
    return dt.datetime.fromisoformat(text).timestamp()
