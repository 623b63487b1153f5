"""The newest checkpoint of the log of seals: who keeps it is a witness of what had been recorded by then."""

from typing import NamedTuple

import sql
from reader.query.database import Database, Statement

CHECKPOINT = sql.query("reader/checkpoint")


class Checkpoint(NamedTuple):
    """A signed note, and the number of seals that it signs."""

    size: int
    note: str


def newest_checkpoint(database: Database, workspace_id: str) -> Checkpoint | None:
    """None where nothing is sealed yet. The same for every workspace: nothing in it is of one. Raises Unavailable."""
    _, (rows,) = database.ask(workspace_id, Statement(CHECKPOINT, {}))
    return Checkpoint(rows[0][0] + 1, rows[0][1]) if rows else None
