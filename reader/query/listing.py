"""What is answered: a page of a selection, or one entry; as a rule by one round trip to the database.

Law of this file: a page of a snapshot holds what had been recorded by then and nothing else, and every statement names the
workspace, though row-level security would hide the others anyway.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from reader.model import Entry, Listing, Query
from reader.query.database import Database, TransactionView
from reader.query.filters import InvalidQuery, ParameterError
from reader.query.index_cache import CacheKey, IndexCache
from reader.query.key_index import Key, KeyIndex, key_time
from reader.query.list_queries import ListQuery, entries, recorded, rows
from reader.query.snapshot import Snapshot

NEWER = 100  # more than so many newer entries are not counted for the person who looks
# Beyond so many entries recorded since, it is cheaper to read the list again.
MAX_ARRIVED = 10_000

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
KEY = re.compile(r"(-?[0-9]{1,18})\.([0-9]{1,18})")


class Listings:
    """Answers queries about the entries of one workspace each. Safe to use from many threads."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._cache = IndexCache()

    @property
    def builds(self) -> int:
        """How many lists have been read through."""
        return self._cache.reads

    def page(self, workspace_id: str, query: Query) -> Listing:
        """The page. Raises InvalidQuery for an as_of or cursor that no answer gave, and Unavailable."""
        position = _position(query)
        selection = replace(query.selection, since=None, before=None)
        key, list_query = CacheKey(workspace_id, selection), ListQuery(workspace_id, selection)
        if position is None:
            return self._at_present(key, list_query, query)
        return self._at(position, key, list_query, query)

    def entry(self, workspace_id: str, entry_id: int) -> Entry | None:
        """The entry of this id, if this workspace has it. Raises Unavailable."""
        return next(iter(self._rows(workspace_id, [entry_id])), None)

    def _at_present(self, key: CacheKey, list_query: ListQuery, query: Query) -> Listing:
        """A page of the list as it is now."""
        known, view, arrived, found = self._brought_forward(key, list_query, query, MAX_ARRIVED)
        if len(arrived) > MAX_ARRIVED:
            self._cache.forget(key, known)
            known, view, arrived, found = self._brought_forward(key, list_query, query, None)
        now = Snapshot.from_postgres(view.time, view.snapshot)
        index = known.with_arrived(now, arrived)
        self._cache.keep(key, index)
        part = _part(index, query, None)
        if part.ids != [entry.id for entry in found]:
            # Rows never change: those of another transaction are the same.
            found = self._rows(key.workspace_id, part.ids)
        return _listing(query, now, part, found, view, 0)

    def _brought_forward(
        self, key: CacheKey, list_query: ListQuery, query: Query, most: int | None
    ) -> tuple[KeyIndex, TransactionView, list[Key], tuple[Entry, ...]]:
        """The index as it was last seen, what has arrived since, and the rows of the page as it is if nothing did."""
        # Looked at before our own snapshot is taken, so that it is never ahead of what we see.
        known = self._cache.index(key, lambda: list_query.whole(self._database))
        view, (arrived, found) = self._database.ask(
            key.workspace_id,
            list_query.recorded_since(known.snapshot, most and most + 1),
            rows(key.workspace_id, _part(known, query, None).ids),
        )
        return known, view, recorded(arrived), entries(found)

    def _at(self, position: "_Position", key: CacheKey, list_query: ListQuery, query: Query) -> Listing:
        """A page of the list as it was at an older snapshot: its index is kept too, and stays as it is."""
        snapshot = position.snapshot
        aged = self._cache.known(key._replace(as_of=snapshot.pg_snapshot)) or self._aged(position, key, list_query)
        part = _part(aged, query, position.behind)
        view, (newer, found) = self._database.ask(
            key.workspace_id,
            list_query.recorded_since(snapshot, NEWER, query.selection),
            rows(key.workspace_id, part.ids),
        )
        return _listing(query, snapshot, part, entries(found), view, len(recorded(newer)))

    def _aged(self, position: "_Position", key: CacheKey, list_query: ListQuery) -> KeyIndex:
        """The index at an older snapshot: the present one without what has been recorded since, if that is not too much."""
        snapshot, known = position.snapshot, self._cache.known(key)
        view, found = self._database.ask(
            key.workspace_id,
            *(
                list_query.recorded_since(since, MAX_ARRIVED + 1)
                for since in ((known.snapshot, snapshot) if known else ())
            ),
        )
        now = Snapshot.from_postgres(view.time, view.snapshot)
        if snapshot.xmax > now.xmax or snapshot.xmin > now.xmin:
            # One from beyond this database's present would let entries in that come later.
            raise _invalid(position.parameter)
        aged = key._replace(as_of=snapshot.pg_snapshot)
        arrived, later = map(recorded, found) if known else ([], [])
        if known is None or max(len(arrived), len(later)) > MAX_ARRIVED:
            return self._cache.index(aged, lambda: list_query.whole(self._database, snapshot))
        index = known.with_arrived(now, arrived).without(snapshot, later)
        self._cache.keep(aged, index)
        return index

    def _rows(self, workspace_id: str, ids: Sequence[int]) -> tuple[Entry, ...]:
        _, (found,) = self._database.ask(workspace_id, rows(workspace_id, ids))
        return entries(found)


class _Part(NamedTuple):
    """What a query asks for of an index: the ids of its page, and how many entries it selects."""

    ids: list[int]
    total: int


def _part(index: KeyIndex, query: Query, behind: Key | None) -> _Part:
    """The page of an index, between the ends of the query's range of time."""
    since, before = query.selection.since, query.selection.before
    newest = index.rank((key_time(before.at), -1)) if before else 0
    oldest = index.rank((key_time(since.at), -1)) if since else index.total
    start = newest + query.offset if behind is None else max(newest, index.rank((behind[0], behind[1] - 1)))
    stop = min(start + query.limit, oldest)
    return _Part(index.ids(start, stop) if start < stop else [], oldest - newest)


def _listing(
    query: Query, snapshot: Snapshot, part: _Part, found: tuple[Entry, ...], seen: TransactionView, newer: int
) -> Listing:
    return Listing(
        query=query,
        entries=found,
        total=part.total,
        as_of=snapshot.as_of,
        as_of_time=snapshot.time,
        newer=newer,
        complete_through=seen.complete_through,
        next_cursor=_cursor(snapshot, found[-1]) if len(found) == query.limit else None,
    )


class _Position(NamedTuple):
    """Where a query says that it stands: at a snapshot, and behind an entry; `parameter` says so."""

    parameter: str
    snapshot: Snapshot
    behind: Key | None


def _position(query: Query) -> _Position | None:
    """Reads the opaque texts of an earlier answer. Raises InvalidQuery."""
    try:
        if query.cursor is not None:
            snapshot, _, key = query.cursor.partition("~")
            return _Position("cursor", Snapshot.parse(snapshot), _read_key(key))
        return _Position("as_of", Snapshot.parse(query.as_of), None) if query.as_of else None
    except ValueError:
        raise _invalid("cursor" if query.cursor else "as_of") from None


def _invalid(parameter: str) -> InvalidQuery:
    return InvalidQuery(ParameterError(parameter, f"is not the {parameter} of an earlier answer"))


def _cursor(snapshot: Snapshot, last: Entry) -> str:
    return f"{snapshot.as_of}~{(last.occurred_at - EPOCH) // MICROSECOND}.{last.id}"


def _read_key(text: str) -> Key:
    match = KEY.fullmatch(text)
    if match is None:
        raise ValueError(text)
    try:
        return key_time(EPOCH + timedelta(microseconds=int(match[1]))), int(match[2])
    except OverflowError:
        raise ValueError(text) from None
