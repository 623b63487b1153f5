"""The key indexes of lists: loads them, brings them up to date, and takes them back to an older snapshot.

A list is loaded once, by reading all its keys. After that, a request reads only what was recorded since the last one.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from copy import copy
from dataclasses import replace
from functools import partial

from reader.query.background_loads import BackgroundLoads, Wanted
from reader.query.cached_list import CacheKey
from reader.query.current_index import catch_up
from reader.query.database import NO_WORKSPACE, Database
from reader.query.index_cache import IndexCache
from reader.query.index_load import load_index, load_short_index
from reader.query.index_results import CurrentIndex, NotAtHand, Outdated
from reader.query.key_index import KeyIndex
from reader.query.list_queries import ListQuery
from reader.query.older_index import derive
from reader.query.position import FutureSnapshot
from reader.query.single_flight import SingleFlight
from reader.query.snapshot import Snapshot
from reader.query.transaction_view import TransactionView
from reader.query.window import Window

CHUNK_KEYS = 1_250_000  # keys that one statement of a load returns: 20 MB, which are copied once
SHORT_KEYS = 10_000  # a list of fewer is read in some milliseconds
MAX_CATCH_UP = 10_000  # with more new entries than this it is cheaper to load the list again


class IndexStore:
    """Key indexes of all lists. Safe to use from many threads."""

    def __init__(self, database: Database, databases: int = 1) -> None:
        """`databases`: how many the reader has; their caches share its memory."""
        self._database = database
        self._cache = IndexCache(databases)
        self._loads: SingleFlight[CacheKey] = SingleFlight()
        self._background = BackgroundLoads(self._load_in_background)
        self._server = ""

    @property
    def server(self) -> str:
        """The server that answered last (TransactionView.server)."""
        return self._server

    @property
    def builds(self) -> int:
        """How many indexes were built by reading a whole list."""
        return self._cache.builds

    @property
    def size(self) -> int:
        """Bytes of all indexes that are held."""
        return self._cache.size

    @contextmanager
    def of_one_server(self) -> Iterator[tuple[Database, "IndexStore"]]:
        """The database by one session, and the indexes of the server that it leads to: another session may lead to another."""
        with self._database.of_one_session() as database:
            store = copy(self)
            view, _ = database.ask(NO_WORKSPACE)
            store._database, store._server = database, view.server  # noqa: SLF001 of a copy of this one
            yield database, store

    def current(self, list_query: ListQuery, window: Window, *, may_wait: bool) -> CurrentIndex:
        """The list as it is now, and in the same round trip the entries of `window`.

        Raises Outdated, Unavailable, and unless it `may_wait` NotAtHand, with which the reading begins.
        """
        for limit in (MAX_CATCH_UP, None):
            # The index is taken before the transaction's snapshot, so it is never ahead of what that snapshot sees.
            key, cached = self._get_or_load(list_query, None, may_wait)
            check = partial(self._check_since, key, cached)
            current = catch_up(self._database, list_query, window, cached, limit, check)
            if current is not None:
                self._cache.put(key, current.index, cached)
                return current
            self._cache.discard(key, cached)
        raise AssertionError("without a limit it is never too much")

    def is_at_hand(self, list_query: ListQuery, snapshot: Snapshot | None) -> bool:
        """Whether the list as it is now, or at an older snapshot, is in memory, or what is there differs from it by little.

        A short one is read at once, and of a long one the reading begins. Raises FutureSnapshot and Unavailable.
        """
        if self._cache.peek(self._key(list_query, snapshot)) is not None:
            return True
        with suppress(Outdated):  # then nothing of this server is in memory
            if snapshot is not None and self._derive(snapshot, list_query) is not None:
                return True
        wanted = Wanted(list_query, snapshot)
        # From the list as it is now, once it was read, an older one usually differs by little.
        if self._background.is_begun(wanted) or self._background.is_begun(Wanted(list_query, None)):
            return False
        if self._cache.peek(self._key(list_query)) is None:
            short_index = load_short_index(self._database, list_query, SHORT_KEYS)
            if short_index is not None:
                self._keep(self._key(list_query), *short_index)
                return True
        self._background.begin(wanted)
        return False

    def at(self, snapshot: Snapshot, list_query: ListQuery, *, may_wait: bool) -> tuple[str, KeyIndex]:
        """The list as it was at an older snapshot, after its server. Raises as `current`, and FutureSnapshot."""
        key = self._key(list_query, snapshot)
        index = self._cache.get(key)
        if index is None:
            key, index = self._derive(snapshot, list_query) or self._get_or_load(list_query, snapshot, may_wait)
        return key.server, index

    def check(self, view: TransactionView, server: str) -> None:
        """Raises Outdated unless this transaction is of the server whose list is in use; the next lists are those of its server."""
        self._server = view.server
        if view.server != server:
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

    def _check_since(self, key: CacheKey | None, cached: KeyIndex | None, view: TransactionView) -> None:
        """Raises Outdated unless the transaction follows the snapshot of the index, on the same server, or there is no index."""
        if key is None or cached is None:
            return
        self._server = view.server
        if view.server != key.server:
            raise Outdated
        if view.visible.xmax < cached.snapshot.xmax:  # a machine was set back
            self._cache.discard(key, cached)
            raise Outdated

    def _derive(self, snapshot: Snapshot, list_query: ListQuery) -> tuple[CacheKey, KeyIndex] | None:
        """The list at `snapshot`, after its key, made of the nearest one that is in memory.

        None where nothing is, or that differs by too much. Raises FutureSnapshot, Outdated and Unavailable.
        """
        near, held = self._cache.nearest(self._key(list_query), snapshot.xmax) or (None, None)
        check = partial(self._check_since, near, held)
        older = derive(self._database, list_query, snapshot, held, MAX_CATCH_UP, check)
        if near is None or older is None:
            return None
        key = replace(near, pg_snapshot=snapshot.pg_snapshot)
        self._cache.put(key, older, held)
        return key, older

    def _load_in_background(self, list_query: ListQuery, snapshot: Snapshot | None) -> None:
        with suppress(FutureSnapshot, Outdated):  # the next request for it learns that
            # Another load of the list may have ended while this one waited.
            if snapshot is None or self._derive(snapshot, list_query) is None:
                self._get_or_load(list_query, snapshot, may_wait=True, in_background=True)

    def _get_or_load(
        self, list_query: ListQuery, snapshot: Snapshot | None, may_wait: bool, in_background: bool = False
    ) -> tuple[CacheKey, KeyIndex]:
        """The index, and the key under which it is cached."""
        key = self._key(list_query, snapshot)
        index = self._cache.get(key)
        if index is not None:
            return key, index
        if not may_wait:
            self._background.begin(Wanted(list_query, snapshot))
            raise NotAtHand
        with self._loads.admit(replace(key, server=""), in_background=in_background):
            key = self._key(list_query, snapshot)
            index = self._cache.peek(key)  # another thread may have loaded it meanwhile
            if index is None:
                with self._loads.load(list_query.workspace_id, in_background=in_background):
                    server, index = load_index(self._database, list_query, snapshot, CHUNK_KEYS)
                key = self._keep(key, server, index)
            return key, index

    def _keep(self, key: CacheKey, server: str, index: KeyIndex) -> CacheKey:
        """Caches an index that `server` gave; its key there."""
        self._server, key = server, replace(key, server=server)
        self._cache.put(key, index)
        return key
