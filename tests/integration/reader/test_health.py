"""Whatever is unavailable, slow, frozen or overloaded, the response is a 503 with Retry-After, and the reader recovers by itself."""

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import psycopg
import pytest

import reader.auth.jwks
import reader.http.heartbeat
import reader.http.limiter
import reader.http.readiness
import reader.query.database
import reader.query.list_queries
from reader.model import Listing
from reader.query.database import Statement
from reader.query.list_queries import LARGE_DIFFS
from sandbox.services.freezing import frozen_database
from sandbox.services.issuer import Issuer, Person
from sandbox.services.postgres import PostgresServer
from sandbox.services.process import wait_until
from tests.integration.reader.entries import WORKSPACE
from tests.integration.reader.site import ADMIN, OTHER, Site

READS = ("/v1/audit-events", "/v1/audit-events/1", "/audit", "/audit/1")


def is_refused(answer: httpx.Response, kind: str) -> bool:
    """Whether this is a documented 503 that reveals nothing about its cause."""
    assert answer.status_code == 503, answer.text
    assert answer.headers["retry-after"] == "5"
    assert answer.headers["content-security-policy"]
    for word in ("postgres", "psycopg", "Traceback", "Error", "127.0.0.1"):
        assert word not in answer.text
    if answer.headers["content-type"] == "application/problem+json":
        assert answer.json()["type"] == f"/problems/{kind}"
    return True


def recovers(site: Site, path: str = "/v1/audit-events", person: Person = ADMIN) -> bool:
    """Whether it comes back by itself."""
    return wait_until(lambda: site.get(path, person).status_code == 200, 60, pause=0.1)


def test_an_absent_database_is_an_answer(site: Site, postgres: PostgresServer) -> None:
    """503 with Retry-After, liveness stays, readiness goes, and the first requests after the outage are answered."""
    assert site.get("/readyz", None).status_code == 200
    postgres.stop()
    try:
        assert all(is_refused(site.get(path), "unavailable") for path in READS)
        ready = site.get("/readyz", None)
        assert (ready.status_code, ready.headers["retry-after"]) == (503, "5")
        assert ready.json() == {"status": "unavailable", "failing": ["database"]}
        assert site.get("/healthz", None).status_code == 200
        assert site.get("/v1/audit-actions").status_code == 200  # it needs none
    finally:
        postgres.start()
    assert recovers(site)
    assert recovers(site, "/readyz")


@pytest.mark.parametrize("path", ["/v1/audit-events", "/v1/audit-events?action=workspace.settings_updated", "/readyz"])
def test_a_database_that_was_restarted_costs_no_answer(site: Site, postgres: PostgresServer, path: str) -> None:
    """Sessions that ended meanwhile are found out by their first statement, and others are taken: also for another list."""
    with ThreadPoolExecutor(8) as many:
        assert {answer.status_code for answer in many.map(site.get, ["/v1/audit-events"] * 32)} == {200}
    postgres.restart()

    assert site.get(path).status_code == 200


def test_a_frozen_database_is_an_answer(
    site: Site, postgres: PostgresServer, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that takes bytes and says nothing: each session is given up, and no thread is lost to it."""
    monkeypatch.setattr(reader.query.database, "ANSWER_SECONDS", 0.5)
    with ThreadPoolExecutor(8) as many:
        assert {answer.status_code for answer in many.map(site.get, ["/v1/audit-events"] * 32)} == {200}
        with frozen_database(postgres, database_url):
            assert all(is_refused(answer, "unavailable") for answer in many.map(site.get, READS * 6))
            assert site.get("/healthz", None).status_code == 200
            assert site.get("/readyz", None).status_code == 503
        assert recovers(site)
        assert {answer.status_code for answer in many.map(site.get, READS)} == {200, 404}


def test_a_slow_query_gets_advice_to_be_narrower(
    site: Site, put: Callable[..., int], database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lock that someone holds, and a statement that takes longer than its timeout."""
    put(1)
    with psycopg.connect(database_url) as blocker:
        blocker.execute("LOCK TABLE audit_event IN ACCESS EXCLUSIVE MODE")
        assert all(is_refused(site.get(path), "query-timeout") for path in READS)
    assert site.get("/v1/audit-events").status_code == 200

    with monkeypatch.context() as slow:
        slow.setattr(reader.query.list_queries, "PAGE", "SELECT pg_sleep(60)")
        assert all(is_refused(site.get(path), "query-timeout") for path in READS)
    assert site.get("/v1/audit-events").status_code == 200


@pytest.fixture
def probed(site: Site) -> Iterator[str]:
    """The address of the probes that have threads of their own."""
    probes = site._reader.serve_ops(("127.0.0.1", 0))
    yield f"http://127.0.0.1:{probes.port}"
    probes.close()


@pytest.mark.parametrize("port", ["public", "metrics"])
def test_a_flood_of_probes_refuses_none(site: Site, probed: str, monkeypatch: pytest.MonkeyPatch, port: str) -> None:
    """Anyone can send them to the public port: they share one check, which a probe that comes later has too, for a second."""
    going_on, checks, ready = threading.Event(), list[str](), site.database.ready

    def slow() -> bool:
        checks.append("database")
        assert going_on.wait(30)
        return ready()

    monkeypatch.setattr(site.database, "ready", slow)
    monkeypatch.setattr(reader.http.readiness, "KEPT_SECONDS", 60.0)
    assert wait_until(site._reader.heartbeat.ready, 10)
    address = f"{site.url if port == 'public' else probed}/readyz"
    with ThreadPoolExecutor(40) as many:
        asked = [many.submit(httpx.get, address, timeout=30, trust_env=False) for _ in range(40)]
        assert wait_until(lambda: checks == ["database"], 10)
        assert not wait_until(lambda: any(answer.done() for answer in asked), 0.5)
        going_on.set()
        assert {answer.result().status_code for answer in asked} == {200}
    assert httpx.get(address, trust_env=False).status_code == 200
    assert checks == ["database"]


def test_a_public_port_that_does_not_answer_is_noticed_on_the_other(
    site: Site, probed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reader is ready and alive while its event loop turns, and neither once that is stuck."""

    def answers() -> list[tuple[int, str]]:
        return [
            (answer.status_code, answer.text)
            for answer in (httpx.get(f"{probed}{path}", trust_env=False) for path in ("/healthz", "/readyz"))
        ]

    assert wait_until(lambda: answers() == [(200, "ok\n")] * 2, 10)
    monkeypatch.setattr(reader.http.heartbeat, "STUCK_SECONDS", 0.0)
    assert answers() == [(503, "failing:\nloop\n")] * 2


def test_an_entry_that_another_server_lacks_is_an_answer(
    site: Site, put: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page takes two statements, and a standby that is behind may answer the second: a list never says that there is no diff."""
    entry_id, ask = put(1, diff=json.dumps({"changes": {"/x": {"after": "x" * 20_000}}})), site.database.ask

    def behind(workspace_id: str, *statements: Statement) -> Any:
        view, answers = ask(workspace_id, *statements)
        return view, [
            [] if asked.text == LARGE_DIFFS else rows for asked, rows in zip(statements, answers, strict=True)
        ]

    with monkeypatch.context() as lagging:
        lagging.setattr(site.database, "ask", behind)
        assert is_refused(site.get(f"/audit/{entry_id}"), "unavailable")
        assert is_refused(site.get("/v1/audit-events"), "unavailable")
    for path in (f"/audit/{entry_id}", "/v1/audit-events"):
        assert site.get(path).status_code == 200


def test_a_busy_pool_is_an_answer(site: Site) -> None:
    """When every session is taken a request is refused in time, and not for ever."""
    held = [site.database.workspace(WORKSPACE) for _ in range(reader.query.database.POOL_SIZE)]
    for connection in held:
        connection.__enter__()
    try:
        assert all(is_refused(site.get(path), "unavailable") for path in READS)
    finally:
        for connection in held:
            connection.__exit__(None, None, None)
    assert site.get("/v1/audit-events").status_code == 200


class HeldPages:
    """Pages of a site that are held up until they are let go, and how many there are."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.going_on = threading.Event()


@pytest.fixture
def held(site: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[HeldPages]:
    """They are let go in the end. Their lists are in memory: these pages wait for a turn, and for nothing else."""
    assert all(recovers(site, person=person) for person in (ADMIN, OTHER))
    pages, page = HeldPages(), site.listings.page

    def slow(workspace_id: str, *more: Any) -> Listing:
        pages.begun.append(workspace_id)
        assert pages.going_on.wait(60)
        return page(workspace_id, *more)

    monkeypatch.setattr(site.listings, "page", slow)
    yield pages
    pages.going_on.set()


def test_more_than_can_be_worked_on_have_to_wait_or_go(
    site: Site, held: HeldPages, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While all turns are taken the next are refused, probes are answered, and whoever has a turn is served in the end."""
    with ThreadPoolExecutor(reader.http.limiter.MAX_RUNNING) as many:
        people = [ADMIN] * reader.http.limiter.MAX_SHARE + [OTHER] * reader.http.limiter.MAX_RUNNING
        asked = [
            many.submit(site.get, "/v1/audit-events", person) for person in people[: reader.http.limiter.MAX_RUNNING]
        ]
        assert wait_until(lambda: len(held.begun) == reader.http.limiter.MAX_RUNNING, 10)  # all tokens are verified
        assert _figure(site, "auditlog_reader_requests_in_progress") == reader.http.limiter.MAX_RUNNING
        monkeypatch.setattr(reader.http.limiter, "MAX_WAIT_SECONDS", 0.2)
        assert all(is_refused(site.get(path), "busy") for path in (*READS, "/v1/audit-actions", "/"))
        for path in ("/healthz", "/readyz", "/openapi.json", "/static/audit.css"):
            assert site.get(path, None).status_code == 200, path
        held.going_on.set()
        assert [future.result().status_code for future in asked] == [200] * reader.http.limiter.MAX_RUNNING
    assert _figure(site, "auditlog_reader_requests_waiting") == 0


def test_too_many_requests_are_refused_at_once(site: Site, held: HeldPages, monkeypatch: pytest.MonkeyPatch) -> None:
    """The queue has a limit: a request beyond it does not wait at all."""
    monkeypatch.setattr(reader.http.limiter, "MAX_WAIT_SECONDS", 60.0)
    with ThreadPoolExecutor(300) as many:
        asked = [
            many.submit(site.get, "/v1/audit-events")
            for _ in range(reader.http.limiter.MAX_SHARE + reader.http.limiter.MAX_WAITING)
        ]
        assert wait_until(
            lambda: _figure(site, "auditlog_reader_requests_waiting") == reader.http.limiter.MAX_WAITING, 60
        )
        assert is_refused(site.get("/v1/audit-events"), "busy")
        held.going_on.set()
        refused = [answer.text for answer in (future.result() for future in asked) if answer.status_code != 200]
        assert not refused


def _figure(site: Site, name: str) -> float | None:
    return site.metrics.registry.get_sample_value(name)


# --- the issuer's keys


def test_without_any_key_nobody_is_judged(database_url: str) -> None:
    """An issuer that has never answered: 503, not 401, for good and bad tokens; and it recovers by itself."""
    issuer = Issuer()
    issuer.down = True
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reader.auth.jwks, "RETRY_SECONDS", 0.2)
        with Site(database_url, issuer) as site:
            assert all(is_refused(site.get(path), "no-keys") for path in READS)
            assert site.get("/readyz", None).json()["failing"] == ["keys"]
            assert site.get("/v1/audit-events", None).status_code == 401  # nothing to judge
            assert site.get("/healthz", None).status_code == 200
            issuer.down = False
            assert recovers(site)
            assert recovers(site, "/readyz")


def test_an_outage_of_the_issuer_is_not_noticed(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys that were had stay good, and a made-up key id is a bad token still."""
    assert site.get("/v1/audit-events").status_code == 200
    site.issuer.down = True
    monkeypatch.setattr(reader.auth.jwks, "COOLDOWN_SECONDS", 0.0)
    made_up = site.issuer.sign({"sub": ADMIN.user_id}, kid="made-up")

    assert site.ask("GET", "/v1/audit-events", headers={"Authorization": f"Bearer {made_up}"}).status_code == 401
    assert site.get("/v1/audit-events").status_code == 200
    assert site.get("/readyz", None).status_code == 200


def test_rotated_keys_are_followed(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the cooldown one fetch gets the new key; what the old key signed is refused from then on."""
    old = site.issuer.token(ADMIN)
    assert site.get("/v1/audit-events").status_code == 200
    site.issuer.rotate()
    assert site.get("/v1/audit-events").status_code == 401  # within the cooldown
    monkeypatch.setattr(reader.auth.jwks, "COOLDOWN_SECONDS", 0.0)

    assert site.get("/v1/audit-events").status_code == 200
    assert site.ask("GET", "/v1/audit-events", headers={"Authorization": f"Bearer {old}"}).status_code == 401
