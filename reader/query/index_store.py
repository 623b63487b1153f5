"""The key indexes of lists: loads them, brings them up to date, and takes them back to an older snapshot.

A list is loaded once, by reading all its keys. After that, a request reads only what was recorded since the last one.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace

from reader.model import Entry
from reader.query import list_queries
from reader.query.background_loads import BackgroundLoads
from reader.query.database import Database, Statement
from reader.query.index_cache import CacheKey, IndexCache
from reader.query.index_load import load_index, load_short_index
from reader.query.key_index import Key, KeyIndex
from reader.query.list_queries import ListQuery
from reader.query.position import check_reached
from reader.query.single_flight import SingleFlight
from reader.query.snapshot import Snapshot
from reader.query.transaction_view import TransactionView
from reader.query.window import Window, cut

CHUNK_KEYS = 1_250_000  # keys that one statement of a load returns: 20 MB, which are copied once
SHORT_KEYS = 10_000  # a list of fewer is read in some milliseconds
MAX_CATCH_UP = 10_000  # with more new entries than this it is cheaper to load the list again


class Outdated(Exception):
    """A cached index belongs to another database than the one that answers. It was dropped, so another attempt may succeed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrentIndex:
    """An index at the snapshot of `view`.

    `entries` are those of the window by the index as it was in memory, before newer keys were added.
    """

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

    def __init__(self, database: Database, databases: int = 1) -> None:
        """`databases`: how many the reader has; their caches share its memory."""
        self._database = database
        self._cache = IndexCache(databases)
        self._loads: SingleFlight[CacheKey] = SingleFlight()
        self._behind = BackgroundLoads(self._get_or_load)
        self._lock = threading.Lock()
        self._builds = 0
        self._server = ""

    @property
    def server(self) -> str:
        """The server that answered last (TransactionView.server)."""
        return self._server

    @property
    def builds(self) -> int:
        """How many indexes were built by reading a whole list."""
        return self._builds

    @property
    def size(self) -> int:
        """Bytes of all indexes that are held."""
        return self._cache.size

    def current(self, list_query: ListQuery, window: Window) -> CurrentIndex:
        """The list as it is now, and in the same round trip the entries of `window`. Raises Outdated and Unavailable."""
        # The index is taken before the transaction's snapshot, so it is never ahead of what that snapshot sees.
        key, cached = self._get_or_load(list_query)
        caught_up = self._catch_up(key, cached, list_query, window, MAX_CATCH_UP + 1)
        if len(caught_up.recorded) > MAX_CATCH_UP:
            self._cache.discard(key, caught_up.cached)
            key, cached = self._get_or_load(list_query)
            caught_up = self._catch_up(key, cached, list_query, window, None)
        index = caught_up.cached.with_added(caught_up.view.visible, caught_up.recorded)
        self._cache.put(key, index)
        return CurrentIndex(index=index, view=caught_up.view, entries=caught_up.entries)

    def is_at_hand(self, list_query: ListQuery) -> bool:
        """Whether the list is in memory. A short one is read at once, and of a long one the reading begins. Raises Unavailable."""
        key = self._key(list_query)
        if self._cache.peek(key) is not None:
            return True
        if self._behind.is_running(list_query):
            return False
        short_index = load_short_index(self._database, list_query, SHORT_KEYS)
        if short_index is None:
            self._behind.begin(list_query)
            return False
        self._keep(key, *short_index)
        return True

    def at(self, snapshot: Snapshot, list_query: ListQuery) -> KeyIndex:
        """The list as it was at an older snapshot. Raises FutureSnapshot, Outdated and Unavailable."""
        return self._cache.get(self._key(list_query, snapshot)) or self._take_back(snapshot, list_query)

    def check(self, view: TransactionView) -> None:
        """Raises Outdated unless this transaction is of the server whose lists are in use; from now on they are of its server."""
        if view.server != self._server:
            self._server = view.server
            raise Outdated

    def forget(self, workspace_id: str) -> None:
        """Drops the lists of a workspace, which do not fit the database."""
        self._cache.forget(workspace_id)

    def _key(self, list_query: ListQuery, snapshot: Snapshot | None = None) -> CacheKey:
        return CacheKey(
            server=self._server,
            workspace_id=list_query.workspace_id,
            selection=list_query.selection,
            pg_snapshot=snapshot.pg_snapshot if snapshot else None,
        )

    def _catch_up(
        self, key: CacheKey, cached: KeyIndex, list_query: ListQuery, window: Window, limit: int | None
    ) -> _CatchUp:
        view, (recorded, rows) = self._database.ask(
            list_query.workspace_id,
            list_query.recorded_since(cached.snapshot, limit),
            list_queries.entries_by_id(list_query.workspace_id, cut(cached, window).ids),
        )
        self._check_since(key, cached, view)
        return _CatchUp(
            cached=cached,
            view=view,
            recorded=list_queries.to_keys(recorded),
            entries=list_queries.to_entries(rows),
        )

    def _check_since(self, key: CacheKey, cached: KeyIndex, view: TransactionView) -> None:
        """Raises Outdated unless the transaction follows the snapshot of the index, on the same server."""
        self._server = view.server
        if view.server != key.server:
            raise Outdated
        if view.visible.xmax < cached.snapshot.xmax:  # a machine was set back
            self._cache.discard(key, cached)
            raise Outdated

    def _take_back(self, snapshot: Snapshot, list_query: ListQuery) -> KeyIndex:
        """The current index less what was recorded after `snapshot`, or by a load where that is too much."""
        key = self._key(list_query)
        cached = self._cache.get(key)
        since: Sequence[Statement] = ()
        if cached is not None:
            since = [list_query.recorded_since(start, MAX_CATCH_UP + 1) for start in (cached.snapshot, snapshot)]
        view, results = self._database.ask(list_query.workspace_id, *since)
        now = view.visible
        if cached is not None:
            self._check_since(key, cached, view)
        check_reached(snapshot, view)
        if cached is None:
            return self._get_or_load(list_query, snapshot)[1]
        new, later = (list_queries.to_keys(rows) for rows in results)
        if max(len(new), len(later)) > MAX_CATCH_UP:
            return self._get_or_load(list_query, snapshot)[1]
        current = cached.with_added(now, new)
        index = current.without(snapshot, later)
        self._cache.put(replace(key, pg_snapshot=snapshot.pg_snapshot), index, current.fresh + index.fresh)
        return index

    def _get_or_load(self, list_query: ListQuery, snapshot: Snapshot | None = None) -> tuple[CacheKey, KeyIndex]:
        """The index, and the key under which it is cached."""
        key = self._key(list_query, snapshot)
        index = self._cache.get(key)
        if index is not None:
            return key, index
        with self._loads.admit(replace(key, server="")):
            key = self._key(list_query, snapshot)
            index = self._cache.peek(key)  # another thread may have loaded it meanwhile
            if index is None:
                with self._loads.load():
                    server, index = load_index(self._database, list_query, snapshot, CHUNK_KEYS)
                key = self._keep(key, server, index)
            return key, index

    def _keep(self, key: CacheKey, server: str, index: KeyIndex) -> CacheKey:
        """Caches an index that `server` gave; its key there."""
        with self._lock:
            self._builds += 1
        self._server, key = server, replace(key, server=server)
        self._cache.put(key, index)
        return key
