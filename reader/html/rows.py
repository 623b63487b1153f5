"""The rows of a list, each rendered once (decision 104): an entry never changes, and neither does what its row shows.

A row is found by all that is stored of its entry, the workspace included, which the database has just returned for this request. So
it can be neither old nor another workspace's.
"""

from collections.abc import Callable
from datetime import date
from typing import NamedTuple

from catalog.summary import actor_name, changes_of, summary_parts
from reader.html.entry_view import label_of, source_of
from reader.html.row_links import shared_values
from reader.model import Entry
from runtime.timestamps import iso, time

MAX_ROWS = 1_000  # of either half: when the newer one is full, it becomes the older one
MAX_ROW_LENGTH = 2_500  # characters of row and diff; a longer row is not kept, so that all together take few megabytes


class Row(NamedTuple):
    """A row as HTML: up to the query of its link, which leads back to the list that it is in, and from there.

    `email` is the actor's, where a filter finds the actor by it; else it is empty.
    """

    day: date
    email: str
    begin: str
    rest: str


class Rows:
    """Makes rows and keeps them. Safe to use from many threads."""

    def __init__(self, render_begin: Callable[..., str], render_rest: Callable[..., str]) -> None:
        """Takes the macros `row_begin` and `row_rest` of the templates."""
        self._render_begin, self._render_rest = render_begin, render_rest
        self._newer: dict[Entry, Row] = {}
        self._older: dict[Entry, Row] = {}

    def row(self, entry: Entry) -> Row:
        """The row of an entry."""
        entry = entry._replace(facets=tuple(entry.facets))  # a list has no hash
        found = self._newer.get(entry)
        if found is None:
            found = self._older.get(entry) or self._made(entry)
            if len(found.rest) + len(entry.diff or "") <= MAX_ROW_LENGTH:
                self._keep(entry, found)
        return found

    def _keep(self, entry: Entry, row: Row) -> None:
        """What was not asked for since the halves changed places is dropped when they do so again."""
        if len(self._newer) >= MAX_ROWS:
            self._newer, self._older = {}, self._newer
        self._newer[entry] = row

    def _made(self, entry: Entry) -> Row:
        parts, shared = summary_parts(entry, changes_of(entry.diff)), shared_values(entry)
        rest = self._render_rest(  # by position: names take a tenth longer
            entry.id,
            entry.diff is None,
            time(entry.occurred_at),
            iso(entry.occurred_at),
            actor_name(entry),
            parts,
            label_of(entry),
            source_of(entry),
            entry.source == "mcp",
            shared,
        )
        return Row(
            day=entry.occurred_at.date(),
            email=entry.actor_email if entry.actor_email and shared.actor == entry.actor_email else "",
            begin=self._render_begin(entry.id, parts[0].names == "actor"),
            rest=rest,
        )
