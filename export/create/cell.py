"""The cell of the database (SPEC 8, decision 147): after a split it still has another cell's entries, which go on elsewhere."""

from catalog.cells import WHOLE, Cell
from export.format.errors import malformed
from export.tables.database import Connection
from sql import query

CELL = query("runtime/cell")


def check_cell(connection: Connection, workspace_id: str) -> None:
    """MALFORMED if the database, as the transaction of `connection` sees it, is of a cell that has not this workspace."""
    row = connection.execute(CELL).fetchone()
    cell = WHOLE if row is None else Cell(*row)
    key = workspace_id.encode()
    if not cell.share.has(key):
        numbers = range(1, cell.of + 1)
        actual = next(other for number in numbers if (other := Cell(number, cell.of)).share.has(key))
        raise malformed(
            f"DATABASE_URL is the database of cell {cell}, and the workspace is in {actual} or a part of it: a package of it is "
            "made from the database of its own cell; give DATABASE_URL of that"
        )
