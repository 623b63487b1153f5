"""Diffs that a list's own statement leaves out: they are read up to a limit; of longer ones only the size is read (SPEC 6).

The size of a compressed value is known only by reading it. It never changes, so it is remembered.
"""

from collections.abc import Sequence

from reader.model import LargeDiff
from reader.query.database import Database
from reader.query.list_queries import large_diffs
from reader.query.unavailable import Unavailable
from reader.shared_cache import SharedCache

READ_AT_ONCE = 8  # values of megabytes that one statement can read within its timeout
MAX_SIZES = 20_000  # about 5 MB


class LargeDiffs:
    """Reads them, and remembers their sizes. Safe to use from many threads."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._sizes: SharedCache[tuple[str, int], int] = SharedCache(MAX_SIZES)

    def of(self, server: str, workspace_id: str, ids: Sequence[int], limit: int) -> dict[int, LargeDiff]:
        """The diffs of these entries by id, without the texts of more than `limit` bytes. Sizes cached for `server` are used (TransactionView.server).

        Raises Unavailable, also if the database does not have one of the entries: another one, or a standby that is behind, answers
        now.
        """
        known = ((entry_id, self._sizes.get(workspace_id, (server, entry_id))) for entry_id in ids)
        diffs = {entry_id: LargeDiff(size, None) for entry_id, size in known if size is not None and size > limit}
        unread = [entry_id for entry_id in ids if entry_id not in diffs]
        for start in range(0, len(unread), READ_AT_ONCE):
            asked = unread[start : start + READ_AT_ONCE]
            view, (rows,) = self._database.ask(workspace_id, large_diffs(workspace_id, asked, limit))
            read = {entry_id: LargeDiff(size, text) for entry_id, size, text in rows}
            if read.keys() != set(asked):
                raise Unavailable
            for entry_id, (size, _) in read.items():
                self._sizes.put(workspace_id, (view.server, entry_id), size)
            diffs |= read
        return diffs
