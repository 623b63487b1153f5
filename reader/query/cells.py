"""Several databases that share the workspaces (SPEC 8): every query goes to the one whose cell has the workspace.

What is cached for one database is useless for another, so each has lists of its own.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from catalog.cells import Cell
from reader.model import Entry, LargeDiff, Listing, Query
from reader.query.database import Database
from reader.query.listing import Listings


class CellDatabases:
    """The databases by their cells, which together have each workspace once; as one `Database`."""

    def __init__(self, databases: Mapping[Cell, Database]) -> None:
        self.by_cell = dict(databases)

    def check(self) -> None:
        """As `Database.check`, of each."""
        for database in self.by_cell.values():
            database.check()

    def of(self, workspace_id: str) -> Database:
        """The database that has the workspace."""
        key = workspace_id.encode()
        return next(database for cell, database in self.by_cell.items() if cell.share.has(key))

    def ready(self) -> bool:
        """Whether all answer: a reader without one of them has nothing for a part of the workspaces."""
        return all(database.ready() for database in self.by_cell.values())

    def stats(self) -> dict[str, int]:
        """The sums of the pools' figures."""
        total = Counter[str]()
        for database in self.by_cell.values():
            total.update(database.stats())
        return dict(total)

    def close(self) -> None:
        """Ends all sessions."""
        for database in self.by_cell.values():
            database.close()


class CellListings:
    """The lists of all databases; as one `Listings`."""

    def __init__(self, databases: CellDatabases) -> None:
        count = len(databases.by_cell)
        self._lists = [(cell.share, Listings(database, count)) for cell, database in databases.by_cell.items()]

    @property
    def key_index_builds(self) -> int:
        """As `Listings.key_index_builds`, of all."""
        return sum(listings.key_index_builds for _, listings in self._lists)

    @property
    def key_index_bytes(self) -> int:
        """As `Listings.key_index_bytes`, of all."""
        return sum(listings.key_index_bytes for _, listings in self._lists)

    def page(self, workspace_id: str, query: Query) -> Listing:
        """As `Listings.page`."""
        return self._of(workspace_id).page(workspace_id, query)

    def page_at_once(self, workspace_id: str, query: Query) -> Listing:
        """As `Listings.page_at_once`."""
        return self._of(workspace_id).page_at_once(workspace_id, query)

    def actors(self, workspace_id: str) -> list[str]:
        """As `Listings.actors`."""
        return self._of(workspace_id).actors(workspace_id)

    def entry(self, workspace_id: str, entry_id: int) -> Entry | None:
        """As `Listings.entry`."""
        return self._of(workspace_id).entry(workspace_id, entry_id)

    def whole_entry(self, workspace_id: str, entry_id: int) -> tuple[Entry, LargeDiff] | None:
        """As `Listings.whole_entry`."""
        return self._of(workspace_id).whole_entry(workspace_id, entry_id)

    def large_diffs(self, workspace_id: str, entries: Sequence[Entry], limit: int) -> Mapping[int, LargeDiff]:
        """As `Listings.large_diffs`."""
        return self._of(workspace_id).large_diffs(workspace_id, entries, limit)

    def _of(self, workspace_id: str) -> Listings:
        key = workspace_id.encode()
        return next(listings for share, listings in self._lists if share.has(key))
