"""`audit-reader serve`: what it refuses to start with, how it ends, and what it says meanwhile."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import psycopg
import pytest

import reader
from runtime.shutdown import SHUTDOWN_SECONDS
from sandbox.services.freezing import frozen_database
from sandbox.services.ports import free_port
from sandbox.services.postgres import PostgresServer
from sandbox.services.process import wait_until
from tests.integration.reader.program import COMMAND, ISSUER, ORIGIN, Program
from tests.integration.reader.site import ADMIN, MEMBER

EVENTS = "/v1/audit-events"


@pytest.fixture
def program(database_url: str) -> Iterator[Program]:
    """A reader of the test's own."""
    with Program(database_url) as running:
        yield running


def run(environ: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """`audit-reader serve` with nothing else in its environment; it must end by itself."""
    return subprocess.run(
        COMMAND, check=False, env={"PATH": os.environ["PATH"], **environ}, capture_output=True, text=True, timeout=60
    )  # fmt: skip


def test_all_that_is_wrong_is_one_message() -> None:
    """Exit code 2, every setting named once, and no secret among it."""
    bad = {
        "DATABASE_URL": " ",
        "CLERK_ISSUER": "http://127.0.0.1:9000",
        "CLERK_AUTHORIZED_PARTIES": "http://localhost:3000",
        "CLERK_JWT_KEY": "sesame",
        "CLERK_JWKS_URL": "http://clerk.example/jwks",
        "AUDIT_READER_BIND": "8000",
        "AUDIT_READER_METRICS_BIND": "x:0",
        "AUDIT_READER_HOSTS": "https://app.example",
        "CLERK_SIGN_IN_URL": "javascript:alert(1)",
        "AUDIT_EXPORT_CONTACT": "nobody",
        "AUDIT_ALLOW_MISSING_AZP": "perhaps",
        "AUDIT_LOG_FORMAT": "xml",
    }
    ended = run(bad)

    assert ended.returncode == 2
    assert ended.stdout == ""
    for name in bad:
        assert f"\n  {name}: " in ended.stderr, name
    assert "sesame" not in ended.stderr
    assert "Traceback" not in ended.stderr


def test_an_address_that_is_taken_is_one_line(program: Program) -> None:
    """Exit code 2, as for any other setting, for either port; the line names it."""
    for name in ("AUDIT_READER_BIND", "AUDIT_READER_METRICS_BIND"):
        free = {
            "AUDIT_READER_BIND": f"127.0.0.1:{free_port()}",
            "AUDIT_READER_METRICS_BIND": f"127.0.0.1:{free_port()}",
        }
        ended = run({**program.environ, **free, name: f"127.0.0.1:{program.port}"})
        assert ended.returncode == 2
        assert f"{name}: cannot listen at 127.0.0.1:{program.port}" in ended.stderr
        assert "Traceback" not in ended.stderr


def test_production_takes_no_token_of_the_demo(program: Program) -> None:
    """The demo's issuer is http: a token that says so opens nothing here, whoever has signed it."""
    for claims in ({"iss": program.issuer.url}, {"azp": program.issuer.url}, {"azp": None}):
        headers = {"Authorization": f"Bearer {program.token(**claims)}"}
        assert (
            httpx.get(f"http://127.0.0.1:{program.port}{EVENTS}", headers=headers, trust_env=False).status_code == 401
        )
    assert program.get(EVENTS).status_code == 200
    assert program.get("/sign-in?as=0", None).status_code == 404


def test_nothing_of_the_sandbox_is_in_the_program() -> None:
    """The reader imports neither the demo nor its issuer, so no setting can switch them on."""
    text = (
        "import sys; import reader.cli, reader.serve; "
        "print(sorted(name for name in sys.modules if name.partition('.')[0] in {'sandbox', 'tests', 'consumer', 'confluent_kafka'}))"
    )
    ended = subprocess.run([sys.executable, "-c", text], check=True, capture_output=True, text=True)
    assert ended.stdout.strip() == "[]"
    assert reader.__doc__


def test_a_given_key_is_enough(database_url: str, put: Callable[..., int]) -> None:
    """Networkless: no request to the issuer at all, and the same page."""
    put(1)
    with Program(database_url, CLERK_JWKS_URL="") as program:
        program.stop()
        program.environ["CLERK_JWT_KEY"] = program.issuer.pem
        program.start()
        assert program.get(EVENTS).json()["total"] == 1
        assert program.get("/readyz", None).status_code == 200
        assert program.issuer.fetches == 0
        assert "keys_fetched" not in program.metrics()  # there is nothing that could grow old


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGINT])
def test_it_finishes_what_was_asked_and_ends(
    program: Program, database_url: str, put: Callable[..., int], by: signal.Signals
) -> None:
    """Under load: requests that have come are answered whole, no connection is taken after that, and the exit code is 0."""
    put(1)
    assert program.get(EVENTS).status_code == 200
    with ThreadPoolExecutor(6) as many, psycopg.connect(database_url) as blocker:
        blocker.execute("LOCK TABLE audit_event IN ACCESS EXCLUSIVE MODE")
        asked = [many.submit(program.get, EVENTS) for _ in range(6)]
        assert wait_until(lambda: program.figure("auditlog_reader_requests_in_progress") == 6, 20)
        process = program._server._process
        assert process is not None
        process.send_signal(by)
        blocker.rollback()
        assert {future.result().status_code for future in asked} <= {200, 503}  # 503: the lock was waited for too long
        assert all(future.result().content.endswith(b"}") for future in asked)
        assert process.wait(30) == 0
    with pytest.raises(httpx.TransportError):
        program.get("/healthz", None)
    assert '"event": "finished"' in program.log
    assert "Traceback" not in program.log


def test_it_ends_beside_a_frozen_database(
    program: Program, postgres: PostgresServer, database_url: str, put: Callable[..., int]
) -> None:
    """Requests that wait for a server that says nothing do not keep it: exit code 0, well within the stated time."""
    put(1)
    assert program.get(EVENTS).status_code == 200
    process = program._server._process
    assert process is not None
    with ThreadPoolExecutor(4) as many:
        with frozen_database(postgres, database_url):
            asked = [many.submit(program.get, EVENTS) for _ in range(4)]
            assert wait_until(lambda: program.figure("auditlog_reader_requests_in_progress") == 4, 20)
            process.send_signal(signal.SIGTERM)
            assert process.wait(SHUTDOWN_SECONDS) == 0
        assert {future.result().status_code for future in asked} <= {200, 503}
    assert '"event": "end_forced"' not in program.log


def test_it_ends_under_a_storm(program: Program, put: Callable[..., int]) -> None:
    """While clients ask as fast as they can: each gets a whole answer or none, and the program ends in order."""
    for minutes in range(60):
        put(minutes)
    statuses: set[object] = set()

    def ask() -> None:
        while True:
            try:
                answer = program.get("/audit")
            except httpx.TransportError:
                return
            statuses.add(answer.status_code)
            assert answer.text.rstrip().endswith("</html>")

    with ThreadPoolExecutor(6) as many:
        asking = [many.submit(ask) for _ in range(6)]
        assert wait_until(
            lambda: program.figure('auditlog_reader_requests_total{method="GET",route="/audit",status="200"}') > 30, 60
        )
        assert program.stop() == 0
        for future in asking:
            future.result()
    assert statuses == {200}


def test_it_starts_without_a_database_and_takes_it_when_it_comes(program: Program, postgres: PostgresServer) -> None:
    """An outage at the start is an outage like any other."""
    assert program.stop() == 0
    postgres.stop()
    try:
        program.start()
        assert program.get("/readyz", None).status_code == 503
        assert program.get(EVENTS).status_code == 503
    finally:
        postgres.start()
    assert wait_until(lambda: program.get("/readyz", None).status_code == 200, 60, pause=0.2)
    assert program.get(EVENTS).status_code == 200
    assert "Traceback" not in program.log


def test_the_log_is_json_and_has_no_secret(program: Program, put: Callable[..., int]) -> None:
    """Each line is an object with time and level; tokens, cookies, queries and the database's password are in none."""
    put(1)
    token = program.token()
    with httpx.Client(base_url=f"http://127.0.0.1:{program.port}", trust_env=False) as client:
        client.get("/audit?actor=dana%40x.example", headers={"Cookie": f"__session={token}"})
        client.get(f"{EVENTS}?actor=dana%40x.example&limit=0", headers={"Authorization": f"Bearer {token}"})
        client.get(EVENTS, headers={"Authorization": f"Bearer {token[:-9]}AAAAAAAAA"})
        client.get(EVENTS, headers={"Authorization": f"Bearer {program.token(MEMBER)}"})
    assert program.stop() == 0
    lines = [json.loads(line) for line in program.log.splitlines()]
    assert all({"timestamp", "level", "event"} <= line.keys() for line in lines)
    password = program.environ["DATABASE_URL"].partition("@")[0].rpartition(":")[2]
    for secret in (token[:50], token[-50:-9], "dana@", "dana%", "x.example", "__session", "Bearer", password):
        assert secret not in program.log
    requests = [line for line in lines if line["event"] == "request" and line["route"] != "/healthz"]
    assert [(line["route"], line["status"], line.get("refused"), line.get("user")) for line in requests] == [
        ("/audit", 200, None, ADMIN.user_id), (EVENTS, 422, None, ADMIN.user_id), (EVENTS, 401, "signature", None),
        (EVENTS, 403, "not_admin", MEMBER.user_id),
    ]  # fmt: skip


def test_metrics_are_on_a_port_of_their_own(program: Program) -> None:
    """Not where the public may come; and without the setting there is no listener at all."""
    assert program.get("/metrics").status_code == 404
    assert "auditlog_reader_build_info" in program.metrics()
    assert program.stop() == 0
    program.environ["AUDIT_READER_METRICS_BIND"] = ""
    program.start()
    with pytest.raises(httpx.TransportError):
        program.metrics()
    assert re.search(r'"event": "started"', program.log)
    assert ISSUER != ORIGIN
