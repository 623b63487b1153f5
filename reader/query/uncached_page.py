"""A page of a long list whose keys are not in memory: its rows are shown at once, by PostgreSQL's index (decision 79).

Rows, order and `as_of` are those that the key index gives. The total is known only if these rows determine it.
"""

from dataclasses import dataclass
from typing import Any

from reader.model import Entry, Query
from reader.query import key_index, list_queries
from reader.query.database import Database, Session, Statement
from reader.query.list_queries import ListQuery
from reader.query.position import ListPosition, check_reached
from reader.query.snapshot import Snapshot
from reader.query.timeouts import set_page_timeouts
from reader.query.transaction_view import TransactionView
from reader.query.unavailable import Unavailable
from reader.query.window import absolute
from runtime.postgres import Connection

MAX_SKIPPED = 10_000  # entries before a page that is read so


@dataclass(frozen=True, slots=True, kw_only=True)
class UncachedPage:
    """What could be read at once. `entries` is None if reading them would take too long; `total` is None if it is not known."""

    view: TransactionView
    snapshot: Snapshot
    entries: tuple[Entry, ...] | None = None
    has_more: bool = False
    total: int | None = None
    newer: int = 0
    has_newer_beyond: bool = False


def read_uncached_page(
    database: Database, list_query: ListQuery, query: Query, position: ListPosition | None
) -> UncachedPage:
    """The page that `query` shows, from `position` on. Raises FutureSnapshot and Unavailable."""
    if query.offset <= MAX_SKIPPED:
        try:
            with database.workspace(list_query.workspace_id) as session:
                return _read(session, list_query, query, position)
        except Unavailable as error:
            if not error.is_too_long:
                raise
    view, _ = database.ask(list_query.workspace_id)
    return UncachedPage(view=view, snapshot=_snapshot(view, position))


def _read(session: Session, list_query: ListQuery, query: Query, position: ListPosition | None) -> UncachedPage:
    connection, view = session
    snapshot = _snapshot(view, position)
    set_page_timeouts(connection)
    within = absolute(query.selection, snapshot.time)
    after = position.after if position else None
    skipped = 0 if after else query.offset
    at = snapshot if position or view.is_partial else None
    keys = list_query.keys(at, after, query.limit + 1, skipped=skipped, within=within)
    keys_read = key_index.unpack(_all(connection, keys)[0][0])
    ids = [entry_id for _, entry_id in keys_read[: query.limit]]
    entries = list_queries.to_entries(_all(connection, list_queries.entries_by_id(list_query.workspace_id, ids)))
    has_more = len(keys_read) > query.limit
    newer, has_newer_beyond = _all(connection, list_query.newer(snapshot, within))[0] if position else (0, False)
    return UncachedPage(
        view=view,
        snapshot=snapshot,
        entries=entries,
        has_more=has_more,
        total=None if has_more or after or (skipped and not keys_read) else skipped + len(keys_read),
        newer=newer,
        has_newer_beyond=has_newer_beyond,
    )


def _snapshot(view: TransactionView, position: ListPosition | None) -> Snapshot:
    """The snapshot of the page: an older one, or that of this transaction."""
    if position is None:
        return view.visible
    check_reached(position.snapshot, view)
    return position.snapshot


def _all(connection: Connection, statement: Statement) -> list[tuple[Any, ...]]:
    return connection.execute(statement.text, statement.values, binary=True).fetchall()
