"""Which cell the database is, and the refusal of a claim by a consumer of another one (SPEC 8)."""

import sql
from catalog.cells import Cell, stored_cell
from runtime.postgres import Connection

CELL = sql.query("runtime/cell")
KEEP = sql.query("consumer/keep_cell")


class WrongCell(Exception):
    """A consumer and its database are of different cells: a wrong deployment."""

    def __init__(self, actual: Cell, configured: Cell) -> None:
        super().__init__(
            f"the database of DATABASE_URL is cell {actual}, and AUDIT_CELL says {configured}: give each consumer the "
            "database and the number of its own cell; `audit-consumer cells set` makes a database another cell"
        )


def read_cell(connection: Connection) -> Cell:
    """Which cell the database is."""
    return stored_cell(connection.execute(CELL).fetchone())


def keep_cell(connection: Connection, cell: Cell) -> None:
    """Sees to it that the database stays `cell` until the end of the transaction. Raises WrongCell."""
    connection.execute(KEEP)  # a statement of its own: what is read by the same one is older than the lock
    if (actual := read_cell(connection)) != cell:
        raise WrongCell(actual, cell)
