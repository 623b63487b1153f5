"""The HTTP listener for operations: `/metrics`, `/healthz` (liveness) and `/readyz` (readiness: may the rollout continue?).

Rule of this module: `/healthz` depends on nothing but this process. An outage of another service shows in the metrics: a
restart does not end it, and costs a rebalance. Why not prometheus_client's own server: decision 63.
"""

import socket
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from socketserver import TCPServer, ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import structlog
from prometheus_client import CollectorRegistry, make_wsgi_app
from prometheus_client.metrics_core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

from runtime import logging
from runtime.threads import spawn_restarted

log = structlog.get_logger()

# A client that connects and sends nothing is disconnected.
CLIENT_SECONDS = 10.0


class Probes:
    """Listens from its construction on, in a thread. Raises OSError if it cannot.

    `alive` and `failing`, which names what is not ready, answer the probes; each request has a thread. The metrics that every
    program has are added to the registry.
    """

    def __init__(
        self,
        address: tuple[str, int],
        registry: CollectorRegistry,
        alive: Callable[[], bool],
        failing: Callable[[], Sequence[str]],
    ) -> None:
        host, port = address
        registry.register(_Logs())
        application = _application(
            make_wsgi_app(registry), {"/healthz": lambda: [] if alive() else ["loop"], "/readyz": failing}
        )
        kind = _SixServer if ":" in host else _Server
        self._server = make_server(host, port, application, kind, _Handler)
        spawn_restarted("probes", self._server.serve_forever)

    @property
    def port(self) -> int:
        """The port that it listens on, even if port 0 was requested."""
        return self._server.server_port

    def close(self) -> None:
        """Ends the listener."""
        self._server.shutdown()
        self._server.server_close()


class _Logs(Collector):
    """The metric of every program's log: how many lines are missing because standard error could not be written."""

    def collect(self) -> Iterator[Metric]:
        """Gives the count at each scrape."""
        yield CounterMetricFamily(
            "auditlog_log_lines_dropped", "Log lines that standard error did not take", logging.dropped()
        )


def _application(metrics: WSGIApplication, probes: dict[str, Callable[[], Sequence[str]]]) -> WSGIApplication:
    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path == "/metrics":
            return metrics(environ, start_response)
        if path not in probes:
            status, text = "404 Not Found", b"/metrics, /healthz, /readyz"
        elif not (failing := probes[path]()):
            status, text = "200 OK", b"ok"
        else:
            status, text = "503 Service Unavailable", "\n".join(["failing:", *failing]).encode()
        start_response(status, [("Content-Type", "text/plain"), ("Cache-Control", "no-store")])
        return [text + b"\n"]

    return answer


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True

    def server_bind(self) -> None:
        # HTTPServer would look up our host name, and DNS may be slow or unavailable.
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])
        self.setup_environ()

    def handle_error(self, request: object, client_address: object) -> None:  # noqa: ARG002 the base class's
        """A line of the log: standard error may be a pipe that is full."""
        log.warning("probe_failed", client=str(client_address), error=repr(sys.exc_info()[1]))


class _SixServer(_Server):
    address_family = socket.AF_INET6


class _Handler(WSGIRequestHandler):
    timeout = CLIENT_SECONDS

    def log_message(self, format: str, *args: object) -> None:
        """Logs nothing: there is a probe every few seconds."""
