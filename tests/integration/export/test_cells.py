"""A database that is one cell of several: packages of its own workspaces, and of no other's."""

import pytest

from tests.integration.export.world import World

# org_acme is a workspace of cell 2/2, org_globex one of 1/2 (docs/services.md).
OWN, OTHER = "org_globex", "org_acme"


def become(world: World, number: int, cells: int) -> None:
    """The database becomes a cell, as `audit-consumer cells set` makes it one."""
    world.admin.execute(
        "INSERT INTO audit_cell (number, cells, reason) VALUES (%s, %s, 'split, INC-512')", (number, cells)
    )


@pytest.fixture
def halved(sealed_world: World) -> World:
    """The first half of a database that was split after it had sealed entries of both halves; its log goes on."""
    world = sealed_world
    for workspace in (OWN, OTHER):
        world.record(workspace)
    assert world.seal().exit == 0
    become(world, 1, 2)
    world.record(OWN)
    assert world.seal().exit == 0
    return world


def test_workspace_of_another_cell_is_refused(halved: World) -> None:
    """Its entries up to the split are still here, sealed, and a package of them would verify."""
    result = halved.create("refused", workspace=OTHER)

    assert (result.exit, result.word, result.out) == (2, "MALFORMED", "")
    assert result.err.count("\n") == 1
    for words in (
        "DATABASE_URL is the database of cell 1/2",
        "belongs to cell 2/2 (or to a part of it",
        "set DATABASE_URL to the database of that cell",
    ):
        assert words in result.err
    assert not [path.name for path in halved.path.iterdir() if "refused" in path.name]
    assert halved.rows("SELECT count(*) FROM audit_export") == [(0,)]


def test_workspace_of_the_cell_is_exported(halved: World) -> None:
    """Entries from before the split and after it."""
    assert "VERIFIED - 2 entries" in halved.create(workspace=OWN).out
    assert halved.verify(workspace=OWN).exit == 0


def test_newest_cell_counts(halved: World) -> None:
    """The half becomes a quarter: org_globex is in the other one, org_5 in this."""
    become(halved, 1, 4)
    assert "belongs to cell 2/4 (or to a part of it" in halved.create("refused", workspace=OWN).err
    assert halved.create(workspace="org_5").exit == 0


def test_database_without_cells_has_every_workspace(sealed_world: World) -> None:
    """One that was never told is cell 1/1."""
    world = sealed_world
    for workspace in (OWN, OTHER):
        world.record(workspace)
    assert world.seal().exit == 0
    for workspace in (OWN, OTHER):
        assert world.create(f"of-{workspace}", workspace=workspace).exit == 0
