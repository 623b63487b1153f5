"""A page of a list whose keys are in memory, or are read into memory for it: usually in one round trip to the database."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from reader.model import Entry, Listing, Query
from reader.query.database import Database
from reader.query.index_results import Outdated
from reader.query.index_store import IndexStore
from reader.query.list_queries import ListQuery, entries_by_id, to_entries
from reader.query.position import ListPosition, check_time, next_cursor
from reader.query.snapshot import Snapshot
from reader.query.transaction_view import TransactionView
from reader.query.window import Slice, Window, absolute, cut


def read_indexed_page(
    database: Database,
    indexes: IndexStore,
    list_query: ListQuery,
    query: Query,
    position: ListPosition | None,
    *,
    may_wait: bool,
) -> Listing:
    """The page that `query` shows, from `position` on. Raises FutureSnapshot, Outdated, Unavailable, and unless it `may_wait` NotAtHand."""
    if position is None:
        return _current_page(database, indexes, list_query, query, may_wait)
    return _page_at(database, indexes, list_query, query, position, may_wait)


def _current_page(
    database: Database, indexes: IndexStore, list_query: ListQuery, query: Query, may_wait: bool
) -> Listing:
    current = indexes.current(list_query, _window(query, None, datetime.now(UTC)), may_wait=may_wait)
    page, entries = cut(current.index, _window(query, None, current.index.snapshot.time)), current.entries
    if page.ids != [entry.id for entry in entries]:
        # Something was recorded since the last request. Entries never change, so another transaction reads the same.
        view, (rows,) = database.ask(list_query.workspace_id, entries_by_id(list_query.workspace_id, page.ids))
        entries = to_entries(rows)
        _check(indexes, list_query.workspace_id, view, current.view.server, page, entries)
    return _listing(query, current.index.snapshot, page, entries, current.view)


def _page_at(
    database: Database,
    indexes: IndexStore,
    list_query: ListQuery,
    query: Query,
    position: ListPosition,
    may_wait: bool,
) -> Listing:
    server, index = indexes.at(position.snapshot, list_query, may_wait=may_wait)
    page = cut(index, _window(query, position, position.snapshot.time))
    view, ([newer], rows) = database.ask(
        list_query.workspace_id,
        list_query.newer(position.snapshot, absolute(query.selection, position.snapshot.time)),
        entries_by_id(list_query.workspace_id, page.ids),
    )
    check_time(position.snapshot, view)  # an index that was in memory was found by the ids alone
    entries = to_entries(rows)
    _check(indexes, list_query.workspace_id, view, server, page, entries)
    return replace(_listing(query, position.snapshot, page, entries, view), newer=newer[0], has_newer_beyond=newer[1])


def _check(
    indexes: IndexStore,
    workspace_id: str,
    view: TransactionView,
    server: str,
    page: Slice,
    entries: Sequence[Entry],
) -> None:
    """Raises Outdated unless the entries are those that the index of `server` names, in its order."""
    indexes.check(view, server)
    if page.ids != [entry.id for entry in entries]:
        indexes.forget(workspace_id)
        raise Outdated


def _window(query: Query, position: ListPosition | None, at: datetime) -> Window:
    selection = absolute(query.selection, at)
    since, before = selection.since, selection.before
    return Window(
        since=since.at if since else None,
        before=before.at if before else None,
        offset=query.offset,
        limit=query.limit,
        after=position.after if position else None,
    )


def _listing(
    query: Query, snapshot: Snapshot, page: Slice, entries: tuple[Entry, ...], view: TransactionView
) -> Listing:
    return Listing(
        query=query,
        entries=entries,
        total=page.total,
        as_of=snapshot.as_of,
        as_of_time=snapshot.time,
        newer=0,
        complete_through=view.complete_through,
        sealed_through=view.sealed_through,
        next_cursor=next_cursor(snapshot, entries[-1]) if len(entries) == query.limit else None,
    )
