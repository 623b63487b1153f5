"""Lists that are loaded in the background, after a page was shown without its total (decision 79)."""

import threading
from collections.abc import Callable

from reader.query.list_queries import ListKey, ListQuery
from reader.query.single_flight import MAX_LOADING
from reader.query.unavailable import Unavailable
from runtime import threads

MAX_BEHIND = MAX_LOADING  # lists at once: more would only wait. The next request for another begins its reading


class BackgroundLoads:
    """Reads lists in threads, each of them once at a time. Safe to use from many threads."""

    def __init__(self, load: Callable[[ListQuery], object]) -> None:
        """`load` reads a list into memory; it may raise Unavailable, and the next request for the list begins again."""
        self._load = load
        self._running: set[ListKey] = set()
        self._lock = threading.Lock()

    def is_running(self, list_query: ListQuery) -> bool:
        """Whether the list is being loaded."""
        return list_query.key in self._running

    def begin(self, list_query: ListQuery) -> None:
        """Begins to load the list, unless it is being loaded already or there are too many."""
        with self._lock:
            if list_query.key in self._running or len(self._running) >= MAX_BEHIND:
                return
            self._running.add(list_query.key)

        def run() -> None:
            try:
                self._load(list_query)
            except Unavailable:
                pass  # the log has the cause
            finally:
                with self._lock:
                    self._running.discard(list_query.key)

        threads.spawn("list", run, lambda *_: None)
