"""Traces, as a real OTLP receiver gets them from a real consumer; and nothing of it where no exporter is set."""

import gzip
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from consumer.telemetry.tracing import LINKS
from tests.builders import Message, event, events
from tests.e2e.world import World


class Receiver:
    """Takes OTLP over HTTP, and keeps what it was sent."""

    def __init__(self) -> None:
        self.requests: list[ExportTraceServiceRequest] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                if self.path == "/v1/traces":
                    receiver.requests.append(ExportTraceServiceRequest.FromString(body))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def spans(self) -> list[Span]:
        return [
            span
            for request in self.requests
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    running = Receiver()
    yield running
    running.server.shutdown()
    running.server.server_close()


def traced(message: Message, number: int) -> tuple[Message, tuple[bytes, bytes]]:
    """The message with a trace context of its own, and that context's ids."""
    trace, span = number.to_bytes(16, "big"), (number + 1).to_bytes(8, "big")
    return message.with_headers(traceparent=f"00-{trace.hex()}-{span.hex()}-01", tracestate="team=a"), (trace, span)


def attributes(items: list[KeyValue]) -> dict[str, str | int]:
    return {item.key: item.value.string_value or item.value.int_value for item in items}


def test_a_batch_is_a_span_with_links_to_its_origins(world: World, receiver: Receiver) -> None:
    """Each producer's span is linked, a bad context is left out, and the entry keeps the trace id."""
    topic = world.topic()
    sent = [traced(message, number) for number, message in enumerate(events(20), 1)]
    bad = [event().with_headers(traceparent=text) for text in (b"\xff", b"00-0-0-01", b"")]
    world.send(topic, [message for message, _ in sent] + bad)
    parked, origin = traced(event().with_headers(ce_type="member.unheard_of"), 99)
    world.send(topic, [parked], "parked")
    world.run_until_end(OTEL_EXPORTER_OTLP_ENDPOINT=receiver.url)
    world.check()
    spans = receiver.spans()
    links = [(link.trace_id, link.span_id) for span in spans for link in span.links]
    assert sorted(links) == sorted([*(ids for _, ids in sent), origin])
    span_attributes = [attributes(list(span.attributes)) for span in spans]
    assert sum(int(of["messaging.batch.message_count"]) for of in span_attributes) == 24
    assert {(of["messaging.system"], of["messaging.destination.name"]) for of in span_attributes} == {("kafka", topic)}
    assert {of["messaging.consumer.group.name"] for of in span_attributes} == {world.group}
    assert {(span.name, span.kind) for span in spans} == {(f"process {topic}", Span.SPAN_KIND_CONSUMER)}
    assert all(0 < span.end_time_unix_nano - span.start_time_unix_nano < 60e9 for span in spans)
    resource = attributes(list(receiver.requests[0].resource_spans[0].resource.attributes))
    assert resource["service.name"] == "audit-consumer"
    kept = world.rows("SELECT trace_id FROM audit_event WHERE trace_id IS NOT NULL")
    assert sorted(row["trace_id"] for row in kept) == sorted(trace.hex() for _, (trace, _) in sent)


def test_links_of_a_large_batch_are_bounded(world: World, receiver: Receiver) -> None:
    """However many records a batch has, a span stays small."""
    topic = world.topic()
    world.send(topic, [traced(message, number)[0] for number, message in enumerate(events(3000), 1)])
    world.run_until_end(OTEL_EXPORTER_OTLP_ENDPOINT=receiver.url)
    world.check()
    spans = receiver.spans()
    assert max(len(span.links) for span in spans) <= LINKS < 3000 / len(spans)


def test_a_collector_that_is_unavailable_costs_spans_only(world: World) -> None:
    """What cannot be exported is said in our log's format; every record is recorded."""
    world.send(world.topic(), events(10))
    program = world.run_until_end(
        OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:9", OTEL_EXPORTER_OTLP_TIMEOUT="1", AUDIT_LOG_FORMAT="json"
    )
    world.check()
    assert program.logged("traces_not_exported")
    assert "Traceback" not in program.tail(200)


def test_the_names_of_opentelemetry_apply_and_its_secrets_stay(world: World, receiver: Receiver) -> None:
    """OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES win over ours; a header that cannot be read is not repeated."""
    world.send(world.topic(), events(5))
    program = world.run_until_end(
        OTEL_EXPORTER_OTLP_ENDPOINT=receiver.url,
        OTEL_SERVICE_NAME="audit-eu",
        OTEL_RESOURCE_ATTRIBUTES="deployment.environment.name=staging",
        OTEL_EXPORTER_OTLP_HEADERS="authorization Bearer sesame",
    )
    resource = attributes(list(receiver.requests[0].resource_spans[0].resource.attributes))
    assert (resource["service.name"], resource["deployment.environment.name"]) == ("audit-eu", "staging")
    assert "sesame" not in program.log.read_text()
    assert program.logged("traces_not_exported")


def test_without_an_exporter_nothing_is_loaded() -> None:
    """Neither OpenTelemetry nor what it brings along is imported by a consumer that has no exporter."""
    code = "import sys, consumer.cli; print([n for n in sys.modules if n.split('.')[0] in ('opentelemetry', 'google')])"
    process = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert process.stdout.strip() == "[]"
