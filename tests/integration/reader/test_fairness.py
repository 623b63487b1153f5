"""One workspace's cost is not another's: whatever one asks for, the others' lists and entries are waited for no longer than a few turns.

The work of the greedy workspace is held, so a time limit or a fast machine proves nothing here: the others are served while none of it ends.
"""

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import httpx
import pytest

import reader.http.large_responses
import reader.http.limiter
import reader.query.index_store
import reader.query.single_flight
from reader.http.limiter import MAX_WAITING
from reader.model import Entry, LargeDiff
from reader.query.filters import parse
from reader.query.index_load import load_index
from sandbox.services.process import wait_until
from tests.integration.reader.entries import WORKSPACE
from tests.integration.reader.site import ADMIN, OTHER, Site
from tests.integration.reader.test_uncached_page import long  # noqa: F401 fixture

EVENTS = "/v1/audit-events"
GREEDY = 40  # requests at once, which is more than there are turns and places


class Held:
    """Work of the greedy `workspaces` that waits until it is let go; `begun` names whose work has begun, in that order."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.workspaces = {WORKSPACE}
        self.going_on = threading.Semaphore(0)

    def wait(self, workspace_id: str) -> None:
        """Called at the beginning of work."""
        self.begun.append(workspace_id)
        if workspace_id in self.workspaces:
            assert self.going_on.acquire(timeout=60)

    @property
    def greedy(self) -> int:
        """How much work of the first of them has begun."""
        return self.begun.count(WORKSPACE)


@pytest.fixture
def held() -> Iterator[Held]:
    """It is let go in the end."""
    work = Held()
    yield work
    work.going_on.release(10_000)


@pytest.fixture
def many(held: Held) -> Iterator[ThreadPoolExecutor]:
    """Clients, which are waited for once the work is let go."""
    with ThreadPoolExecutor(GREEDY) as pool:
        yield pool
        held.going_on.release(10_000)


@pytest.fixture
def lists(site: Site, put: Callable[..., int], held: Held, long: None, monkeypatch: pytest.MonkeyPatch) -> Site:  # noqa: F811
    """Long lists of two workspaces; an older page is far from every other one."""
    monkeypatch.setattr(reader.query.index_store, "MAX_CATCH_UP", 0)
    monkeypatch.setattr(reader.query.single_flight, "LOAD_WAIT_SECONDS", 60.0)
    load = load_index

    def slow(database: Any, list_query: Any, *more: Any) -> Any:
        held.wait(list_query.workspace_id)
        return load(database, list_query, *more)

    monkeypatch.setattr(reader.query.index_store, "load_index", slow)
    for minutes in range(30):
        put(minutes)
        put(minutes, workspace_id="org_2")
    return site


def forged(site: Site) -> list[str]:
    """An as_of for each entry: what had been recorded before it."""
    with site.database.workspace(WORKSPACE) as session:
        xids = session.connection.execute("SELECT xid::text FROM audit_event WHERE workspace_id = 'org_1' ORDER BY xid")
        return [f"1-{xid}-{xid}" for (xid,) in xids]


@pytest.mark.parametrize("path", [EVENTS, "/audit"])
def test_a_long_list_does_not_wait_for_anothers(lists: Site, held: Held, many: ThreadPoolExecutor, path: str) -> None:
    """One workspace loops over snapshots of its own, through the API or the page: another has its total while none of these has ended."""
    for number, as_of in enumerate(forged(lists) * 2):
        many.submit(lists.get, f"{path}?as_of={as_of}&limit={1 + number % 30}")
    assert wait_until(lambda: held.greedy == 1, 20)

    assert lists.get(EVENTS, OTHER).json()["total"] == 30
    subject = f"{EVENTS}?subject=sch_1"
    assert lists.get(subject, OTHER).json()["total"] == 30
    assert wait_until(lambda: "<strong>30</strong> entries" in lists.get("/audit?channel=web", OTHER).text, 20)
    assert held.begun == [WORKSPACE, "org_2", "org_2", "org_2"], (
        "as many loads as alone, and none of the other's has ended"
    )


def test_a_third_workspace_waits_for_one_load(
    lists: Site, put: Callable[..., int], held: Held, many: ThreadPoolExecutor
) -> None:
    """Two of them hold all places, and have asked for more before it came: it has the first that ends."""
    held.workspaces.add("org_2")
    for minutes in range(2):
        put(minutes, workspace_id="org_3")
    paths = [f"{EVENTS}?subject=sch_{number}" for number in range(5)]
    for path in paths:
        many.submit(lists.get, path)
    assert wait_until(lambda: held.begun == [WORKSPACE], 20)
    for path in paths:
        many.submit(lists.get, path, OTHER)
    assert wait_until(lambda: held.begun == [WORKSPACE, "org_2"], 20)
    assert not lists.listings.page_at_once("org_3", parse([("limit", "1")])).is_counted
    third = many.submit(lists.get, EVENTS, ADMIN._replace(workspace_id="org_3"))
    assert not wait_until(third.done, 0.5)
    assert held.begun == [WORKSPACE, "org_2"]

    held.going_on.release()
    assert third.result(20).json()["total"] == 2
    assert held.begun[2] == "org_3"


def test_a_request_that_finds_no_place_for_its_list_hears_that_it_is_busy(
    lists: Site, held: Held, many: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database is well, and the query is not slow: neither where no more may wait for a load, nor where no load begins in time."""
    monkeypatch.setattr(reader.query.single_flight, "LOAD_WAIT_SECONDS", 1.0)
    first = many.submit(lists.get, f"{EVENTS}?subject=sch_0")
    assert wait_until(lambda: held.greedy == 1, 20)
    second = many.submit(lists.get, f"{EVENTS}?subject=sch_1")
    assert wait_until(lambda: lists.listings._indexes._loads.waiting == 2, 20)
    for answer in (lists.get(f"{EVENTS}?subject=sch_2"), second.result(20)):
        assert (answer.status_code, answer.json()["type"]) == (503, "/problems/busy")
        assert answer.headers["retry-after"] == "5"
    held.going_on.release()
    assert first.result(20).status_code == 200


def test_a_large_entry_waits_for_one_of_anothers(
    site: Site, put: Callable[..., int], held: Held, many: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Large responses are made one at a time: of a loop over them, others wait for the one in progress."""
    monkeypatch.setattr(reader.http.limiter, "MAX_WAIT_SECONDS", 60.0)
    whole = site.listings.whole_entry

    def slow(workspace_id: str, entry_id: int) -> tuple[Entry, LargeDiff] | None:
        held.wait(workspace_id)
        return whole(workspace_id, entry_id)

    monkeypatch.setattr(site.listings, "whole_entry", slow)
    diff = json.dumps({"changes": {"/x": {"after": "x" * 100_000}}})
    ours, theirs = put(diff=diff), put(workspace_id="org_2", diff=diff)
    for _ in range(GREEDY - 1):
        many.submit(site.get, f"{EVENTS}/{ours}")
    assert wait_until(lambda: held.greedy == 1, 20)
    asked: Future[httpx.Response] = many.submit(site.get, f"{EVENTS}/{theirs}", OTHER)
    assert not wait_until(asked.done, 0.2), "one at a time"
    held.going_on.release()

    assert asked.result(30).json()["id"] == str(theirs)
    assert held.begun[:2] == [WORKSPACE, "org_2"]


def test_requests_leave_turns_for_other_workspaces(
    site: Site, put: Callable[..., int], held: Held, many: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One workspace's requests hold all the turns that they can have, and its tokens are new ones: another's are answered at once."""
    monkeypatch.setattr(reader.http.limiter, "MAX_WAIT_SECONDS", 60.0)
    put(workspace_id="org_2")
    page = site.listings.page

    def slow(workspace_id: str, *more: Any) -> Any:
        held.wait(workspace_id)
        return page(workspace_id, *more)

    monkeypatch.setattr(site.listings, "page", slow)
    for _ in range(GREEDY - 1):
        many.submit(site.get, EVENTS)
    assert wait_until(lambda: held.greedy == reader.http.limiter.MAX_SHARE, 20)

    for _ in range(3):
        assert site.get(EVENTS, OTHER).json()["total"] == 1
    assert site.get("/audit", None).status_code == 401
    assert held.greedy == reader.http.limiter.MAX_SHARE


def test_whoever_is_not_signed_in_keeps_nobody_out(
    site: Site, put: Callable[..., int], held: Held, many: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All turns are taken, and more requests than may wait have tokens that are none: each is refused at once; a new good one has its turn."""
    monkeypatch.setattr(reader.http.limiter, "MAX_WAIT_SECONDS", 60.0)
    held.workspaces.add("org_2")
    put(workspace_id="org_3")
    page = site.listings.page

    def slow(workspace_id: str, *more: Any) -> Any:
        held.wait(workspace_id)
        return page(workspace_id, *more)

    monkeypatch.setattr(site.listings, "page", slow)
    for person in [ADMIN] * 10 + [OTHER] * 10:
        many.submit(site.get, EVENTS, person)
    assert wait_until(lambda: held.begun.count(WORKSPACE) == reader.http.limiter.MAX_SHARE, 20)
    assert wait_until(lambda: len(held.begun) == reader.http.limiter.MAX_RUNNING, 20)
    third = many.submit(site.get, EVENTS, ADMIN._replace(workspace_id="org_3"))

    good, unknown = site.issuer.token(ADMIN), site.issuer.sign({}, kid="made-up")
    for token in ("x", f"{good}x", unknown, site.issuer.token(ADMIN, exp=1)):
        with ThreadPoolExecutor(20) as flood:
            headers = {"Authorization": f"Bearer {token}"}
            asked = [flood.submit(site.ask, "GET", EVENTS, headers=headers) for _ in range(MAX_WAITING // 3)]
            assert {answer.result().status_code for answer in asked} == {401}
    assert site.get("/audit", None).status_code == 401
    assert not third.done()
    held.going_on.release(100)
    assert third.result(20).json()["total"] == 1
