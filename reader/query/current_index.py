"""A list in memory, brought up to date by what was recorded since (decision 25)."""

from collections.abc import Callable

from reader.query.database import Database
from reader.query.index_results import CurrentIndex
from reader.query.key_index import KeyIndex
from reader.query.list_queries import ListQuery, entries_by_id, to_entries, to_keys
from reader.query.transaction_view import TransactionView
from reader.query.window import Window, cut


def catch_up(
    database: Database,
    list_query: ListQuery,
    window: Window,
    held: KeyIndex,
    limit: int | None,
    check: Callable[[TransactionView], None],
) -> CurrentIndex | None:
    """In one round trip: `held` with the keys that were recorded since, and the entries of the window in `held`.

    None if more than `limit` were recorded since.
    `check` is called with what the transaction sees. Raises Unavailable, and what `check` raises.
    """
    statements = (
        list_query.recorded_since(held.snapshot, limit),
        entries_by_id(list_query.workspace_id, cut(held, window).ids),
    )
    view, (recorded, rows) = database.ask(list_query.workspace_id, *statements)
    check(view)
    keys = to_keys(recorded, limit)
    if keys is None:
        return None
    return CurrentIndex(index=held.with_added(view.visible, keys), view=view, entries=to_entries(rows))
