"""The sealer's metrics and probes, at AUDIT_SEAL_METRICS_BIND."""

import datetime as dt

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from export.seal.sealing import Sealed
from runtime.health_server import Probes

SECONDS = (0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 3600)


class Metrics:
    """The figures of one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._size = Gauge("auditlog_seal_size", "Seals in the log", registry=self.registry)
        self._time = Gauge(
            "auditlog_seal_last_timestamp_seconds", "When the newest seal was made, Unix time", registry=self.registry
        )
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
        self._made = False

    def sealed(self, sealed: Sealed) -> None:
        """Updates the metrics after a seal."""
        self._size.set(sealed.record.seal + 1)
        self._time.set(_unix(sealed.record.time))
        through = sealed.record.complete_through
        self._complete.set(0 if through is None else _unix(through))
        self._entries.inc(sealed.entries)
        self._seconds.observe(sealed.seconds)
        self._made = True

    def serve(self, address: tuple[str, int]) -> Probes:
        """Listens. Raises OSError where it cannot."""
        return Probes(address, self.registry, alive=lambda: True, failing=lambda: [] if self._made else ["no seal yet"])


def _unix(text: str) -> float:
    return dt.datetime.fromisoformat(text).timestamp()
