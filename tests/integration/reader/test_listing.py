"""Pages of a snapshot hold every entry once, whatever is recorded meanwhile, at any depth."""

import re
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

import psycopg
import pytest

import reader.query.index_store
import reader.query.key_index
import reader.query.list_queries
import reader.query.listing
from reader.model import Entry, Query
from reader.query.database import Database, Statement
from reader.query.filters import InvalidQuery, parse
from reader.query.listing import Listings
from reader.query.unavailable import Unavailable
from sandbox.services.process import wait_until
from tests.integration.reader.entries import BEGAN, INSERT, WORKSPACE, entry
from tests.integration.reader.site import Site

# Of a page beside those of its snapshot when it is asked for the first time: session, recorded since, rows; each twice at most.
STATEMENTS = 6


@pytest.fixture
def short_buckets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Key indexes that are read seven entries at a time and cut after every fifth, so that few entries make many buckets."""
    monkeypatch.setattr(reader.query.index_store, "CHUNK_KEYS", 7)
    monkeypatch.setattr(reader.query.key_index, "BUCKET_KEYS", 5)
    monkeypatch.setattr(reader.query.key_index, "MAX_BUCKET_KEYS", 9)


def pages(listings: Listings, query: str = "", *, limit: int = 7, offset: int = 0) -> list[Entry]:
    """All entries of one snapshot, page by page from `offset` on; the total must not move."""
    first = listings.page(WORKSPACE, parse([*_pairs(query), ("limit", str(limit))]))
    entries: list[Entry] = []
    for start in range(offset, first.total + limit, limit):
        page = listings.page(
            WORKSPACE, parse([*_pairs(query), ("limit", str(limit)), ("offset", str(start)), ("as_of", first.as_of)])
        )
        assert (page.total, page.as_of) == (first.total, first.as_of)
        entries += page.entries
    return entries


def _pairs(query: str) -> list[tuple[str, str]]:
    return [(name, value) for name, _, value in (part.partition("=") for part in query.split("&") if part)]


def test_newest_first_and_ties_by_id(listings: Listings, put: Callable[..., int]) -> None:
    """Order is occurred_at descending, then id descending."""
    ids = [put(5), put(1), put(5), put(9)]

    assert [listed.id for listed in listings.page(WORKSPACE, Query()).entries] == [ids[3], ids[2], ids[0], ids[1]]


@pytest.mark.usefixtures("short_buckets")
@pytest.mark.parametrize("max_catch_up", [10_000, 3])
@pytest.mark.parametrize(
    "query",
    ["", "action=member.removed", "facet=operation:paused", "source=mcp", "actor=dana@x.example", "channel=api",
     "from=2026-11-01T00:20:00Z&to=2026-11-01T01:10:00Z", "facet=operation:paused&facet=provider:gong",
     "actor=dana@x.example&from=2026-11-01T00:20:00Z", "facet=provider:gong&action=member.removed&to=2026-11-01T01:10:00Z",
     "actor=nobody@x.example"],
)  # fmt: skip
def test_walking_all_pages_while_writers_write(
    listings: Listings, database_url: str, put: Callable[..., int], query: str, max_catch_up: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Late, back-dated and new entries of transactions that commit out of order are on no page of an older snapshot.

    Also where more is recorded than is worth bringing forward, so that lists are read again.
    """
    monkeypatch.setattr(reader.query.index_store, "MAX_CATCH_UP", max_catch_up)
    random = Random(query)
    for _ in range(60):
        put(**_any(random))
    listings.page(WORKSPACE, parse(_pairs(query)))  # counted before there is anything else
    for _ in range(40):
        put(**_any(random))
    expected = _selected(database_url, query)

    with psycopg.connect(database_url) as early, psycopg.connect(database_url) as late:
        early.execute(INSERT, entry(**_any(random)))  # its id and its transaction are older than what is committed next
        first = listings.page(WORKSPACE, parse(_pairs(query)))
        with _Writer(database_url, random):
            late.execute(INSERT, entry(**_any(random)))
            early.commit()
            walked = []
            for offset in range(0, first.total + 7, 7):
                asked = [*_pairs(query), ("limit", "7"), ("offset", str(offset)), ("as_of", first.as_of)]
                page = listings.page(WORKSPACE, parse(asked))
                assert page.total == first.total == len(expected)
                walked += [listed.id for listed in page.entries]
            late.commit()

    assert walked == expected
    assert [listed.id for listed in pages(listings, query)] == _selected(database_url, query)


@pytest.mark.usefixtures("short_buckets")
def test_a_cursor_goes_on_where_the_page_ended(listings: Listings, put: Callable[..., int]) -> None:
    """Machines read by next_cursor to the end, past entries that came later, and then get none."""
    ids = [put(minutes) for minutes in range(23)]
    page = listings.page(WORKSPACE, parse([("limit", "5")]))
    walked = [listed.id for listed in page.entries]
    while page.next_cursor:
        put(2)
        page = listings.page(WORKSPACE, parse([("limit", "5"), ("cursor", page.next_cursor)]))
        walked += [listed.id for listed in page.entries]
        assert page.total == 23

    assert walked == ids[::-1]


def test_newer_entries_are_counted_and_not_shown(listings: Listings, put: Callable[..., int]) -> None:
    """An older snapshot says how many entries of its selection came since, a fresh one none."""
    put(1)
    first = listings.page(WORKSPACE, Query())
    for minutes in (0, 2, 3):
        put(minutes)

    assert listings.page(WORKSPACE, Query(as_of=first.as_of)).newer == 3
    assert listings.page(WORKSPACE, Query()).newer == 0


@pytest.mark.parametrize(
    ("query", "newer"), [("from=2026-11-01T00:02:00Z", 2), ("to=2026-11-01T00:03:00Z", 2), ("actor=x", 0)]
)
def test_newer_entries_are_those_of_the_selection(
    listings: Listings, put: Callable[..., int], monkeypatch: pytest.MonkeyPatch, query: str, newer: int
) -> None:
    """Entries outside the filters are not newer ones, however many of them came."""
    monkeypatch.setattr(reader.query.list_queries, "MAX_NEWER", 2)
    put(1)
    first = listings.page(WORKSPACE, parse(_pairs(query)))
    for minutes in (9, 9, 9) if query.startswith("to") else (0, 0, 0):
        put(minutes)
    for minutes in (2, 2, 2) if newer else ():
        put(minutes)

    page = listings.page(WORKSPACE, parse([*_pairs(query), ("as_of", first.as_of)]))
    assert (page.newer, page.has_newer_beyond) == (newer, newer == 2)


def test_newer_entries_are_looked_for_among_so_many(
    listings: Listings, put: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A filter that selects few entries does not make an older page read all that was recorded since; the page says so."""
    monkeypatch.setattr(reader.query.list_queries, "MAX_NEWER_READ", 3)
    put(actor_id="rare")
    rare = parse([("actor", "rare")])
    as_of = listings.page(WORKSPACE, rare).as_of
    put(workspace_id="org_2")
    for many, actor, newer in ((3, "other", (0, False)), (1, "rare", (0, True))):
        for _ in range(many):
            put(actor_id=actor)
        page = listings.page(WORKSPACE, replace(rare, as_of=as_of))
        assert (page.total, page.newer, page.has_newer_beyond) == (1, *newer)
    assert listings.page(WORKSPACE, parse([("as_of", as_of)])).newer == 3


def test_a_page_says_that_there_may_be_newer_entries(
    site: Site, put: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where none was found among those that were looked at, and where some were."""
    monkeypatch.setattr(reader.query.list_queries, "MAX_NEWER_READ", 2)
    put(actor_id="rare")
    as_of = site.get("/v1/audit-events").json()["as_of"]
    shown = []
    for actor in ("other", "rare", "other"):
        put(actor_id=actor)
        page = site.get(f"/audit?actor=rare&as_of={as_of}").text
        [(hidden, said)] = re.findall(r'<a class="newer" href="[^"]*"( hidden)?><span class="count">([^<]*)<', page)
        shown.append((bool(hidden), said))
    assert shown[0][0]
    assert shown[1:] == [(False, "1 newer entry"), (False, "1 or more newer entries")]
    assert ">Look for newer entries<" in site.get(f"/audit?actor=nobody&as_of={as_of}").text


def test_pages_of_an_older_snapshot_read_nothing_again(
    listings: Listings, put: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """However much has been recorded since, the list is read once, and its older index is derived from the present one."""
    for minutes in range(20):
        put(minutes)
    first = listings.page(WORKSPACE, Query(limit=5))
    for minutes in range(20):
        put(minutes)
    second = listings.page(WORKSPACE, Query(limit=5, offset=5, as_of=first.as_of))
    monkeypatch.setattr(
        reader.query.index_store, "MAX_CATCH_UP", 1
    )  # beyond this, too much was recorded to derive it again
    third = listings.page(WORKSPACE, Query(limit=5, offset=10, as_of=first.as_of))

    assert [listed.occurred_at.minute for listed in (*first.entries, *second.entries, *third.entries)] == [
        *range(19, 4, -1)
    ]
    assert listings.key_index_builds == 1


def test_the_snapshot_of_one_replica_is_good_at_another(
    listings: Listings, database: Database, put: Callable[..., int]
) -> None:
    """Nothing but the database is shared between two readers."""
    put(1)
    first = listings.page(WORKSPACE, Query())
    put(2)

    other = Listings(database).page(WORKSPACE, Query(as_of=first.as_of))

    assert (other.entries, other.total) == (first.entries, 1)


@pytest.mark.parametrize(
    "text",
    ["x", "1-2", "0-0-0", "1-5-3", "1-1-9999999999999999999", "1-2-3-1", "1-2-9-5-4", "9" * 400,
     "99999999999999999-1-1", "1-1-1\n", "١-1-1", "1-1-1;drop table audit_event", "1-4294967296-4294967296", "1-1-4294967296",
     "1-0-1", "4102444799000000-1-1"],
)  # fmt: skip
def test_a_made_up_snapshot_is_refused(listings: Listings, put: Callable[..., int], text: str) -> None:
    """Neither as_of nor cursor is believed unless it could have come from this database."""
    put(1)
    with pytest.raises(InvalidQuery, match="as_of"):
        listings.page(WORKSPACE, Query(as_of=text))
    for cursor in (text, f"{text}~1.1", f"1-1-1~{text}"):
        with pytest.raises(InvalidQuery, match="cursor"):
            listings.page(WORKSPACE, Query(cursor=cursor))


def test_a_snapshot_of_a_time_to_come_is_refused(listings: Listings, put: Callable[..., int]) -> None:
    """Also where its ids are those of a list that is in memory: its time is what a page and a print say."""
    put(1)
    as_of = listings.page(WORKSPACE, Query()).as_of
    time, ids = as_of.split("-", 1)
    for seconds, is_taken in ((0, True), (-3600, True), (3600, False), (10 * 365 * 86_400, False)):
        forged = Query(as_of=f"{int(time) + seconds * 1_000_000}-{ids}")
        for page in (listings.page, listings.page_at_once):
            if is_taken:
                assert page(WORKSPACE, forged).total == 1
            else:
                with pytest.raises(InvalidQuery, match="as_of"):
                    page(WORKSPACE, forged)


def test_an_entry_of_another_workspace_is_no_entry(listings: Listings, put: Callable[..., int]) -> None:
    """A foreign id and an id that does not exist have the same answer."""
    own, foreign = put(1), put(1, workspace_id="org_2")

    read = listings.entry(WORKSPACE, own)

    assert read is not None
    assert (read.id, read.workspace_id, read.subject_label) == (own, WORKSPACE, "Weekly pipeline")
    assert listings.entry(WORKSPACE, foreign) is listings.entry(WORKSPACE, 10**15) is None
    assert listings.page("org_3", Query()).total == 0


def test_row_level_security_holds_by_itself(database: Database, put: Callable[..., int]) -> None:
    """Without any predicate a session of one workspace sees that workspace alone, and without a workspace nothing."""
    put(1)
    put(1, workspace_id="org_2")

    with database.workspace("org_2") as session:
        assert session.connection.execute("SELECT workspace_id FROM audit_event").fetchall() == [("org_2",)]
    with database.workspace("") as session:
        assert session.connection.execute("SELECT workspace_id FROM audit_event").fetchall() == []


def test_statements_of_one_request_see_one_snapshot(
    database: Database, database_url: str, put: Callable[..., int]
) -> None:
    """What commits between two statements of a round trip is seen by neither; no BEGIN is needed for that."""
    put(1)
    count = Statement(
        "SELECT count(*) FROM audit_event WHERE workspace_id = %(workspace_id)s", {"workspace_id": WORKSPACE}
    )
    counted: list[object] = []

    def ask() -> None:
        wait = Statement("SELECT 'waited' FROM pg_advisory_xact_lock(7)", {})
        counted.append(database.ask(WORKSPACE, count, wait, count)[1])

    asking = threading.Thread(target=ask)
    with psycopg.connect(database_url, autocommit=True) as blocker:
        blocker.execute("SELECT pg_advisory_lock(7)")
        asking.start()
        waiting = "SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        assert wait_until(lambda: bool(blocker.execute(waiting).fetchall()), 10)
        put(2)
    asking.join()

    assert counted == [[[(1,)], [("waited",)], [(1,)]]]
    assert database.ask(WORKSPACE, count)[1] == [[(2,)]]


def test_a_session_can_write_nothing(database: Database) -> None:
    """Neither in a transaction of its own nor in one that no BEGIN begins."""
    with pytest.raises(Unavailable):
        database.ask(WORKSPACE, Statement("CREATE TEMPORARY TABLE t (a int)", {}))
    with pytest.raises(Unavailable), database.workspace(WORKSPACE) as session:
        session.connection.execute("CREATE TEMPORARY TABLE t (a int)")


def test_a_workspace_does_not_outlast_its_request(database: Database, put: Callable[..., int]) -> None:
    """The next request of the same session sees its own workspace, and a statement without one sees nothing."""
    put(1)
    put(1, workspace_id="org_2")
    statement = Statement("SELECT workspace_id FROM audit_event", {})

    assert database.ask(WORKSPACE, statement)[1] == [[(WORKSPACE,)]]
    assert database.ask("org_2", statement)[1] == [[("org_2",)]]
    assert database.ask("", statement)[1] == [[]]


@pytest.mark.usefixtures("short_buckets")
def test_a_page_is_a_fixed_number_of_statements(
    listings: Listings, put: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither depth nor the size of a page adds a statement."""
    for minutes in range(60):
        put(minutes)
    first = listings.page(WORKSPACE, Query(limit=1))
    asked: list[object] = []
    execute = psycopg.Connection.execute

    def heard(self: psycopg.Connection[Any], query: Any, *rest: Any, **more: Any) -> Any:
        if threading.current_thread() is threading.main_thread():  # others open sessions for the pool
            asked.append(query)
        return execute(self, query, *rest, **more)

    monkeypatch.setattr(psycopg.Connection, "execute", heard)
    for query in (Query(limit=1), Query(limit=50, offset=40, as_of=first.as_of), Query(offset=10**8)):
        asked.clear()
        listings.page(WORKSPACE, query)
        assert len([text for text in asked if text != ""]) <= STATEMENTS


class _Writer:
    """Records entries of any time in a thread, for as long as a `with` lasts."""

    def __init__(self, url: str, random: Random) -> None:
        self._url, self._random = url, random
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._write)

    def _write(self) -> None:
        with psycopg.connect(self._url) as connection:
            while not self._stop.is_set():
                connection.execute(INSERT, entry(**_any(self._random)))
                connection.commit()

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()


def _any(random: Random) -> dict[str, Any]:
    """An entry somewhere within two hours, often of the same instant as another."""
    mcp = random.random() < 0.3
    return {
        "minutes": random.randrange(120),
        "action": random.choice(["schedule.lifecycle_changed", "member.removed"]),
        "facets": random.choice([["operation:paused"], ["operation:edited", "provider:gong"], ["operation:paused", "provider:gong"]]),
        "actor_email": random.choice(["dana@x.example", None]),
        "channel": "mcp" if mcp else random.choice(["web", "api"]),
        "diff": '{"changes":{},"mcp":{"client":null,"tool":null},"source":"mcp"}' if mcp else '{"changes":{}}',
    }  # fmt: skip


def _selected(url: str, query: str) -> list[int]:
    """What PostgreSQL itself says is selected, by the superuser and without anything of ours."""
    conditions = {
        "": "true",
        "action=member.removed": "action = 'member.removed'",
        "facet=operation:paused": "'operation:paused' = any(facets)",
        "source=mcp": "source = 'mcp'",
        "actor=dana@x.example": "actor_email = 'dana@x.example'",
        "channel=api": "channel = 'api'",
        "from=2026-11-01T00:20:00Z&to=2026-11-01T01:10:00Z": (
            f"occurred_at >= '{BEGAN + timedelta(minutes=20)}' and occurred_at < '{BEGAN + timedelta(minutes=70)}'"
        ),
        "facet=operation:paused&facet=provider:gong": "facets @> '{operation:paused,provider:gong}'",
        "actor=dana@x.example&from=2026-11-01T00:20:00Z": (
            f"actor_email = 'dana@x.example' and occurred_at >= '{BEGAN + timedelta(minutes=20)}'"
        ),
        "facet=provider:gong&action=member.removed&to=2026-11-01T01:10:00Z": (
            "facets && '{provider:gong}' and action = 'member.removed' "
            f"and occurred_at < '{BEGAN + timedelta(minutes=70)}'"
        ),
        "actor=nobody@x.example": "false",
    }
    text = f"select id from audit_event where workspace_id = 'org_1' and {conditions[query]}"
    with psycopg.connect(url) as connection:
        rows = connection.execute(f"{text} order by occurred_at desc, id desc".encode()).fetchall()
    return [row[0] for row in rows]
