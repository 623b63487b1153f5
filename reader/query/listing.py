"""A page of a list, or one entry, usually in one round trip to the database.

A page at a snapshot holds what had been recorded by then and nothing else. Every statement names the workspace, although
row-level security hides all others.
"""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import replace

import structlog

from reader.model import Entry, LargeDiff, Listing, Query
from reader.query.database import Database
from reader.query.index_results import NotAtHand, Outdated
from reader.query.index_store import IndexStore
from reader.query.indexed_page import read_indexed_page
from reader.query.large_diffs import LargeDiffs
from reader.query.list_queries import (
    ListQuery,
    actors,
    large_diffs,
    shown_entry,
    to_entries,
    whole_entry,
)
from reader.query.position import FutureSnapshot, next_cursor, parse_position
from reader.query.searched_text import filter_of_actor
from reader.query.unavailable import Unavailable
from reader.query.uncached_page import read_uncached_page

log = structlog.get_logger()

ATTEMPTS = 4  # to read a page of one database, if it is replaced or restored meanwhile
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
        for attempt in range(ATTEMPTS):
            # Sessions may go to several servers, so all attempts but the first are made by one session each.
            by_server = self._indexes.of_one_server() if attempt else nullcontext((self._database, self._indexes))
            try:
                with by_server as (database, indexes):
                    return read_indexed_page(database, indexes, list_query, query, position, may_wait=may_wait)
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
        """The entry of this id as a list has it, if this workspace has it and lists show it by now. Raises Unavailable."""
        _, (rows,) = self._database.ask(workspace_id, shown_entry(workspace_id, entry_id))
        return next(iter(to_entries(rows)), None)

    def whole_entry(self, workspace_id: str, entry_id: int) -> tuple[Entry, LargeDiff] | None:
        """The entry of this id with all that is stored, which may be megabytes. Raises Unavailable."""
        _, (rows, diffs) = self._database.ask_for_much(
            workspace_id, whole_entry(workspace_id, entry_id), large_diffs(workspace_id, [entry_id], NO_LIMIT)
        )
        entry = next(iter(to_entries(rows)), None)
        return None if entry is None else (entry, LargeDiff(*diffs[0][1:]))

    def actors(self, workspace_id: str) -> list[str]:
        """Who did something in this workspace, as a filter finds them, most first. Raises Unavailable."""
        _, (rows,) = self._database.ask(workspace_id, actors(workspace_id))
        return list(dict.fromkeys(filter(None, (filter_of_actor(*row) for row in rows))))

    def large_diffs(self, workspace_id: str, entries: Sequence[Entry], limit: int) -> Mapping[int, LargeDiff]:
        """The diffs that these entries lack, by id; without the texts of more than `limit` bytes. Raises Unavailable."""
        ids = [entry.id for entry in entries if entry.diff is None]
        return self._large_diffs.of(self._indexes.server, workspace_id, ids, limit)


def _list_query(workspace_id: str, query: Query) -> ListQuery:
    return ListQuery(workspace_id, replace(query.selection, last=None, since=None, before=None))
