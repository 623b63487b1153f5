"""Traces by OpenTelemetry: one span for each written batch, with links to the spans that produced its records.

Links, not parents: a batch has as many origins as records (OTel messaging conventions). Imported only where the settings
name an exporter; the exporter's own settings (`OTEL_…`) are read by OpenTelemetry.
"""

import logging
import time
from collections.abc import Iterable, Iterator
from itertools import islice

import structlog
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.semconv._incubating.attributes import messaging_attributes as messaging
from opentelemetry.trace import Link, SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from consumer.event.model import Headers
from consumer.polling.observer import Observer
from consumer.storage.batch import Batch, WriteResult
from consumer.storage.writer import Written
from runtime.threads import within

log = structlog.get_logger()

# A frozen collector costs spans, and delays the shutdown by no more than this.
CLOSE_SECONDS = 5.0

# OpenTelemetry's own bound for a span; which of more are linked is a matter of even spacing.
LINKS = 128
HEADERS = "opentelemetry.util.re"  # reads OTEL_EXPORTER_OTLP_HEADERS
CONTEXT_HEADERS = ("traceparent", "tracestate")


class Tracer(Observer):
    """Makes a span of each batch that held records, exported in the background; what cannot be exported is logged and lost."""

    def __init__(self, group: str, version: str) -> None:
        _pass_on_logs()
        ours = Resource.create({SERVICE_NAME: "audit-consumer", "service.version": version})
        resource = ours.merge(OTELResourceDetector().detect())  # OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES win
        self._provider = TracerProvider(resource=resource)
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        self._tracer = self._provider.get_tracer("callmine-audit", version)
        self._group = group
        self._submitted_ns = 0

    def on_submitted(self) -> None:
        """The span begins."""
        self._submitted_ns = time.time_ns()

    def on_written(self, written: Written) -> None:
        """The span ends with the commit."""
        batch = written.batch
        if not batch.records:  # it only said how complete the tables are
            return
        topics = {partition.topic for partition in batch.ranges}
        name = next(iter(topics)) if len(topics) == 1 else None
        attributes: dict[str, str | int] = {
            messaging.MESSAGING_SYSTEM: "kafka",
            messaging.MESSAGING_OPERATION_NAME: "process",
            messaging.MESSAGING_OPERATION_TYPE: "process",
            messaging.MESSAGING_CONSUMER_GROUP_NAME: self._group,
            messaging.MESSAGING_BATCH_MESSAGE_COUNT: batch.records,
            **_outcomes(written.result),
        }
        if name is not None:
            attributes[messaging.MESSAGING_DESTINATION_NAME] = name
        self._tracer.start_span(
            f"process {name}" if name else "process",
            kind=SpanKind.CONSUMER,
            attributes=attributes,
            links=list(_links(batch)),
            start_time=self._submitted_ns,
        ).end()

    def close(self) -> None:
        """Exports what is left, within CLOSE_SECONDS."""
        if not within(CLOSE_SECONDS, "traces", self._provider.shutdown):
            log.warning("traces_not_exported", text=f"the collector did not take them within {CLOSE_SECONDS:g} s")


def _outcomes(result: WriteResult) -> dict[str, int]:
    return {
        f"audit.records.{outcome}": getattr(result, outcome).total()
        for outcome in ("recorded", "duplicate", "conflict", "parked")
    }


def _links(batch: Batch) -> Iterator[Link]:
    """Links to at most LINKS distinct producers' spans, of records spread evenly over the batch."""
    propagator = TraceContextTextMapPropagator()
    seen = set()
    for headers in _sampled(batch):
        carrier = {name: value.decode("latin-1") for name, value in headers if name in CONTEXT_HEADERS and value}
        context = trace.get_current_span(propagator.extract(carrier, context=Context())).get_span_context()
        if context.is_valid and (context.trace_id, context.span_id) not in seen:
            seen.add((context.trace_id, context.span_id))
            yield Link(context)


def _sampled(batch: Batch) -> Iterable[Headers]:
    step = max((len(batch.recorded) + len(batch.parked)) // LINKS, 1)
    kept = (staged.record().headers for staged in islice(batch.recorded, 0, None, step))
    parked = (record.headers for record, _ in islice(batch.parked, 0, None, step))
    return islice((*kept, *parked), LINKS)


class _Bridge(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        # A header that it cannot read is one with a token in it, and would be repeated.
        secret = record.name == HEADERS
        log.warning("traces_not_exported", text=str(record.msg).replace("%s", "…") if secret else record.getMessage())


def _pass_on_logs() -> None:
    """OpenTelemetry logs by the standard library; its words come out among ours, in our format."""
    theirs = logging.getLogger("opentelemetry")
    theirs.handlers, theirs.propagate = [_Bridge(logging.WARNING)], False
