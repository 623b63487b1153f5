import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import pytest

from consumer.registry.client import Registry, RegistryUnavailable, SchemaAbsent, SchemaNotAvro


class Answers(BaseHTTPRequestHandler):
    """Answers with what the test has put into `say`, and keeps what it was asked."""

    say: ClassVar[Callable[[BaseHTTPRequestHandler], None]]
    asked: ClassVar[list[tuple[str, str | None]]]
    port: ClassVar[int]

    def do_GET(self) -> None:
        self.asked.append((self.path, self.headers["Authorization"]))
        type(self).say(self)

    def log_message(self, format: str, *args: Any) -> None:
        """Stays silent."""


@pytest.fixture
def server() -> Iterator[type[Answers]]:
    class Here(Answers):
        asked: ClassVar[list[tuple[str, str | None]]] = []

    http_server = ThreadingHTTPServer(("127.0.0.1", 0), Here)
    Here.port = http_server.server_port
    thread = threading.Thread(target=http_server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield Here
    http_server.shutdown()
    http_server.server_close()
    thread.join()


def says(status: int, body: Any, **headers: str) -> Any:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()

    def say(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in {"Content-Length": str(len(data)), **headers}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(data)

    return staticmethod(say)


@pytest.fixture
def ask(server: type[Answers]) -> Iterator[Callable[..., str]]:
    opened: list[Registry] = []

    def fetch(say: Any, userinfo: str = "", timeout: float = 5.0) -> str:
        server.say = say
        opened.append(Registry(f"http://{userinfo}127.0.0.1:{server.port}/base/", timeout))
        return opened[-1].fetch(7)

    yield fetch
    for door in opened:
        door.close()


def test_fetches_the_text(server: type[Answers], ask: Callable[..., str]) -> None:
    """The text of the schema is given as it is, asked for under the base of the URL."""
    assert ask(says(200, {"schema": '{"type": "string"}'})) == '{"type": "string"}'
    assert ask(says(200, {"schema": "x", "schemaType": "AVRO", "references": []})) == "x"
    assert ask(says(200, {"schema": "x", "schemaType": None, "references": None})) == "x"  # as some registries write it
    assert ask(says(200, {"schema": "x", "schemaType": ""})) == "x"
    assert ask(says(200, {"schema": "x", "schemaType": "avro"})) == "x"
    assert server.asked == [("/base/schemas/ids/7", None)] * 5


def test_whatever_the_client_raises_is_an_outage(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy with a name that is none is found when it is used: the thread that asks goes on."""
    monkeypatch.setenv("HTTP_PROXY", "http://a..b:1")
    registry = Registry("http://registry.invalid")
    with pytest.raises(RegistryUnavailable, match="UnicodeError"):
        registry.fetch(7)
    registry.close()


def test_sends_user_and_password(server: type[Answers], ask: Callable[..., str]) -> None:
    """User and password of the URL, percent-encoded there, go into basic authentication."""
    ask(says(200, {"schema": "x"}), "ann:p%40ss@")

    assert server.asked == [("/base/schemas/ids/7", "Basic YW5uOnBAc3M=")]


def test_absent(ask: Callable[..., str]) -> None:
    """Only the registry's own error code says that there is no such schema."""
    with pytest.raises(SchemaAbsent, match="has no schema 7"):
        ask(says(404, {"error_code": 40403, "message": "Schema not found"}))


@pytest.mark.parametrize("kind", ["PROTOBUF", "JSON", 1, ["AVRO"]])
def test_not_avro(ask: Callable[..., str], kind: object) -> None:
    """A schema of another kind is refused; the kind may be left out, null or empty for Avro."""
    with pytest.raises(SchemaNotAvro, match="schema 7 is"):
        ask(says(200, {"schema": "x", "schemaType": kind}))


def test_references_are_not_followed(ask: Callable[..., str]) -> None:
    """A schema with references is refused."""
    with pytest.raises(SchemaNotAvro, match="must have no references"):
        ask(says(200, {"schema": "x", "references": [{"name": "a", "subject": "a", "version": 1}]}))


@pytest.mark.parametrize(
    "status", [400, 401, 403, 404, 405, 408, 409, 422, 429, 500, 502, 503, 504, 301, 302, 204, 206]
)
@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"error_code": 50001}', b'{"schema": "x"}'])
def test_everything_else_is_an_outage(ask: Callable[..., str], status: int, body: bytes) -> None:
    """No other status, whatever its body, says anything of the schema."""
    with pytest.raises(RegistryUnavailable, match=str(status)):
        ask(says(status, b"" if status == 204 else body))


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b"{}", b'{"schema": null}', b'{"schema": {}}', b"[" * 100_000, b"\xff"]
)
def test_an_answer_that_is_none_is_an_outage(ask: Callable[..., str], body: bytes) -> None:
    """A 200 without a schema comes from something that is not a registry."""
    with pytest.raises(RegistryUnavailable, match="is it a Schema Registry"):
        ask(says(200, body))


@pytest.mark.parametrize("status", [401, 403])
def test_wrong_credentials_are_named_not_shown(ask: Callable[..., str], status: int) -> None:
    """The text says that user and password are at fault, and shows neither."""
    with pytest.raises(RegistryUnavailable, match="user and password are wrong") as caught:
        ask(says(status, {}), "ann:hunter2@")
    assert "hunter2" not in str(caught.value)
    assert "ann" not in str(caught.value)


def test_wrong_base_is_named(ask: Callable[..., str]) -> None:
    """A 404 of something else asks whether the URL is right."""
    with pytest.raises(RegistryUnavailable, match="is SCHEMA_REGISTRY_URL the registry's base"):
        ask(says(404, b"no such page"))


def test_redirect_is_not_followed(server: type[Answers], ask: Callable[..., str]) -> None:
    """The password goes to no other address."""
    with pytest.raises(RegistryUnavailable, match="302"):
        ask(says(302, b"", Location="/elsewhere"), "ann:hunter2@")
    assert len(server.asked) == 1


def test_nothing_listens(server: type[Answers]) -> None:
    """A refused connection is an outage, its text without the password."""
    door = Registry("http://ann:hunter2@127.0.0.1:1", 5.0)
    with pytest.raises(RegistryUnavailable, match=r"http://127.0.0.1:1: ConnectError") as caught:
        door.fetch(7)
    door.close()
    assert "hunter2" not in str(caught.value)


def test_silence_is_an_outage(ask: Callable[..., str]) -> None:
    """A server that takes the question and says nothing is given up after the timeout."""
    release = threading.Event()
    try:
        with pytest.raises(RegistryUnavailable, match="ReadTimeout"):
            ask(staticmethod(lambda _: release.wait(30) and None), timeout=0.2)
    finally:
        release.set()


def test_a_drip_is_an_outage(ask: Callable[..., str]) -> None:
    """The timeout is for the whole answer: a server that sends a byte now and then is given up too."""
    release = threading.Event()

    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        while not release.wait(0.02):
            try:
                handler.wfile.write(b" ")
            except OSError:
                return

    try:
        with pytest.raises(RegistryUnavailable, match="no whole answer within"):
            ask(staticmethod(drip), timeout=0.3)
    finally:
        release.set()


def test_a_broken_answer_is_an_outage(ask: Callable[..., str]) -> None:
    """An answer that ends before its length is no answer."""
    with pytest.raises(RegistryUnavailable, match="RemoteProtocolError"):
        ask(says(200, b"{}", **{"Content-Length": "99"}))


def test_an_endless_answer_is_an_outage(ask: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer over the limit is not read to its end."""
    monkeypatch.setattr("consumer.registry.client.MAX_ANSWER", 1000)
    with pytest.raises(RegistryUnavailable, match="over 1000 bytes"):
        ask(says(200, {"schema": "x" * 2000}))
