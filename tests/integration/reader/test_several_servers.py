"""Sessions of one reader that go to several servers: each page is of one of them, whichever answers."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import cycle
from typing import Any, cast

import pytest
from psycopg_pool import ConnectionPool

import reader.query.index_store
import reader.query.timeouts
from reader.model import Query, Selection
from reader.query.filters import parse
from reader.query.listing import Listings
from runtime.postgres import Connection
from sandbox.services.process import wait_until
from tests.integration.reader.entries import WORKSPACE
from tests.integration.reader.test_servers import Pair, pair, servers  # noqa: F401 fixtures


class Alternating:
    """A pool whose sessions are of the one server and of the other, in strict turn."""

    def __init__(self, *pools: ConnectionPool[Connection]) -> None:
        self._next = cycle(pools)
        self.max_size = pools[0].max_size

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        with next(self._next).connection() as connection:
            yield connection


@pytest.fixture
def listings(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> Iterator[Listings]:  # noqa: F811
    """The lists of a reader before which something distributes sessions over a primary and its standby."""
    with (
        closing(pair.database(pair.primary)) as database,
        closing(pair.database(pair.standby)) as other,
        monkeypatch.context() as patched,
    ):
        patched.setattr(database, "_pool", cast("Any", Alternating(database._pool, other._pool)))
        yield Listings(database)


def test_sessions_that_go_to_two_servers_in_turn(pair: Pair, listings: Listings) -> None:  # noqa: F811
    """Every page is answered, now and at the snapshot of another one, while entries are recorded; each server's list is read once."""
    for number in range(20):
        pair.put(minutes=number)
        pair.follow()
        page = listings.page(WORKSPACE, Query())
        assert (page.total, len(page.entries)) == (number + 1, number + 1)
        assert listings.page(WORKSPACE, Query(selection=Selection(actor="nobody"))).total == 0
        older = listings.page(WORKSPACE, Query(as_of=page.as_of))
        assert (older.total, older.entries) == (page.total, page.entries)
    assert listings.key_index_builds == 4


def test_a_long_list_of_two_servers_has_its_total(
    pair: Pair,  # noqa: F811
    listings: Listings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its rows come at once, and its total when it was read, from whichever server."""
    monkeypatch.setattr(reader.query.index_store, "SHORT_KEYS", 0)
    monkeypatch.setattr(reader.query.timeouts, "PAGE_SECONDS", 20.0)
    for number in range(3):
        pair.put(minutes=number)
    pair.follow()
    first = listings.page_at_once(WORKSPACE, parse([("limit", "1")]))
    assert (first.is_counted, len(first.entries)) == (False, 1)
    waiting = parse([("limit", "1"), ("as_of", first.as_of)])
    counted: list[int] = []

    def is_counted() -> bool:
        page = listings.page_at_once(WORKSPACE, waiting)
        counted.extend([page.total] if page.is_counted else [])
        return len(counted) == 10

    assert wait_until(is_counted, 20)
    assert set(counted) == {3}
