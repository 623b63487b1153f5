"""AUDIT_CELL: what it may be, and that each cell is a consumer group of its own."""

import pytest

from catalog.cells import WHOLE, Cell
from consumer.settings import SettingsError, load

GOOD = {"DATABASE_URL": "postgresql:///audit"}


def test_without_cells_nothing_changes() -> None:
    """The default is all workspaces, and the group is as it is named."""
    for environ in ({}, {"AUDIT_CELL": ""}, {"AUDIT_CELL": "1/1"}):
        loaded = load({**GOOD, **environ}, kafka=False)
        assert (loaded.cell, loaded.group) == (WHOLE, "callmine-audit")


def test_each_cell_is_a_group_of_its_own() -> None:
    """Members of one group would share the partitions, and each database would get a part of its records."""
    groups = [load({**GOOD, "AUDIT_CELL": cell, "AUDIT_GROUP_ID": "g"}, kafka=False).group for cell in ("1/2", "2/2")]
    assert groups == ["g.cell-1-of-2", "g.cell-2-of-2"]
    assert load({**GOOD, "AUDIT_CELL": "3/4"}, kafka=False).cell == Cell(3, 4)


@pytest.mark.parametrize("cell", ["2", "0/2", "3/2", "1/5000", "1-2"])
def test_what_is_no_cell_is_refused(cell: str) -> None:
    """By its name, with how to write it."""
    with pytest.raises(SettingsError, match="AUDIT_CELL: use i/n"):
        load({**GOOD, "AUDIT_CELL": cell}, kafka=False)
