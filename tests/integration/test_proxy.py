"""Through the environment's proxy go the three HTTP requests that docs/deployment.md names, but not those to NO_PROXY's hosts."""

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

from consumer.registry.client import Registry, RegistryUnavailable
from reader.auth.jwks import JwksKeys, KeysUnavailable


class Asked:
    """A server that is a proxy, or the host itself: a proxy is asked for a whole URL, a host for a path. It says 404 to all."""

    def __init__(self) -> None:
        self.targets: list[str] = []
        targets = self.targets

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                targets.append(self.path)
                self.rfile.read(int(self.headers["Content-Length"] or 0))
                self.send_response(404)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def do_POST(self) -> None:
                self.do_GET()

            def log_message(self, format: str, *args: object) -> None:
                """Stays silent."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server.server_port}"


def ask_registry(host: str) -> None:
    """As the consumer asks for a schema."""
    registry = Registry(host)
    with suppress(RegistryUnavailable):
        registry.fetch(7)
    registry.close()


def ask_clerk(host: str) -> None:
    """As the reader asks for keys; returns when it has tried."""
    keys = JwksKeys(f"{host}/jwks")
    with suppress(KeysUnavailable):
        keys.find("any")
    keys.close()


def ask_collector(host: str) -> None:
    """As the consumer exports spans."""
    OTLPSpanExporter(f"{host}/v1/traces").export([])


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[Asked]:
    """The proxy of the environment, which has no other."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    requests = Asked()
    monkeypatch.setenv("HTTP_PROXY", requests.url)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    yield requests
    requests.server.shutdown()
    requests.server.server_close()


@pytest.mark.parametrize(
    ("ask", "path"),
    [(ask_registry, "/schemas/ids/7"), (ask_clerk, "/jwks"), (ask_collector, "/v1/traces")],
    ids=["registry", "keys", "collector"],
)
def test_a_proxy_is_asked_unless_the_host_is_excepted(asked: Asked, ask: Callable[[str], None], path: str) -> None:
    """First a host that only the proxy could reach, then one of NO_PROXY."""
    ask("http://host.internal")
    assert asked.targets == [f"http://host.internal{path}"]
    ask(asked.url)
    assert asked.targets[1:] == [path]
