"""A page of a list, or one entry, usually in one round trip to the database.

A page at a snapshot holds what had been recorded by then and nothing else. Every statement names the workspace, although
row-level security hides all others.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

import structlog

from reader.model import Entry, LargeDiff, Listing, Query
from reader.query.database import Database
from reader.query.index_results import NotAtHand, Outdated
from reader.query.index_store import IndexStore
from reader.query.large_diffs import LargeDiffs
from reader.query.list_queries import (
    ListQuery,
    entries_by_id,
    large_diffs,
    recent_actors,
    to_entries,
    whole_entry,
)
from reader.query.position import FutureSnapshot, ListPosition, check_time, next_cursor, parse_position
from reader.query.snapshot import Snapshot
from reader.query.transaction_view import TransactionView
from reader.query.unavailable import Unavailable
from reader.query.uncached_page import read_uncached_page
from reader.query.window import Slice, Window, absolute, cut

log = structlog.get_logger()

ATTEMPTS = 4  # to read a page from one database, if it is replaced or if sessions go to several
NO_LIMIT = 2**31 - 1


class Listings:
    """Pages and entries, of one workspace at a time. Safe to use from many threads."""

    def __init__(self, database: Database, databases: int = 1) -> None:
        """`databases`: how many the reader has."""
        self._database = database
        self._indexes = IndexStore(database, databases)
        self._large_diffs = LargeDiffs(database)

    @property
    def key_index_builds(self) -> int:
        """How many key indexes were built by reading a whole list."""
        return self._indexes.builds

    @property
    def key_index_bytes(self) -> int:
        """Bytes of the key indexes in memory."""
        return self._indexes.size

    def page(self, workspace_id: str, query: Query) -> Listing:
        """The page. Raises InvalidQuery for an as_of or cursor that no response has given, and Unavailable."""
        return self._page(workspace_id, query, may_wait=True)

    def _page(self, workspace_id: str, query: Query, *, may_wait: bool) -> Listing:
        position, list_query = parse_position(query), _list_query(workspace_id, query)
        for _ in range(ATTEMPTS):
            try:
                if position is None:
                    return self._current_page(list_query, query, may_wait)
                return self._page_at(position, list_query, query, may_wait)
            except FutureSnapshot:
                assert position is not None
                raise position.invalid() from None
            except Outdated:
                log.warning("index_outdated")
        log.critical(
            "database_changes", detail="the rows of a page are not those of its list, also after reading it again"
        )
        raise Unavailable

    def page_at_once(self, workspace_id: str, query: Query) -> Listing:
        """As `page`, but at once: of a long list that is not in memory yet, perhaps without its total, or without entries."""
        position, list_query = parse_position(query), _list_query(workspace_id, query)
        try:
            if self._indexes.is_at_hand(list_query, position.snapshot if position else None):
                with suppress(NotAtHand):  # too much was recorded since, or it was evicted meanwhile
                    return self._page(workspace_id, query, may_wait=False)
            page = read_uncached_page(self._database, list_query, query, position)
        except FutureSnapshot:
            assert position is not None
            raise position.invalid() from None
        entries = page.entries or ()
        return Listing(
            query=query,
            entries=entries,
            total=query.offset + len(entries) if page.total is None else page.total,
            as_of=page.snapshot.as_of,
            as_of_time=page.snapshot.time,
            newer=page.newer,
            has_newer_beyond=page.has_newer_beyond,
            complete_through=page.view.complete_through,
            sealed_through=page.view.sealed_through,
            next_cursor=next_cursor(page.snapshot, entries[-1]) if len(entries) == query.limit else None,
            is_counted=page.total is not None,
            has_more=page.has_more,
            is_read=page.entries is not None,
        )

    def entry(self, workspace_id: str, entry_id: int) -> Entry | None:
        """The entry of this id as a list has it, if this workspace has it. Raises Unavailable."""
        _, (rows,) = self._database.ask(workspace_id, entries_by_id(workspace_id, [entry_id]))
        return next(iter(to_entries(rows)), None)

    def whole_entry(self, workspace_id: str, entry_id: int) -> tuple[Entry, LargeDiff] | None:
        """The entry of this id with all that is stored, which may be megabytes. Raises Unavailable."""
        _, (rows, diffs) = self._database.ask_for_much(
            workspace_id, whole_entry(workspace_id, entry_id), large_diffs(workspace_id, [entry_id], NO_LIMIT)
        )
        entry = next(iter(to_entries(rows)), None)
        return None if entry is None else (entry, LargeDiff(*diffs[0][1:]))

    def actors(self, workspace_id: str) -> list[str]:
        """Who did something lately in this workspace, as a filter takes them. Raises Unavailable."""
        _, (rows,) = self._database.ask(workspace_id, recent_actors(workspace_id))
        return [name for (name,) in rows]

    def large_diffs(self, workspace_id: str, entries: Sequence[Entry], limit: int) -> Mapping[int, LargeDiff]:
        """The diffs that these entries lack, by id; without the texts of more than `limit` bytes. Raises Unavailable."""
        ids = [entry.id for entry in entries if entry.diff is None]
        return self._large_diffs.of(self._indexes.server, workspace_id, ids, limit)

    def _current_page(self, list_query: ListQuery, query: Query, may_wait: bool) -> Listing:
        current = self._indexes.current(list_query, _window(query, None, datetime.now(UTC)), may_wait=may_wait)
        page, entries = cut(current.index, _window(query, None, current.index.snapshot.time)), current.entries
        if page.ids != [entry.id for entry in entries]:
            # Something was recorded since the last request. Entries never change, so another transaction reads the same.
            view, (rows,) = self._database.ask(
                list_query.workspace_id, entries_by_id(list_query.workspace_id, page.ids)
            )
            entries = to_entries(rows)
            self._check(list_query.workspace_id, view, current.view.server, page, entries)
        return _listing(query, current.index.snapshot, page, entries, current.view)

    def _page_at(self, position: ListPosition, list_query: ListQuery, query: Query, may_wait: bool) -> Listing:
        server, index = self._indexes.at(position.snapshot, list_query, may_wait=may_wait)
        page = cut(index, _window(query, position, position.snapshot.time))
        view, ([newer], rows) = self._database.ask(
            list_query.workspace_id,
            list_query.newer(position.snapshot, absolute(query.selection, position.snapshot.time)),
            entries_by_id(list_query.workspace_id, page.ids),
        )
        check_time(position.snapshot, view)  # an index that was in memory was found by the ids alone
        entries = to_entries(rows)
        self._check(list_query.workspace_id, view, server, page, entries)
        return replace(
            _listing(query, position.snapshot, page, entries, view), newer=newer[0], has_newer_beyond=newer[1]
        )

    def _check(
        self, workspace_id: str, view: TransactionView, server: str, page: Slice, entries: Sequence[Entry]
    ) -> None:
        """Raises Outdated unless the entries are those that the index of `server` names, in its order."""
        self._indexes.check(view, server)
        if page.ids != [entry.id for entry in entries]:
            self._indexes.forget(workspace_id)
            raise Outdated


def _list_query(workspace_id: str, query: Query) -> ListQuery:
    return ListQuery(workspace_id, replace(query.selection, last=None, since=None, before=None))


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
