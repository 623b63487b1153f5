"""From the first page of a long list, which is shown at once, to its total: the list is read once."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

import reader.query.index_store
from reader.query.database import Database
from reader.query.filters import parse
from reader.query.index_load import load_index
from reader.query.listing import Listings
from sandbox.services.process import wait_until
from tests.integration.reader.entries import WORKSPACE
from tests.integration.reader.test_uncached_page import long  # noqa: F401 fixture


class Held:
    """Loads that have begun, each of which waits until it may go on."""

    def __init__(self) -> None:
        self.begun: list[str | None] = []
        self.going_on = threading.Event()

    def load(self, database: Any, list_query: Any, snapshot: Any, *more: Any) -> Any:
        self.begun.append(snapshot and snapshot.as_of)
        assert self.going_on.wait(30)
        return load_index(database, list_query, snapshot, *more)


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Held:
    loads = Held()
    monkeypatch.setattr(reader.query.index_store, "load_index", loads.load)
    return loads


@pytest.mark.usefixtures("long")
def test_the_script_that_waits_for_the_total_begins_no_other_load(
    put: Callable[..., int], database: Database, held: Held
) -> None:
    """It asks at the `as_of` of the first page, of which the list as it is now differs by little once it was read."""
    for minutes in range(3):
        put(minutes)
    listings = Listings(database)
    first = listings.page_at_once(WORKSPACE, parse([("limit", "1")]))
    waiting = parse([("limit", "1"), ("as_of", first.as_of)])
    put(4)
    for _ in range(5):
        assert not listings.page_at_once(WORKSPACE, waiting).is_counted
    held.going_on.set()
    assert wait_until(lambda: listings.page_at_once(WORKSPACE, waiting).is_counted, 20)
    assert listings.page_at_once(WORKSPACE, waiting).total == 3
    assert held.begun == [None]


@pytest.mark.usefixtures("long")
def test_a_list_that_waits_for_its_load_is_made_of_what_was_read_meanwhile(
    put: Callable[..., int], database: Database, held: Held
) -> None:
    """Two links to snapshots of one list, one soon after the other: of a workspace one load runs at a time."""
    listings, snapshots = Listings(database), []
    for minutes in range(3):
        put(minutes)
        view, _ = database.ask(WORKSPACE)
        snapshots.append(view.visible.as_of)
    put(4)
    linked = [parse([("limit", "1"), ("as_of", as_of)]) for as_of in snapshots[1:]]
    for query in linked:
        assert not listings.page_at_once(WORKSPACE, query).is_counted
    held.going_on.set()
    for query, total in zip(linked, (2, 3), strict=True):
        assert wait_until(lambda query=query: listings.page_at_once(WORKSPACE, query).is_counted, 20)  # type: ignore[misc]
        assert listings.page_at_once(WORKSPACE, query).total == total
    assert held.begun == snapshots[1:2]
