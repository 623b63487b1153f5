"""An older list made of one that is in memory, by what was recorded between the two (decision 131)."""

from collections.abc import Callable
from dataclasses import replace

from reader.query.database import Database
from reader.query.key_index import KeyIndex
from reader.query.list_queries import ListQuery, to_keys
from reader.query.position import check_reached
from reader.query.snapshot import Snapshot
from reader.query.transaction_view import TransactionView


def derive(
    database: Database,
    list_query: ListQuery,
    snapshot: Snapshot,
    held: KeyIndex | None,
    limit: int,
    check: Callable[[TransactionView], None],
) -> KeyIndex | None:
    """The list at `snapshot`, made of `held`.

    None if `held` is None, or if more than `limit` keys are in one of them alone.
    `check` is called with what the transaction sees. Raises FutureSnapshot, Unavailable, and what `check` raises.
    """
    between = [held.snapshot.beyond(snapshot), snapshot.beyond(held.snapshot)] if held else []
    statements = [list_query.recorded_by(them, limit) for them in between]
    view, results = database.ask(list_query.workspace_id, *statements)
    check(view)
    check_reached(snapshot, view)
    later, earlier = (to_keys(rows, limit) for rows in results) if held else (None, None)
    if held is None or later is None or earlier is None:
        return None
    common = held.without(snapshot, later)
    index = common.with_added(snapshot, earlier)
    return replace(index, fresh=common.fresh + index.fresh)
