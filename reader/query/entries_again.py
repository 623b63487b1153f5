"""The entries of a page a second time, for a response that had to wait: meanwhile their ids are all that is held of them (decision 71)."""

from collections.abc import Sequence

from reader.model import Entry
from reader.query.database import Database
from reader.query.list_queries import entries_by_id, to_entries
from reader.query.unavailable import Unavailable


def read_again(database: Database, workspace_id: str, ids: Sequence[int]) -> tuple[Entry, ...]:
    """The entries of these ids, as a list has them. Raises Unavailable, also if they are not there: it is another database then."""
    _, (rows,) = database.ask(workspace_id, entries_by_id(workspace_id, ids))
    entries = to_entries(rows)
    if [entry.id for entry in entries] != list(ids):
        raise Unavailable
    return entries
