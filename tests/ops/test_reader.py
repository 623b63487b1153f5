"""A real Prometheus scrapes a real reader under load: the figures are there, and every alert fires on its fault and goes after it.

The reader is `audit-reader serve` as deployed, but that it fetches the issuer's keys every second: the rules are quick here,
by the table of tests/ops/prometheus.py.
"""

import itertools
import json
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from typing import NamedTuple

import httpx
import psycopg
import pytest
import yaml

from runtime.migrations import migrate
from sandbox.services.postgres import PostgresServer
from sandbox.services.process import wait_until
from sandbox.services.standby import REPLICATION, standby_of
from tests.conftest import TEMPLATE
from tests.integration.reader.entries import INSERT, entry
from tests.integration.reader.program import Program
from tests.integration.reader.site import ADMIN, MEMBER
from tests.ops.prometheus import DEPLOY, RULES, Prometheus, program

LIMIT = 60.0
ALERTS = {rule["alert"] for rule in yaml.safe_load(RULES.read_text())["groups"][1]["rules"]}
# The production program; only these two durations are other ones.
IMPATIENT = "import reader.auth.jwks as keys; keys.REFRESH_SECONDS = keys.RETRY_SECONDS = 1.0; from reader.cli import main; main()"
ASKED = (
    "/audit",
    "/audit/1",
    "/v1/audit-events",
    "/v1/audit-events?limit=0",
    "/v1/audit-events/1",
    "/v1/audit-actions",
    "/v1/audit-checkpoint",
    "/nothing",
    "/",
)


class Stack(NamedTuple):
    """`fired` collects what was seen to fire."""

    reader: Program
    prometheus: Prometheus
    url: str
    fired: set[str]

    def until(self, condition: Callable[[], bool], wanted: str) -> None:
        """Waits; says what fires where it takes too long."""
        if not wait_until(condition, LIMIT, pause=0.2):
            raise AssertionError(
                f"not within {LIMIT} s: {wanted}; firing: {self.prometheus.firing()}\n{self.reader.log[-3000:]}"
            )

    def fires(self, *alerts: str) -> None:
        """Each of `alerts` fires."""
        self.until(lambda: set(alerts) <= self.prometheus.firing(), f"{alerts} fire")
        self.fired.update(alerts)

    def clears(self, *alerts: str) -> None:
        """None of `alerts` fires any more."""
        self.until(lambda: not set(alerts) & self.prometheus.firing(), f"{alerts} are over")


@pytest.fixture(scope="module")
def stack(postgres: PostgresServer) -> Iterator[Stack]:
    """A reader with some entries, Prometheus, and people who ask until the end: an admin, a member, and nobody."""
    url, stop = postgres.create_database("ops_reader", TEMPLATE), threading.Event()
    with psycopg.connect(url, autocommit=True) as connection:
        for minutes in range(120):
            connection.execute(INSERT, entry(minutes))
    with (
        Program(url, (sys.executable, "-c", IMPATIENT, "serve")) as reader,
        Prometheus([f"127.0.0.1:{reader.metrics_port}"], "auditlog-reader") as prometheus,
    ):
        load = threading.Thread(target=_load, args=(reader, stop))
        load.start()
        yield Stack(reader, prometheus, url, set())
        stop.set()
        load.join()


def _load(reader: Program, stop: threading.Event) -> None:
    with httpx.Client(trust_env=False, timeout=30) as client:
        while not stop.wait(0.02):
            for person in (ADMIN, ADMIN, ADMIN, MEMBER, None):
                headers = {"Authorization": f"Bearer {reader.token(person)}"} if person else {}
                for path in ASKED:
                    if stop.is_set():
                        return
                    try:
                        client.get(f"http://127.0.0.1:{reader.port}{path}", headers=headers)
                    except httpx.TransportError:
                        stop.wait(0.1)  # it is down, as a test wants it


def _expressions() -> list[str]:
    """Every expression of the dashboard about readers, as Grafana would send it with all of them chosen."""
    panels = json.loads((DEPLOY / "grafana" / "dashboard.json").read_text())["panels"]
    expressions = [
        target["expr"] for panel in panels for target in panel.get("targets", ()) if "$reader" in target["expr"]
    ]
    chosen = [text.replace("$reader", ".*").replace("$__rate_interval", "8s") for text in expressions]
    assert len(chosen) > 10 and not [text for text in chosen if "$" in text]
    return chosen


# What every program shows; docs/operations.md lists it once.
COMMON = {"auditlog_log_lines_dropped_total"}


def test_every_figure_of_the_documentation_is_there(stack: Stack) -> None:
    """What docs/operations.md lists is what the reader shows and Prometheus has, and `promtool` has nothing against it."""
    stack.until(
        lambda: (stack.prometheus.value("sum(auditlog_reader_requests_total)") or 0) > 100, "requests are counted"
    )
    documented = (DEPLOY.parent / "docs" / "operations.md").read_text()
    listed = set(re.findall(r"^\| `(auditlog_reader_\w+)`", documented, re.MULTILINE))
    text = stack.reader.metrics()
    shown = set(re.findall(r"^# TYPE (auditlog_\w+)", text, re.MULTILINE))
    assert shown - COMMON == listed
    assert all(f"| `{name}`" in documented for name in COMMON)
    linted = subprocess.run(
        [program("promtool"), "check", "metrics"], check=False, input=text, capture_output=True, text=True
    )
    assert linted.returncode == 0, linted.stdout + linted.stderr
    assert {name for name in shown if not stack.prometheus.query(f'{{__name__=~"{name}(_count)?"}}')} == set()


def test_every_panel_has_data(stack: Stack) -> None:
    """No expression of the dashboard's row of readers is empty under load, and none is NaN."""
    empty: list[str] = []

    def full() -> bool:
        empty[:] = [
            text
            for text in _expressions()
            if "NaN" in {sample["value"][1] for sample in stack.prometheus.query(text)}
            or not stack.prometheus.query(text)
        ]
        return not empty

    stack.until(full, f"every panel has data but {empty}")
    assert stack.prometheus.firing() == set()


def test_the_number_of_series_does_not_grow(stack: Stack) -> None:
    """Whatever is asked, by whatever method, with whatever token."""
    count = 'count({__name__=~"auditlog_reader_.*"})'
    stack.until(lambda: (stack.prometheus.value(count) or 0) > 100, "series are there")

    def flood() -> float:
        with httpx.Client(trust_env=False, timeout=30, base_url=f"http://127.0.0.1:{stack.reader.port}") as client:
            for number in range(100):
                headers = {"Authorization": f"Bearer x{number}"}
                client.request(f"M{number}" if number % 2 else "POST", f"/audit/{number}/x{number}", headers=headers)
                client.get(f"/v1/audit-events/{number}", headers=headers)
                client.get(f"/audit?p{number}={number}", headers={"Host": f"h{number}.example"})
                client.get(
                    "/audit", headers={"Authorization": f"Bearer {stack.reader.token(iss=f'https://{number}.example')}"}
                )
        return len(re.findall("^auditlog_reader_", stack.reader.metrics(), re.MULTILINE))

    assert flood() == flood() < 600


def test_a_database_that_stops_fires_and_resolves(stack: Stack, postgres: PostgresServer) -> None:
    """AuditReaderErrors; the listeners answer meanwhile, and it ends with the outage."""
    postgres.stop()
    try:
        stack.fires("AuditReaderErrors")
        assert stack.reader.get("/healthz", None).status_code == 200
        assert stack.reader.get("/readyz", None).json()["failing"] == ["database"]
    finally:
        postgres.start()
    stack.clears("AuditReaderErrors")


def test_a_lock_fires_and_resolves(stack: Stack) -> None:
    """A database that answers, but not this: AuditReaderErrors too, until the lock is gone."""
    with psycopg.connect(stack.url) as blocker:
        blocker.execute("LOCK TABLE audit_event IN ACCESS EXCLUSIVE MODE")
        stack.fires("AuditReaderErrors")
        assert stack.reader.get("/readyz", None).status_code == 200
    stack.clears("AuditReaderErrors")


def test_an_issuer_that_is_unavailable_fires_and_resolves(stack: Stack) -> None:
    """AuditReaderKeysStale, while everyone with a session is answered still."""
    stack.reader.issuer.down = True
    stack.fires("AuditReaderKeysStale")
    assert stack.reader.get("/v1/audit-events").status_code == 200
    assert (stack.prometheus.value("sum(auditlog_reader_key_fetch_failures_total)") or 0) > 0
    stack.reader.issuer.down = False
    stack.clears("AuditReaderKeysStale")


def test_a_reader_that_is_down_fires_and_resolves(stack: Stack) -> None:
    """AuditReaderDown, until one runs."""
    assert stack.reader.stop() == 0
    stack.fires("AuditReaderDown")
    stack.reader.start()
    stack.clears("AuditReaderDown")


@pytest.fixture
def followed() -> Iterator[tuple[PostgresServer, PostgresServer]]:
    """A primary on which something is committed all the time, as by a consumer, and its standby."""
    stop = threading.Event()
    with PostgresServer(settings=REPLICATION) as primary:
        url = primary.create_database("audit")
        migrate(url, lambda _: None)

        def commits() -> None:
            with psycopg.connect(url, autocommit=True) as connection:
                for minutes in itertools.count():
                    if stop.wait(0.2):
                        return
                    connection.execute(INSERT, entry(minutes))

        with standby_of(primary) as standby:
            writer = threading.Thread(target=commits)
            writer.start()
            yield primary, standby
            stop.set()
            writer.join()


def test_a_standby_that_stays_behind_fires_and_resolves(
    stack: Stack, followed: tuple[PostgresServer, PostgresServer]
) -> None:
    """AuditStandbyBehind while replay is paused, and nothing else: its reader answers with what it has. It ends when replay goes on."""
    standby = followed[1]
    with (
        Program(standby.url("audit"), (sys.executable, "-c", IMPATIENT, "serve")) as reader,
        psycopg.connect(standby.dsn, autocommit=True) as admin,
    ):
        own = f"127.0.0.1:{stack.reader.metrics_port}"
        stack.prometheus.set_targets([own, f"127.0.0.1:{reader.metrics_port}"])
        lag = f'auditlog_reader_replay_lag_seconds{{instance!="{own}"}}'
        stack.until(lambda: 0 < (stack.prometheus.value(lag) or 0) < 5, "the standby follows")
        admin.execute("SELECT pg_wal_replay_pause()")
        stack.fires("AuditStandbyBehind")
        assert stack.prometheus.firing() == {"AuditStandbyBehind"}
        assert reader.get("/v1/audit-events").status_code == 200
        admin.execute("SELECT pg_wal_replay_resume()")
        stack.clears("AuditStandbyBehind")
        stack.prometheus.set_targets([own])


def test_every_alert_has_been_seen_and_none_is_left(stack: Stack) -> None:
    """Each rule about the reader fired above, on a real fault; nothing fires when all is fixed."""
    assert stack.fired == ALERTS
    stack.until(lambda: stack.prometheus.firing() == set(), "nothing fires")
    assert stack.reader.stop() == 0
    assert "Traceback" not in stack.reader.log
