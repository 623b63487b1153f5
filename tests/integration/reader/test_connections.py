"""Connections: whoever says nothing, says it slowly or takes nothing is let go, and keeps nobody out meanwhile."""

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import httpx
import pytest

import reader.http.connections
import reader.http.middleware
from reader.errors import MEDIA_TYPE
from reader.http.connections import KEEP_SECONDS, MAX_CONNECTIONS
from reader.http.middleware import SECURITY_HEADERS
from sandbox.services.process import wait_until
from tests.integration.reader.program import Program
from tests.integration.reader.site import ADMIN, Site

GET = b"GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\n%s\r\n"


def connect(site: Site, sent: bytes = b"") -> socket.socket:
    """A connection of our own, which has sent this."""
    connection = socket.create_connection(("127.0.0.1", site.port), timeout=30)
    connection.sendall(sent)
    return connection


def received(connection: socket.socket) -> bytes:
    """All that comes until the other side closes."""
    answer = b""
    with suppress(ConnectionResetError):
        while chunk := connection.recv(65536):
            answer += chunk
    return answer


def healthy(connection: socket.socket) -> bool:
    """Whether a probe on this connection is answered; it stays open."""
    connection.sendall(GET % (b"/healthz", b""))
    answer = b""
    while not answer.endswith(b"}"):
        chunk = connection.recv(65536)
        if not chunk:
            return False
        answer += chunk
    return answer.startswith(b"HTTP/1.1 200 ")


def problem(answer: bytes, status: int) -> dict[str, Any]:
    """The problem details of a raw answer, which has every header that it must have."""
    head, _, body = answer.partition(b"\r\n\r\n")
    lines = head.decode().lower().split("\r\n")
    assert lines[0].startswith(f"http/1.1 {status} "), answer
    assert f"content-type: {MEDIA_TYPE}" in lines
    for name, value in SECURITY_HEADERS.items():
        assert f"{name}: {value}".lower() in lines
    body_read: dict[str, Any] = json.loads(body)
    assert body_read["status"] == status
    return body_read


def closed(site: Site, reason: str) -> float:
    value = site.metrics.registry.get_sample_value("auditlog_reader_closed_connections_total", {"reason": reason})
    assert value is not None
    return value


def waiting(site: Site) -> float | None:
    return site.metrics.registry.get_sample_value("auditlog_reader_waiting_connections")


@contextmanager
def silent(site: Site, count: int, sent: bytes = b"") -> Iterator[list[socket.socket]]:
    """So many connections at once that say no more than `sent`."""
    with ExitStack() as opened:
        yield [opened.enter_context(connect(site, sent)) for _ in range(count)]


@pytest.mark.parametrize(
    "sent", [b"", b"GET /v1/audit-events HTTP/1.1\r\nHost: 127.0.0.1\r\nX: "], ids=["silent", "half"]
)
def test_connections_that_wait_keep_nobody_out(site: Site, put: Callable[..., int], sent: bytes) -> None:
    """900 of them, silent or half-way through their headers: pages and probes are answered as if they were not there."""
    put(1)
    with silent(site, 900, sent):
        for path, person in (("/v1/audit-events", ADMIN), ("/audit", ADMIN), ("/healthz", None), ("/readyz", None)):
            answer = httpx.get(
                f"{site.url}{path}",
                headers={"Authorization": f"Bearer {site.issuer.token(person)}"} if person else {},
                timeout=5,
                trust_env=False,
            )
            assert answer.status_code == 200, (path, answer.text)
        assert wait_until(lambda: (waiting(site) or 0) <= MAX_CONNECTIONS, 10)
        assert closed(site, "room") >= 900 - MAX_CONNECTIONS


def test_one_that_has_been_served_goes_after_those_that_never_spoke(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy's idle connection is kept longer than a stranger's."""
    monkeypatch.setattr(reader.http.connections, "MAX_CONNECTIONS", 10)
    with connect(site) as served:
        assert healthy(served)
        with silent(site, 40):
            assert wait_until(lambda: closed(site, "room") == 31, 10)
            assert healthy(served)


def test_silence_ends(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection on which nothing comes is closed without a word."""
    monkeypatch.setattr(reader.http.connections, "HEAD_SECONDS", 0.2)
    with connect(site) as connection:
        assert received(connection) == b""
    assert closed(site, "request_timeout") == 1


def test_one_that_has_been_served_is_kept(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """For longer than load balancers keep theirs, which answer 502 if it is closed just as they use it; and not for ever."""
    monkeypatch.setattr(reader.http.connections, "HEAD_SECONDS", 0.2)
    assert KEEP_SECONDS > 600
    with connect(site) as served:
        for _ in range(2):
            assert healthy(served)
            with connect(site) as stranger:
                assert received(stranger) == b""
        assert healthy(served)
        monkeypatch.setattr(reader.http.connections, "KEEP_SECONDS", 0.2)
        assert received(served) == b""


@pytest.mark.parametrize("after", ["at first", "behind another", "after a pause"])
def test_a_request_that_trickles_in_is_given_up(site: Site, monkeypatch: pytest.MonkeyPatch, after: str) -> None:
    """Slowloris: each byte is not one more chance; also behind a request that was answered. 408, as problem details."""
    monkeypatch.setattr(reader.http.connections, "HEAD_SECONDS", 0.5)
    with connect(site) as connection:
        assert after == "at first" or healthy(connection)
        if after == "after a pause":
            with connect(site) as stranger:
                assert received(stranger) == b""
        connection.sendall(b"GET /audit HTTP/1.1\r\nX: ")
        connection.settimeout(0.02)
        answer = b""
        for _ in range(500):
            with suppress(TimeoutError):
                answer += connection.recv(65536)
            if answer.endswith(b"}"):
                break
            with suppress(ConnectionError):
                connection.sendall(b"a")
    assert problem(answer, 408)["type"] == "/problems/request-timeout"


def test_a_body_that_never_ends_is_not_waited_for(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """The refusal of a POST is sent at once, and the rest of its body has a deadline, however it trickles."""
    monkeypatch.setattr(reader.http.connections, "HEAD_SECONDS", 0.3)
    with connect(site, b"POST /audit HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000000\r\n\r\n") as connection:
        assert connection.recv(65536).startswith(b"HTTP/1.1 405 ")
        connection.settimeout(0.02)
        with suppress(ConnectionResetError, BrokenPipeError):
            for _ in range(1000):
                connection.sendall(b"a")
                with suppress(TimeoutError):
                    if not connection.recv(65536):
                        break
            else:
                pytest.fail("it is still read")


def test_a_client_that_takes_nothing_is_let_go(
    site: Site, put: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a response of megabytes no more than a piece is in the server's buffer, and not for long."""
    monkeypatch.setattr(reader.http.connections, "STALL_SECONDS", 0.3)
    entry_id = put(1, diff=json.dumps({"changes": {"/x": {"after": "x" * 20_000_000}}}))
    token = site.issuer.token(ADMIN).encode()
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(("127.0.0.1", site.port))
        connection.sendall(GET % (b"/v1/audit-events/%d" % entry_id, b"Authorization: Bearer " + token + b"\r\n"))
        assert wait_until(lambda: closed(site, "response_timeout") == 1, 30)
        gauge = "auditlog_reader_requests_in_progress"
        assert wait_until(lambda: site.metrics.registry.get_sample_value(gauge) == 0, 10)


def test_a_response_in_pieces_is_the_whole_response(site: Site, put: Callable[..., int]) -> None:
    """Byte by byte, for lengths around a piece."""
    piece = reader.http.middleware.PIECE
    for length in (piece - 200, piece, 2 * piece, 3 * piece + 1):
        entry_id = put(1, diff=json.dumps({"changes": {"/x": {"after": "x" * length}}}))
        answer = site.get(f"/v1/audit-events/{entry_id}")
        assert answer.json()["diff"]["changes"]["/x"]["after"] == "x" * length
        assert len(answer.content) == int(answer.headers["content-length"])


def test_probes_are_answered_when_all_else_is_refused(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """So many requests in progress that no other is begun: 503 with Retry-After as problem details, but not for a probe."""
    monkeypatch.setattr(reader.http.middleware, "MAX_IN_PROGRESS", 0)
    for path in ("/v1/audit-events", "/audit", "/static/audit.css"):
        answer = site.get(path)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        assert answer.json()["type"] == "/problems/busy"
    assert [site.get(path, None).status_code for path in ("/healthz", "/readyz")] == [200, 200]


def test_if_all_connections_are_busy_a_new_one_is_refused(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """None waits that could make room: the last defense of the process's files, with the same words."""
    monkeypatch.setattr(reader.http.connections, "MAX_CONNECTIONS", 0)
    with connect(site) as connection:
        answer = received(connection)
    assert problem(answer, 503)["type"] == "/problems/busy"
    assert b"\r\nretry-after: 5\r\n" in answer.lower()
    assert closed(site, "refused") == 1


@pytest.mark.parametrize("sent", [b"\0\r\n\r\n", b"GET /\xff HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\nA:\0\r\n\r\n"])
def test_what_is_no_http_is_a_problem_too(calm: Site, sent: bytes) -> None:
    """400 with the headers of every response."""
    assert problem(calm.raw(sent), 400)["type"] == "/problems/not-http"


# --- what a request may bring


def test_headers_that_arrive_at_once_are_bounded_as_those_that_do_not(calm: Site) -> None:
    """20 kB of headers: 400, also for a probe; 10 kB of cookies are read."""
    for path in (b"/healthz", b"/v1/audit-events"):
        answer = calm.raw(GET % (path, b"Connection: close\r\nX: " + b"a" * 20_000 + b"\r\n"))
        assert problem(answer, 400)["type"] == "/problems/request-too-large" or b"not-http" in answer
        answer = calm.raw(GET % (path, b"Connection: close\r\nCookie: " + b"a=b; " * 2_000 + b"\r\n"))
        assert answer.startswith(b"HTTP/1.1 200 " if path == b"/healthz" else b"HTTP/1.1 401 ")


def test_a_long_query_is_refused_and_not_repeated(calm: Site) -> None:
    """422 for whoever may ask, by page, form and API; nobody gets it back, not even as the address to return to."""
    bearer = b"Authorization: Bearer " + calm.issuer.token(ADMIN).encode() + b"\r\n"
    for path in (b"/audit", b"/audit/find", b"/v1/audit-events"):
        target = path + b"?actor=" + b"a" * 70_000
        answer = calm.raw(GET % (target, b"Connection: close\r\n" + bearer))
        assert answer.startswith(b"HTTP/1.1 422 ")
        assert len(answer) < 30_000
        assert b"longer than 8,192 bytes" in answer
        nobody = calm.raw(GET % (target, b"Connection: close\r\n"))
        assert nobody.startswith(b"HTTP/1.1 401 ")
        assert b"aaaa" not in nobody


# --- the two forms of an address


def test_the_absolute_form_is_the_same_request(calm: Site) -> None:
    """RFC 9112 section 3.2.2: its host counts, and the header's does not."""
    bearer = b"Connection: close\r\nAuthorization: Bearer " + calm.issuer.token(ADMIN).encode() + b"\r\n"
    ours = b"http://127.0.0.1:%d" % calm.port
    for target, host, status in (
        (ours + b"/audit", b"127.0.0.1", 200),
        (ours + b"/v1/audit-events?limit=1", b"evil.example", 200),
        (b"HTTP://127.0.0.1/audit", b"127.0.0.1", 200),
        (ours, b"127.0.0.1", 200),
        (ours + b"/nothing", b"127.0.0.1", 404),
        (b"http://evil.example/audit", b"127.0.0.1", 400),
        (b"http://127.0.0.1@evil.example/audit", b"127.0.0.1", 400),
        (b"http:///audit", b"127.0.0.1", 400),
    ):
        answer = calm.raw(b"GET " + target + b" HTTP/1.1\r\nHost: " + host + b"\r\n" + bearer + b"\r\n")
        assert answer.startswith(b"HTTP/1.1 %d " % status), (target, answer[:300])
        assert b"evil" not in answer


def test_only_our_own_host_gets_hsts(calm: Site) -> None:
    """Its subdomains may be others' to decide about."""
    assert calm.get("/healthz", None).headers["strict-transport-security"] == "max-age=63072000"


def test_the_ops_port_answers_whatever_the_public_port_suffers(database_url: str) -> None:
    """By the program itself: probes and figures on the metrics address, with the public port crowded."""
    with Program(database_url) as program:
        crowd = [socket.create_connection(("127.0.0.1", program.port), timeout=10) for _ in range(50)]
        try:
            for path, text in (("/healthz", "ok"), ("/readyz", "ok"), ("/metrics", "auditlog_reader_requests_total")):
                answer = httpx.get(f"http://127.0.0.1:{program.metrics_port}{path}", timeout=10, trust_env=False)
                assert (answer.status_code, text in answer.text) == (200, True)
        finally:
            for connection in crowd:
                connection.close()
