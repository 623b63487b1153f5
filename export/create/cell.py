"""The cell of the database (SPEC 8, decision 147): after a split it still has another cell's entries, which go on elsewhere."""

from catalog.cells import stored_cell
from export.format.errors import malformed
from export.tables.database import Connection
from sql import query

CELL = query("runtime/cell")


def check_cell(connection: Connection, workspace_id: str) -> None:
    """MALFORMED if the database, as the transaction of `connection` sees it, is of a cell that has not this workspace."""
    cell, key = stored_cell(connection.execute(CELL).fetchone()), workspace_id.encode()
    if not cell.share.has(key):
        raise malformed(
            f"DATABASE_URL is the database of cell {cell}, and the workspace belongs to cell {cell.sibling_with(key)} (or to a "
            "part of it, if that was split): set DATABASE_URL to the database of that cell"
        )
