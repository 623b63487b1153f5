"""Lists that are loaded in the background, after a page was shown without its total (decision 79), each workspace in its turn (130)."""

import threading
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import structlog

from reader.fair_slots import FairSlots
from reader.query.list_queries import ListKey, ListQuery
from reader.query.single_flight import LOADING_SHARE, MAX_LOADING
from reader.query.snapshot import Snapshot
from reader.query.unavailable import Unavailable
from runtime import threads

log = structlog.get_logger()

MAX_BACKGROUND = MAX_LOADING  # lists at once: more would only wait
MAX_WANTED = 16  # lists that wait. The next request for one that had to go asks for it again


class Wanted(NamedTuple):
    """A list as it is now, or at a snapshot."""

    list_query: ListQuery
    snapshot: Snapshot | None

    @property
    def key(self) -> tuple[ListKey, str | None]:
        """What tells it from others."""
        return self.list_query.key, self.snapshot.pg_snapshot if self.snapshot else None


class BackgroundLoads:
    """Reads lists in threads, each of them once at a time. Safe to use from many threads."""

    def __init__(self, load: Callable[[ListQuery, Snapshot | None], object]) -> None:
        """`load` reads a list into memory; it may raise Unavailable, and the next request for the list begins again."""
        self._load = load
        self._begun: set[tuple[ListKey, str | None]] = set()  # that run or wait
        self._slots: FairSlots[Wanted] = FairSlots(MAX_BACKGROUND, LOADING_SHARE, MAX_WANTED)
        self._lock = threading.Lock()

    def is_begun(self, wanted: Wanted) -> bool:
        """Whether the list is being loaded, or will be."""
        return wanted.key in self._begun

    def begin(self, wanted: Wanted) -> None:
        """Begins to load the list when it is its workspace's turn, unless that is so already or too many wait."""
        workspace_id = wanted.list_query.workspace_id
        with self._lock:
            if wanted.key in self._begun:
                return
            self._begun.add(wanted.key)
            if not self._slots.begin(workspace_id):
                given_up = self._slots.wait(workspace_id, wanted)
                if given_up is not None:
                    self._begun.discard(given_up.key)
                return
        self._spawn(wanted)

    def _spawn(self, wanted: Wanted | None) -> None:
        """Loads the list in a thread. Where none can be started, the next request for the list begins again, and another list is tried."""
        while wanted is not None:
            try:
                threads.spawn("list", partial(self._run, wanted), lambda *_: None)
            except (RuntimeError, MemoryError) as error:
                log.warning("list_not_loaded", error=str(error))
                wanted = self._end(wanted)
            else:
                return

    def _run(self, wanted: Wanted) -> None:
        try:
            self._load(*wanted)
        except Unavailable:
            pass  # the log has the cause
        finally:
            self._spawn(self._end(wanted))

    def _end(self, wanted: Wanted) -> Wanted | None:
        """Gives its place back. Returns the list that has it now."""
        with self._lock:
            self._begun.discard(wanted.key)
            return self._slots.end(wanted.list_query.workspace_id)
