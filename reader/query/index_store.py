"""The key indexes of lists: loads them, brings them up to date, and takes them back to an older snapshot.

A list is loaded once, by reading all its keys. After that, a request reads only what was recorded since the last one.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace

from reader.model import Entry
from reader.query import key_index, list_queries
from reader.query.database import Database, Statement, TransactionView, be_patient
from reader.query.index_cache import CacheKey, IndexCache
from reader.query.key_index import Key, KeyIndex
from reader.query.list_queries import ListQuery
from reader.query.single_flight import SingleFlight
from reader.query.snapshot import Snapshot
from reader.query.window import Window, cut
from runtime.postgres import Connection

CHUNK_KEYS = 4_000_000  # keys that one statement of a load returns: 64 MB
MAX_CATCH_UP = 10_000  # beyond so many new entries it is cheaper to load the list again


class FutureSnapshot(Exception):
    """A snapshot that this database has not reached yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrentIndex:
    """An index at the snapshot of `view`. `entries` are those of the window before the index caught up."""

    index: KeyIndex
    view: TransactionView
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _CatchUp:
    """The result of one round trip: the keys recorded since `cached`, and the entries of the window in `cached`."""

    cached: KeyIndex
    view: TransactionView
    recorded: list[Key]
    entries: tuple[Entry, ...]


class IndexStore:
    """Key indexes of all lists. Safe to use from many threads."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._cache = IndexCache()
        self._loads: SingleFlight[CacheKey] = SingleFlight()
        self._lock = threading.Lock()
        self._builds = 0

    @property
    def builds(self) -> int:
        """How many indexes were built by reading a whole list."""
        return self._builds

    def current(self, list_query: ListQuery, window: Window) -> CurrentIndex:
        """The list as it is now, and in the same round trip the entries of `window`. Raises Unavailable."""
        key = _cache_key(list_query)
        # The index is taken before the transaction's snapshot, so it is never ahead of what that snapshot sees.
        caught_up = self._catch_up(self._get_or_load(key, list_query), list_query, window, MAX_CATCH_UP + 1)
        if len(caught_up.recorded) > MAX_CATCH_UP:
            self._cache.discard(key, caught_up.cached)
            caught_up = self._catch_up(self._get_or_load(key, list_query), list_query, window, None)
        index = caught_up.cached.with_added(_snapshot(caught_up.view), caught_up.recorded)
        self._cache.put(key, index)
        return CurrentIndex(index=index, view=caught_up.view, entries=caught_up.entries)

    def at(self, snapshot: Snapshot, list_query: ListQuery) -> KeyIndex:
        """The list as it was at an older snapshot. Raises FutureSnapshot and Unavailable."""
        key = replace(_cache_key(list_query), pg_snapshot=snapshot.pg_snapshot)
        return self._cache.get(key) or self._take_back(key, snapshot, list_query)

    def _catch_up(self, cached: KeyIndex, list_query: ListQuery, window: Window, limit: int | None) -> _CatchUp:
        view, (recorded, rows) = self._database.ask(
            list_query.workspace_id,
            list_query.recorded_since(cached.snapshot, limit),
            list_queries.entries_by_id(list_query.workspace_id, cut(cached, window).ids),
        )
        return _CatchUp(
            cached=cached,
            view=view,
            recorded=list_queries.to_keys(recorded),
            entries=list_queries.to_entries(rows),
        )

    def _take_back(self, key: CacheKey, snapshot: Snapshot, list_query: ListQuery) -> KeyIndex:
        """The current index less what was recorded after `snapshot`, or by a load where that is too much."""
        cached = self._cache.get(_cache_key(list_query))
        since: Sequence[Statement] = ()
        if cached is not None:
            since = [list_query.recorded_since(start, MAX_CATCH_UP + 1) for start in (cached.snapshot, snapshot)]
        view, results = self._database.ask(list_query.workspace_id, *since)
        now = _snapshot(view)
        if snapshot.xmax > now.xmax or snapshot.xmin > now.xmin:
            # Entries that are recorded later would appear in it.
            raise FutureSnapshot
        if cached is None:
            return self._get_or_load(key, list_query, snapshot)
        new, later = (list_queries.to_keys(rows) for rows in results)
        if max(len(new), len(later)) > MAX_CATCH_UP:
            return self._get_or_load(key, list_query, snapshot)
        index = cached.with_added(now, new).without(snapshot, later)
        self._cache.put(key, index)
        return index

    def _get_or_load(self, key: CacheKey, list_query: ListQuery, snapshot: Snapshot | None = None) -> KeyIndex:
        index = self._cache.get(key)
        if index is not None:
            return index
        with self._loads.admit(key):
            index = self._cache.get(key)  # another thread may have loaded it meanwhile
            if index is None:
                with self._loads.load():
                    index = self._load(list_query, snapshot)
                self._cache.put(key, index)
            return index

    def _load(self, list_query: ListQuery, snapshot: Snapshot | None) -> KeyIndex:
        """Reads all keys of the list at `snapshot`, or as it is now."""
        buckets: list[bytes] = []
        with self._database.workspace(list_query.workspace_id) as session:
            be_patient(session.connection)
            chunk = _read(session.connection, list_query.keys(snapshot, None, CHUNK_KEYS))
            buckets += key_index.split(chunk)
            while len(chunk) == CHUNK_KEYS * key_index.KEY.size:
                chunk = _read(session.connection, list_query.keys(snapshot, key_index.last_key(chunk), CHUNK_KEYS))
                buckets += key_index.split(chunk)
        with self._lock:
            self._builds += 1
        return KeyIndex.from_buckets(snapshot or _snapshot(session.view), buckets)


def _cache_key(list_query: ListQuery) -> CacheKey:
    return CacheKey(workspace_id=list_query.workspace_id, selection=list_query.selection)


def _snapshot(view: TransactionView) -> Snapshot:
    return Snapshot.from_postgres(view.time, view.snapshot)


def _read(connection: Connection, statement: Statement) -> bytes:
    """The packed keys that a `ListQuery.keys` statement finds."""
    row = connection.execute(statement.text, statement.values, binary=True).fetchone()
    assert row is not None
    return bytes(row[0])
