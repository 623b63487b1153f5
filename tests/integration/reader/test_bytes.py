"""Bytes: whatever was saved, pages are answered, and what they cost the reader and the database is bounded (SPEC 6)."""

import html
import itertools
import json
import re
import socket
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import psycopg
import pytest

import reader.http.byte_limits
import reader.http.large_responses
import reader.query.large_diffs
from catalog import shortened
from reader.model import Query, Selection
from reader.query.database import Database, Statement
from reader.query.list_queries import LARGE_DIFFS, LIST_DIFF_BYTES
from reader.query.listing import Listings
from sandbox.services.process import wait_until
from tests.integration.reader.diffs import sized, values
from tests.integration.reader.entries import WORKSPACE
from tests.integration.reader.site import ADMIN, Site, Tenant

EVENTS = "/v1/audit-events"
MEGABYTE = 1024 * 1024


@pytest.mark.parametrize(
    "make", [sized, lambda size: sized(size).replace("1", "é"), values], ids=["text", "é", "values"]
)
def test_what_a_list_has_of_a_diff_depends_on_its_bytes(tenant: Tenant, make: Callable[[int], str]) -> None:
    """Up to 64 KiB the API's list has it, and says how large a longer one is; the entry's own address has each whole."""
    limit = reader.http.byte_limits.MAX_LIST_DIFF
    stored: dict[str, str] = {}
    for size in (100, LIST_DIFF_BYTES, LIST_DIFF_BYTES + 1, limit - 2, limit, limit + 1, 8 * limit, 3 * MEGABYTE):
        diff = make(size)
        stored[str(tenant.put(len(stored), diff=diff))] = diff

    for _ in range(2):  # sizes are remembered
        listed = tenant.get(EVENTS).json()["data"]
        assert {item["id"] for item in listed} == set(stored)
        for item in listed:
            diff = stored[item["id"]]
            size = len(diff.encode())
            if size <= limit:
                assert item["diff"] == json.loads(diff)
                assert "diff_bytes" not in item
            else:
                assert (item["diff"], item["diff_bytes"]) == (None, size)
    for entry_id, diff in stored.items():
        own = tenant.get(f"{EVENTS}/{entry_id}")
        assert f'"diff":{diff}' in own.text
        assert "diff_bytes" not in own.json()


def test_the_page_shows_what_is_short_and_links_to_the_rest(tenant: Tenant) -> None:
    """8 KiB in the list, 256 KiB on the entry's own page, the API for all beyond; and what a page shows in all is bounded."""
    for size, in_list, on_page in (
        (LIST_DIFF_BYTES, True, True),
        (LIST_DIFF_BYTES + 1, False, True),
        (reader.http.byte_limits.MAX_PAGE_DIFF, False, True),
        (reader.http.byte_limits.MAX_PAGE_DIFF + 1, False, False),
    ):
        entry_id = tenant.put(size, diff=sized(size))
        text = tenant.get("/audit?limit=1").text
        assert ("data-long" not in text) is in_list
        own = tenant.get(f"/audit/{entry_id}").text
        assert ("too long for a page" not in own) is on_page
        assert (f'href="/audit/{entry_id}/json"' in own) is not on_page
        assert (f"{entry_id}, complete" in own) is on_page
        assert (f"{entry_id}, not complete: {EVENTS}/{entry_id} has all of it" in own) is not on_page

    limit = reader.http.byte_limits.MAX_PAGE_COMMAS
    for commas in (limit, limit + 1):
        entry_id = tenant.put(10**5 + commas, diff=f'{{"changes":{{"/x":{{"after":[{"1," * commas}1]}}}}}}')
        assert ("too long for a page" not in tenant.get(f"/audit/{entry_id}").text) is (commas == limit)

    for minutes in range(200):
        tenant.put(10**6 + minutes, diff=values(LIST_DIFF_BYTES - 1))
    page = tenant.get("/audit?limit=200")
    assert page.status_code == 200
    assert "data-long" not in page.text


@pytest.mark.parametrize("letter", ["a", "é"])
@pytest.mark.parametrize("over", [0, 1])
@pytest.mark.parametrize("size", [10, shortened.NAME_BYTES + 2, 4096, 5000])
def test_an_entry_reads_the_same_everywhere(tenant: Tenant, letter: str, over: int, size: int) -> None:
    """In the list, on its own page and by the API, alone or among others: whatever is cut, and wherever, in bytes or characters."""
    label = letter * (size // len(letter.encode()))
    room = LIST_DIFF_BYTES + over - len('{"changes":{"/name":{"before":"x","after":""}}}')
    diff = f'{{"changes":{{"/name":{{"before":"x","after":"{"b" * (room % len(letter.encode())) + letter * (room // len(letter.encode()))}"}}}}}}'
    facets = ["operation:edited", *(f"operation:{number}{letter * 300}" for number in range(80 if size > 4096 else 0))]
    entry_id = tenant.put(1, label=label, actor_email=f"{label}@x.example", diff=diff, facets=facets)

    [listed] = tenant.get(EVENTS).json()["data"]
    said = listed["summary"]
    assert tenant.get(f"{EVENTS}/{entry_id}").json()["summary"] == said
    for path in ("/audit", f"/audit/{entry_id}"):
        page = re.sub(r"<[^>]+>", "", tenant.get(path).text)
        assert html.unescape(page).count(said) >= 1, path
    assert ("name x → " in said) is (over == 0)


def test_other_long_texts_are_shortened_in_a_list_only(tenant: Tenant) -> None:
    """A long label, address and facets: a list has their beginning, the entry's own address has them whole."""
    label, email = "L" * 600, "é" * 300 + "@x.example"
    facets = [f"f:{number}" + "x" * 300 for number in range(80)]
    entry_id = tenant.put(1, label=label, actor_email=email, facets=facets)

    [listed] = tenant.get(EVENTS).json()["data"]
    assert listed["subject"]["label"] == label[: shortened.NAME_KEPT] + "…"
    assert listed["actor"]["email"] == email[: shortened.NAME_KEPT] + "…"
    assert listed["facets"] == [facet[: shortened.FACET_KEPT] + "…" for facet in facets[: shortened.MAX_FACETS]]
    own = tenant.get(f"{EVENTS}/{entry_id}").json()
    assert (own["subject"]["label"], own["actor"]["email"], own["facets"]) == (label, email, facets)
    for path in ("/audit", f"/audit/{entry_id}"):
        assert len(tenant.get(path).content) < 60_000
    assert f"{entry_id}, not complete: " in tenant.get(f"/audit/{entry_id}").text
    deep = tenant.put(2, diff='{"changes":{"/x":{"after":' + "[" * 2_000 + "]" * 2_000 + "}}}")
    assert f"{deep}, not complete: " in tenant.get(f"/audit/{deep}").text


def test_an_address_that_was_cut_leads_to_its_actor(tenant: Tenant) -> None:
    """By the id: no entry has the part of the address that a list shows."""
    entry_id = tenant.put(1, actor_email="e" * 600 + "@x.example", actor_id="user_long")
    tenant.put(2, actor_email="e" * 600 + "@y.example", actor_id="user_other")
    for path in ("/audit", f"/audit/{entry_id}"):
        page = tenant.get(path).text

        assert "user_long" in page
        assert "actor=eee" not in page
        assert '"actor":"eee' not in page
    assert tenant.get(f"{EVENTS}?actor=user_long").json()["total"] == 1


@pytest.mark.parametrize("size", [shortened.NAME_BYTES, 4096, 4097])
def test_a_page_of_invisible_characters_is_bounded(tenant: Tenant, size: int) -> None:
    """Each is shown as its code of eight characters, in several places of a row; also where few bytes are many facets."""
    hostile = "\x01" * size
    facets = [f"operation:{number}" + "\x01" * 200 for number in range(80)]
    for minutes in range(200):
        tenant.put(minutes, label=hostile, actor_email=hostile, facets=facets)
    for path in ("/audit?limit=200", f"{EVENTS}?limit=200"):
        answer = tenant.get(path)
        assert answer.status_code == 200
        assert len(answer.content) < 6 * MEGABYTE


def test_one_workspace_cannot_hold_all_bytes_that_are_sent(
    site: Site, put: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Clients that take nothing of their large responses: the next one of that workspace is refused, others are served."""
    monkeypatch.setattr(reader.http.large_responses, "MAX_WORKSPACE_BYTES", 12 * MEGABYTE)
    ours = put(1, diff=json.dumps({"changes": {"/x": {"after": "x" * 8 * MEGABYTE}}}))
    theirs = put(1, workspace_id="org_2", diff=json.dumps({"changes": {"/x": {"after": "x" * 8 * MEGABYTE}}}))
    other = ADMIN._replace(workspace_id="org_2")
    token = site.issuer.token(ADMIN)
    with ExitStack() as opened:
        stalled = opened.enter_context(socket.socket())
        stalled.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        stalled.connect(("127.0.0.1", site.port))
        stalled.sendall(
            f"GET {EVENTS}/{ours} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
        )
        assert wait_until(lambda: site.get(f"{EVENTS}/{ours}").status_code == 503, 20)
        refused = site.get(f"{EVENTS}/{ours}")
        assert (refused.headers["retry-after"], refused.json()["type"]) == ("5", "/problems/busy")
        assert site.get(f"{EVENTS}/{theirs}", other).status_code == 200
        assert site.get(EVENTS).status_code == 200
    assert wait_until(lambda: site.get(f"{EVENTS}/{ours}").status_code == 200, 20)


def test_sizes_are_remembered_and_bounded(
    put: Callable[..., int], database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A large diff is read once for its size; what one workspace has forgotten, another has not."""
    monkeypatch.setattr(reader.query.large_diffs, "MAX_SIZES", 3)
    listings, reads = Listings(database), list[str]()
    ask = database.ask

    def counted(workspace_id: str, *statements: Statement) -> Any:
        reads.extend(workspace_id for statement in statements if statement.text == LARGE_DIFFS)
        return ask(workspace_id, *statements)

    monkeypatch.setattr(database, "ask", counted)
    put(workspace_id="org_2", diff=sized(100_000))
    for minutes in range(5):
        put(minutes, diff=sized(100_000))
    for workspace_id, many in (("org_2", 1), (WORKSPACE, 5), (WORKSPACE, 5), ("org_2", 1)):
        entries = listings.page(workspace_id, Query()).entries
        diffs = listings.large_diffs(workspace_id, entries, 64 * 1024)
        assert [large.size for large in diffs.values()] == [100_000] * many
    assert reads == ["org_2", WORKSPACE, WORKSPACE]


def test_no_session_keeps_the_buffers_of_large_rows(
    put: Callable[..., int], listings: Listings, database_url: str
) -> None:
    """What has read megabytes, or a whole list, is ended by the pool; what has read a page is not."""
    large = put(1, diff=sized(MEGABYTE), workspace_id="org_2")
    put(1)

    def sessions() -> set[int]:
        with psycopg.connect(database_url) as connection:
            session = connection.execute(
                "SELECT pid FROM pg_stat_activity WHERE application_name = 'audit-reader' AND datname = current_database()"
            )
            return {pid for (pid,) in session}

    assert listings.entry("org_2", large) is not None
    first = sessions()
    assert listings.entry("org_2", large) is not None
    assert sessions() == first
    assert listings.whole_entry("org_2", large) is not None
    assert wait_until(lambda: not first & sessions() and len(sessions()) == 1, 10)  # the pool has replaced it
    second = sessions()
    numbers = itertools.count(1)

    def is_replaced() -> bool:
        """Each list is another one, whose keys are loaded; by which session, if there are two, is the pool's choice."""
        listings.page(WORKSPACE, Query(Selection(subject=f"sch_{next(numbers)}")))
        return not second & sessions()

    assert wait_until(is_replaced, 10)
