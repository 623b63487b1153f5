"""The rows of a list as HTML."""

from collections.abc import Callable
from datetime import date
from typing import NamedTuple

from catalog.summary import actor_name, changes_of, summary_parts
from reader.entry_cache import EntryCache
from reader.html.entry_view import label_of, source_of
from reader.html.row_links import shared_values
from reader.model import Entry
from runtime.timestamps import iso, time


class HtmlRow(NamedTuple):
    """A row as HTML.

    `email` is the actor's, where a filter finds the actor by it; else it is empty.
    """

    day: date
    email: str
    html: str


def rows(render_row: Callable[..., str]) -> EntryCache[HtmlRow]:
    """The rows, by the macro `row` of the templates."""

    def render(entry: Entry) -> HtmlRow:
        parts, shared = summary_parts(entry, changes_of(entry.diff)), shared_values(entry)
        actor = actor_name(entry)
        html = render_row(  # by position: names take a tenth longer
            entry.id,
            parts[0].names == "actor",
            entry.diff is None,
            time(entry.occurred_at),
            iso(entry.occurred_at),
            actor.split("@"),
            parts,
            label_of(entry),
            source_of(entry),
            entry.source == "mcp",
            None if shared.actor == actor else shared.actor,
            shared.subject,
            shared.source,
        )
        return HtmlRow(
            day=entry.occurred_at.date(),
            email=entry.actor_email if entry.actor_email and shared.actor == entry.actor_email else "",
            html=html,
        )

    return EntryCache(render, lambda row: len(row.html))
