"""Everything that ops may see, as the settings ask for it: metrics and probes, traces, both, or nothing at all."""

import threading
from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from typing import NamedTuple

from consumer.kafka.admin import CLIENT_VERSION, Cluster
from consumer.observer import CompositeObserver, Observer
from consumer.registry.client import Registry
from consumer.settings import Settings
from consumer.telemetry.metrics import Metrics
from consumer.telemetry.partition_gauges import PartitionGauges
from consumer.telemetry.poller import Poller
from consumer.telemetry.recorder import CountedRegistry, MetricsRecorder
from runtime import logging
from runtime.health_server import Probes
from runtime.postgres import Connection


class BindRefused(Exception):
    """AUDIT_METRICS_BIND cannot be listened on; one line that says why."""


class Telemetry(NamedTuple):
    """What the loop tells of itself (`observer`), the registry as it is to be asked, and how all of it ends."""

    observer: Observer
    registry: Callable[..., Registry]
    close: Callable[[], None]


def telemetry(settings: Settings, cluster: Cluster, connect: Callable[[], Connection], observer: Observer) -> Telemetry:
    """Starts what the settings ask for; `observer` goes on being told. Raises BindRefused."""
    made = Telemetry(observer, Registry, lambda: None)
    if settings.metrics_bind:
        made = _measured(settings, settings.metrics_bind, cluster, connect, observer)
    if settings.traces:
        made = _traced(settings, made)
    return made


def _measured(
    settings: Settings, bind: tuple[str, int], cluster: Cluster, connect: Callable[[], Connection], observer: Observer
) -> Telemetry:
    metrics, gauges = Metrics(settings.topics, CLIENT_VERSION), PartitionGauges(settings.topics)
    metrics.registry.register(gauges)
    recorder = MetricsRecorder(metrics, gauges)
    answered = threading.Event()
    try:
        probes = Probes(bind, metrics.registry, recorder.alive, lambda: recorder.joined.is_set() and answered.is_set())
    except OSError as error:
        raise BindRefused(f"AUDIT_METRICS_BIND: {bind[0]}:{bind[1]} cannot be listened on: {error.strerror}") from error
    logging.listen(recorder.heard)
    poller = Poller(settings.topics, cluster, connect, metrics, gauges, answered)

    def close() -> None:
        poller.close()
        probes.close()

    return Telemetry(CompositeObserver((observer, recorder)), partial(CountedRegistry, metrics=metrics), close)


def _traced(settings: Settings, made: Telemetry) -> Telemetry:
    from consumer.telemetry.tracing import Tracer  # noqa: PLC0415 a third of a second, and memory, that few need

    tracer = Tracer(settings.group_id, version("callmine-audit"))

    def close() -> None:
        made.close()
        tracer.close()

    return made._replace(observer=CompositeObserver((made.observer, tracer)), close=close)
