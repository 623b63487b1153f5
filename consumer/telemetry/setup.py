"""Starts the telemetry that the settings ask for: metrics and probes, traces, both, or none."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING, Protocol

from catalog.cells import Cell
from consumer.kafka.admin import CLIENT_VERSION, Cluster
from consumer.kafka.topic_faults import TopicFaults
from consumer.polling.observer import CompositeObserver, Observer
from consumer.registry.client import Registry
from consumer.retries import OnRetry
from consumer.settings import Settings
from consumer.telemetry.certificates import CertificateWatch, expiries
from consumer.telemetry.metrics import Metrics
from consumer.telemetry.partition_gauges import PartitionGauges
from consumer.telemetry.poller import Poller
from consumer.telemetry.recorder import CountedRegistry, MetricsRecorder
from consumer.telemetry.topic_gauges import TopicFaultGauges
from runtime.health_server import Probes
from runtime.postgres import Connection

if TYPE_CHECKING:
    from consumer.telemetry.tracing import Tracer


class BindRefused(Exception):
    """AUDIT_METRICS_BIND cannot be listened on; one line that says why."""


class TracesRefused(Exception):
    """OpenTelemetry refuses its own settings (`OTEL_…`); one line that says why."""


class Closable(Protocol):
    """Something that must be closed."""

    def close(self) -> None:
        """Ends it."""


class MetricsExport:
    """The metrics, the listener that serves them and the probes, and the poller that keeps the gauges fresh."""

    def __init__(self, topics: Sequence[str], bind: tuple[str, int], cell: Cell) -> None:
        """Listens on `bind`, a host and a port. Raises BindRefused."""
        self.metrics, self._gauges = Metrics(topics, CLIENT_VERSION, cell), PartitionGauges(topics)
        self.metrics.registry.register(self._gauges)
        self.recorder = MetricsRecorder(self.metrics, self._gauges)
        self._topics = topics
        self._poller: Poller | None = None
        self._certificates: CertificateWatch | None = None
        self._faults: TopicFaults | None = None
        try:
            self._probes = Probes(bind, self.metrics.registry, self.recorder.alive, self._failing)
        except OSError as error:
            text = f"AUDIT_METRICS_BIND: {bind[0]}:{bind[1]} cannot be listened on: {error.strerror}"
            raise BindRefused(text) from error

    def poll(self, cluster: Cluster, connect: Callable[[], Connection], on_retry: OnRetry) -> None:
        """Starts the poller."""
        self._faults = cluster.faults
        self.metrics.registry.register(TopicFaultGauges(self._topics, cluster.faults))
        self._poller = Poller(self._topics, cluster, connect, self.metrics, self._gauges, on_retry)

    def watch_certificates(self, settings: Settings) -> None:
        """Starts to check the servers' certificates and our own."""
        self._certificates = CertificateWatch(expiries(settings), self.metrics)

    def close(self) -> None:
        """Ends the poller, the check of certificates and the listener."""
        for part in (self._poller, self._certificates):
            if part is not None:
                part.close()
        self._probes.close()

    def _failing(self) -> list[str]:
        """Why the consumer is not ready, each reason as a text; a rollout must wait."""
        faults = self._faults.current() if self._faults is not None else {}
        ready = {
            "group: not joined": self.recorder.joined.is_set(),
            "database: not asked": self._poller is not None and self._poller.answered.is_set(),
        }
        names = [name for name, is_ready in ready.items() if not is_ready]
        return names + [f"topic {topic}: {cause}" for topic, cause in faults]


@dataclass(frozen=True, kw_only=True)
class Telemetry:
    """The observer to call, the registry client to use, and what must be closed in the end."""

    observer: Observer
    registry: Callable[..., Registry] = Registry
    metrics: MetricsExport | None = None
    tracer: Closable | None = None

    def poll(self, cluster: Cluster, connect: Callable[[], Connection]) -> None:
        """Starts to query Kafka and PostgreSQL for the gauges, if the settings ask for metrics."""
        if self.metrics is not None:
            self.metrics.poll(cluster, connect, self.observer.on_retry)

    def close(self) -> None:
        """Ends the threads and the listener, and exports what is left of the traces."""
        for part in (self.metrics, self.tracer):
            if part is not None:
                part.close()


def telemetry(settings: Settings, observer: Observer) -> Telemetry:
    """Starts what the settings ask for, beside `observer`. Raises BindRefused, TracesRefused."""
    observers: list[Observer] = [observer]
    registry: Callable[..., Registry] = Registry
    metrics: MetricsExport | None = None
    tracer: Tracer | None = None
    if settings.metrics_bind:
        metrics = MetricsExport(settings.topics, settings.metrics_bind, settings.cell)
        metrics.watch_certificates(settings)
        observers.append(metrics.recorder)
        registry = partial(CountedRegistry, metrics=metrics.metrics)
    if settings.traces:
        tracer = _tracer(settings.group)
        observers.append(tracer)
    return Telemetry(observer=CompositeObserver(observers), registry=registry, metrics=metrics, tracer=tracer)


def _tracer(group: str) -> "Tracer":
    try:
        from consumer.telemetry.tracing import Tracer  # noqa: PLC0415 a third of a second, and memory, that few need

        return Tracer(group, version("callmine-audit"))
    except ValueError as error:
        raise TracesRefused(f"OpenTelemetry refuses its settings (OTEL_…): {error}") from error
