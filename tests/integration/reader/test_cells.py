"""A reader of several databases: each workspace is read from the database of its cell, and from no other."""

import uuid
from collections.abc import Iterator

import psycopg
import pytest

from catalog.cells import WHOLE, Cell
from reader.http.replay_lag_metric import ReplayLagMetric
from reader.model import Query
from reader.query.cells import CellDatabases, CellListings
from reader.query.database import POOL_SIZE, Database
from reader.query.listing import Listings
from reader.query.replay_lag import ReplayLag
from reader.query.unavailable import Unavailable
from runtime.postgres import SettingRefused
from sandbox.services.postgres import PostgresServer
from sandbox.services.process import wait_until
from tests.conftest import TEMPLATE
from tests.integration.reader.entries import INSERT, entry

FIRST, SECOND = WHOLE.halves
WORKSPACES = [f"org_{number}" for number in range(12)]
BECOME = "INSERT INTO audit_cell (number, cells, reason) VALUES (%s, %s, 'test')"


@pytest.fixture
def urls(postgres: PostgresServer) -> Iterator[dict[Cell, str]]:
    """A database for each half. Each has two entries of its own workspaces, and one of the others', as a copy would."""
    names = {cell: f"test_{uuid.uuid4().hex[:12]}" for cell in (FIRST, SECOND)}
    for cell, name in names.items():
        with psycopg.connect(postgres.create_database(name, TEMPLATE), autocommit=True) as connection:
            connection.execute(BECOME, cell)
            for workspace in WORKSPACES:
                for minutes in range(2 if cell.share.has(workspace.encode()) else 1):
                    connection.execute(INSERT, entry(minutes, workspace_id=workspace))
    yield {cell: postgres.url(name) for cell, name in names.items()}
    for name in names.values():
        postgres.drop_database(name)


@pytest.fixture
def databases(urls: dict[Cell, str]) -> Iterator[CellDatabases]:
    """The reader's door to both."""
    by_cell = CellDatabases({cell: Database(url, cell) for cell, url in urls.items()})
    yield by_cell
    by_cell.close()


def test_each_workspace_is_read_from_its_own_cell(databases: CellDatabases) -> None:
    """What a copy has of the others is not shown; entries, their diffs and the figures come from both."""
    databases.check()
    assert databases.ready()
    lists = CellListings(databases)
    for workspace in WORKSPACES:
        page = lists.page(workspace, Query())
        assert page.total == 2
        read = lists.entry(workspace, page.entries[0].id)
        assert read is not None
        assert read.workspace_id == workspace
        assert lists.whole_entry(workspace, read.id) is not None
        assert lists.large_diffs(workspace, page.entries, 10) == {}
    assert lists.key_index_builds == len(WORKSPACES)
    assert lists.key_index_bytes > 0
    assert databases.stats()["pool_max"] == 2 * POOL_SIZE


@pytest.mark.parametrize("cell", [WHOLE, SECOND, Cell(1, 4)], ids=str)
def test_nothing_is_read_of_a_database_of_another_cell(urls: dict[Cell, str], cell: Cell) -> None:
    """Neither at the start nor later: its entries of other workspaces end at the split."""
    database = Database(urls[FIRST], cell)
    with pytest.raises(SettingRefused, match=f"the database is cell 1/2, DATABASE_URL says {cell}"):
        database.check()
    assert not database.ready()
    with pytest.raises(Unavailable), database.workspace(WORKSPACES[0]):
        pass
    with pytest.raises(Unavailable):
        Listings(database).page(WORKSPACES[0], Query())
    database.close()


def test_a_database_that_becomes_another_cell_is_read_no_more(urls: dict[Cell, str], databases: CellDatabases) -> None:
    """Also by sessions that were open before; the other cell's workspaces are still there."""
    lists = CellListings(databases)
    ours, theirs = (
        next(workspace for workspace in WORKSPACES if cell.share.has(workspace.encode())) for cell in (FIRST, SECOND)
    )
    assert lists.page(ours, Query()).total == 2
    with psycopg.connect(urls[FIRST], autocommit=True) as connection:
        connection.execute(BECOME, Cell(1, 4))
    with pytest.raises(Unavailable):
        lists.page(ours, Query())
    assert lists.page(theirs, Query()).total == 2
    assert not databases.ready()


def test_the_lag_of_each_cell_is_a_sample_of_its_own(databases: CellDatabases) -> None:
    """By the cell; a database that does not answer has none, and keeps none of the others from having theirs."""
    unavailable = Database("postgresql://nobody@127.0.0.1:1/audit", wait_seconds=0.1)
    try:
        metric = ReplayLagMetric(
            {cell: ReplayLag(database) for cell, database in {**databases.by_cell, WHOLE: unavailable}.items()}
        )

        def samples() -> dict[str, float]:
            return {sample.labels["cell"]: sample.value for family in metric.collect() for sample in family.samples}

        assert wait_until(lambda: samples() == {"1/2": 0, "2/2": 0}, 10)
    finally:
        unavailable.close()
