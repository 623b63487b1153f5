"""Two walls around a workspace, and each holds alone: what the statements ask for, and what the database lets through."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from urllib.parse import urlencode

import pytest

import reader.query.database
import reader.query.list_queries
from reader.query.unavailable import Unavailable
from sandbox.services.process import wait_until
from tests.integration.reader.site import ADMIN, OTHER, Site

STATEMENTS = {"KEYS": 1, "RECORDED": 2, "NEWER": 2, "PAGE": 1}  # and how often each names the workspace
PREDICATE = re.compile(r"(\b\w\.)?\bworkspace_id = %\(workspace_id\)s")
SECRET = "foreign@y.example"


@pytest.fixture
def without_predicate(monkeypatch: pytest.MonkeyPatch) -> None:
    """No statement names the workspace."""
    for name, times in STATEMENTS.items():
        whole = getattr(reader.query.list_queries, name)
        changed, count = PREDICATE.subn("TRUE", whole)
        assert count == times, name
        assert "%(workspace_id)s" not in changed
        monkeypatch.setattr(reader.query.list_queries, name, changed)


@pytest.fixture
def without_policy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sessions are a superuser's, to whom row-level security does not apply."""
    monkeypatch.setattr(reader.query.database, "ROLE", "postgres")


@pytest.fixture
def entries(put: Callable[..., int]) -> tuple[int, int]:
    """Entries of two workspaces, alternating in time; the id of one of each."""
    for minutes in range(30):
        own = put(minutes)
        foreign = put(
            minutes,
            workspace_id="org_2",
            actor_email=SECRET,
            actor_id="user_foreign",
            label="foreign",
            action="member.removed",
        )
    return own, foreign


@pytest.fixture
def walled(entries: tuple[int, int], database_url: str) -> Iterator[Site]:
    """A site that is made when all of the above is in place."""
    with Site(database_url) as site:
        yield site


def leaks(site: Site, own: int, foreign: int) -> list[str]:
    """The requests, of all kinds, whose answers hold anything of the other workspace."""
    first = site.get("/v1/audit-events?limit=7").json()
    queries: list[dict[str, str]] = [
        {}, {"limit": "200"}, {"limit": "7", "offset": "21", "as_of": first["as_of"]}, {"limit": "7", "cursor": first["next_cursor"]},
        {"actor": SECRET}, {"actor": "user_foreign"}, {"action": "member.removed"}, {"facet": "operation:paused"}, {"channel": "web"},
        {"from": "2026-11-01"}, {"to": "2026-11-30"}, {"from": "2026-11-01T00:10:00Z", "to": "2026-11-01T00:12:00Z"},
    ]  # fmt: skip
    leaked = []
    for query in queries:
        answer = site.get(f"/v1/audit-events?{urlencode(query)}")
        assert answer.status_code == 200
        page = answer.json()
        expected = 0 if {"actor", "action"} & set(query) else 2 if len(query) == 2 and "to" in query else 30
        html = site.get(f"/audit?{urlencode(query)}").text
        rows = html.partition("<tbody>")[2]
        if (
            page["total"] != expected
            or "org_2" in answer.text
            or SECRET in answer.text
            or SECRET in rows
            or f"/audit/{foreign}" in html
        ):
            leaked.append(str(query))
    for path in (f"/audit/{foreign}", f"/v1/audit-events/{foreign}"):
        missing = site.get(f"{path.rpartition('/')[0]}/{foreign + 10**6}")
        answer = site.get(path)
        if (answer.status_code, answer.content) != (404, missing.content):
            leaked.append(path)
        assert site.get(path.replace(str(foreign), str(own))).status_code == 200
    return leaked


def test_both_walls(walled: Site, entries: tuple[int, int]) -> None:
    """As it is: an admin of one workspace gets nothing of another, and that one's admin gets it."""
    assert leaks(walled, *entries) == []
    assert walled.get("/v1/audit-events", OTHER).json()["total"] == 30
    assert walled.get(f"/audit/{entries[1]}", OTHER).status_code == 200


@pytest.mark.usefixtures("without_predicate")
def test_row_level_security_alone(walled: Site, entries: tuple[int, int]) -> None:
    """With no statement naming the workspace, the database lets nothing foreign through, to any request."""
    assert leaks(walled, *entries) == []


@pytest.mark.usefixtures("without_policy")
def test_the_statements_alone(walled: Site, entries: tuple[int, int]) -> None:
    """With row-level security out of force, no statement asks for anything foreign."""
    assert leaks(walled, *entries) == []


@pytest.mark.usefixtures("without_predicate", "without_policy")
def test_without_either_wall_it_is_seen(walled: Site, entries: tuple[int, int]) -> None:
    """The tests above can fail: without both, nearly every request shows what is foreign."""
    assert len(leaks(walled, *entries)) >= 10


def test_a_session_is_left_without_a_workspace(walled: Site) -> None:
    """What a request has set goes with its transaction, also when it fails: the next one is another admin's."""
    pool = walled.database._pool
    for person in (ADMIN, OTHER):
        assert walled.get("/v1/audit-events", person).json()["total"] == 30
        assert walled.get("/v1/audit-events?cursor=x", person).status_code == 422
        assert wait_until(lambda: pool.get_stats()["pool_available"] == pool.get_stats()["pool_size"], 10)
        with ExitStack() as taken:  # all of them: any may have been used
            for _ in range(pool.get_stats()["pool_size"]):
                connection = taken.enter_context(pool.connection())
                assert connection.execute("SELECT count(*) FROM audit_event").fetchone() == (0,)


def test_a_session_can_write_nothing_and_read_nothing_else(walled: Site) -> None:
    """It is of the role audit_reader, read only, whatever its login may do."""
    with walled.database.workspace("org_1") as session:
        row = session.connection.execute(
            "SELECT current_user::text, current_setting('transaction_read_only')"
        ).fetchone()
        assert row == ("audit_reader", "on")
    for statement in (
        "DELETE FROM audit_event", "INSERT INTO audit_event DEFAULT VALUES", "SELECT * FROM parked_record", "SELECT * FROM original_record",
        "SELECT * FROM conflicting_event", "SELECT * FROM operator_action", "SELECT * FROM audit_event_p0", "CREATE TEMP TABLE x ()",
    ):  # fmt: skip
        with pytest.raises(Unavailable), walled.database.workspace("org_1") as session:
            session.connection.execute(statement.encode())
