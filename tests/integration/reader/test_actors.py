"""The actors that are suggested: also of those who left long ago, in their own workspace alone, at a bounded cost."""

from collections.abc import Callable, Iterator
from typing import Any

import psycopg

from reader.query.list_queries import ACTORS
from reader.query.listing import Listings
from sandbox.bench_reader.entries import WORKSPACE as BIG
from sandbox.bench_reader.entries import fill
from tests.integration.reader.entries import INSERT, WORKSPACE, entry

YEAR = 365 * 24 * 60
MAX_READ = 5_000 + 200 * 25 + 50  # a plan has averages, rounded


def test_who_left_long_ago_is_suggested(listings: Listings, database_url: str) -> None:
    """Behind ten thousand newer entries of others; nobody of another workspace is."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        for minutes in range(30):
            connection.execute(INSERT, entry(minutes, actor_email="left@x.example"))
            connection.execute(INSERT, entry(minutes, actor_email="foreign@y.example", workspace_id="org_2"))
        many = [entry(YEAR + minutes / 10, actor_email=f"p{minutes % 20}@x.example") for minutes in range(10_000)]
        connection.cursor().executemany(INSERT, many)

    suggested = listings.actors(WORKSPACE)

    assert sorted(suggested) == sorted(["left@x.example", *(f"p{number}@x.example" for number in range(20))])
    assert suggested[-1] == "left@x.example"


def test_an_address_that_no_filter_takes_gives_way_to_the_id(listings: Listings, put: Callable[..., int]) -> None:
    """A filter takes 255 bytes."""
    put(1, actor_email="a" * 246 + "@x.example", actor_id="user_long")
    put(2, actor_email="b" * 245 + "@x.example", actor_id="user_b")

    assert sorted(listings.actors(WORKSPACE)) == ["b" * 245 + "@x.example", "user_long"]


def test_a_workspace_without_entries_has_none(listings: Listings, put: Callable[..., int]) -> None:
    """And one whose entries are all of one moment has theirs."""
    assert listings.actors(WORKSPACE) == []
    put(1)
    assert listings.actors(WORKSPACE) == ["dana@x.example"]


def test_it_reads_a_bounded_part_of_a_long_list(database_url: str) -> None:
    """Twenty thousand entries of a workspace, of which about half are read, each by the index of the page."""
    fill(database_url, 60_000)
    with psycopg.connect(database_url) as connection:
        row = connection.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {ACTORS}", {"workspace_id": BIG}).fetchone()
    assert row is not None
    scans = list(scans_of(row[0][0]["Plan"]))
    assert {scan["Node Type"] for scan in scans} <= {"Index Scan", "Index Only Scan"}
    assert 5_000 < sum(scan["Actual Rows"] * scan["Actual Loops"] for scan in scans) <= MAX_READ


def scans_of(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The parts of a plan that read entries."""
    if plan.get("Relation Name", "").startswith("audit_event"):
        yield plan
    for part in plan.get("Plans", ()):
        yield from scans_of(part)
