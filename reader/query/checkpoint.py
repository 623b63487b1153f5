"""The newest checkpoint of the log of seals."""

from typing import NamedTuple

import sql
from reader.query.database import Database, Statement

CHECKPOINT = sql.query("reader/checkpoint")


class NewestCheckpoint(NamedTuple):
    """A signed note, and the number of seals that it signs."""

    size: int
    note: str


def newest_checkpoint(database: Database, workspace_id: str) -> NewestCheckpoint | None:
    """None if nothing is sealed yet. It is the same for every workspace, and contains nothing of one. Raises Unavailable."""
    _, (rows,) = database.ask(workspace_id, Statement(CHECKPOINT, {}))
    return NewestCheckpoint(rows[0][0] + 1, rows[0][1]) if rows else None
