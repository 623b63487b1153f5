"""Diffs that a list's own statement leaves out: they are read up to a limit, and of longer ones the size alone (SPEC 6).

The size of a compressed value is known only by reading it. It never changes, so it is remembered.
"""

import threading
from collections import OrderedDict
from collections.abc import Sequence

from reader.model import Entry
from reader.query.database import Database
from reader.query.list_queries import large_diffs

READ_AT_ONCE = 8  # values of megabytes that one statement can read within its timeout
MAX_SIZES = 20_000  # about 5 MB


class LargeDiffs:
    """Completes the entries of lists. Safe to use from many threads."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._sizes: OrderedDict[tuple[str, int], int] = OrderedDict()
        self._lock = threading.Lock()

    def forget(self) -> None:
        """The database is another one than before."""
        with self._lock:
            self._sizes.clear()

    def complete(self, workspace_id: str, entries: Sequence[Entry], limit: int) -> tuple[Entry, ...]:
        """The entries, each with its diff, or with the size of one of more than `limit` bytes. Raises Unavailable."""
        missing = [entry.id for entry in entries if entry.diff is None]
        sizes = self._known(workspace_id, missing)
        diffs: dict[int, str | None] = {}
        unknown = [entry_id for entry_id in missing if sizes.get(entry_id, 0) <= limit]
        for start in range(0, len(unknown), READ_AT_ONCE):
            ids = unknown[start : start + READ_AT_ONCE]
            _, (rows,) = self._database.ask(workspace_id, large_diffs(workspace_id, ids, limit))
            for entry_id, size, diff in rows:
                sizes[entry_id], diffs[entry_id] = size, diff
        self._remember(workspace_id, sizes)
        return tuple(
            entry
            if entry.diff is not None
            else entry._replace(diff=diffs.get(entry.id), diff_bytes=sizes.get(entry.id))
            for entry in entries
        )

    def _known(self, workspace_id: str, ids: Sequence[int]) -> dict[int, int]:
        with self._lock:
            return {
                entry_id: size for entry_id in ids if (size := self._sizes.get((workspace_id, entry_id))) is not None
            }

    def _remember(self, workspace_id: str, sizes: dict[int, int]) -> None:
        with self._lock:
            for entry_id, size in sizes.items():
                self._sizes[workspace_id, entry_id] = size
                self._sizes.move_to_end((workspace_id, entry_id))
            while len(self._sizes) > MAX_SIZES:
                self._sizes.popitem(last=False)
