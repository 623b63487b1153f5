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
    """A row as HTML: up to the query of its link, which leads back to the list that it is in, and from there.

    `email` is the actor's, where a filter finds the actor by it; else it is empty.
    """

    day: date
    email: str
    begin: str
    rest: str


def rows(render_begin: Callable[..., str], render_rest: Callable[..., str]) -> EntryCache[HtmlRow]:
    """The rows, by the macros `row_begin` and `row_rest` of the templates."""

    def render(entry: Entry) -> HtmlRow:
        parts, shared = summary_parts(entry, changes_of(entry.diff)), shared_values(entry)
        actor = actor_name(entry)
        rest = render_rest(  # by position: names take a tenth longer
            entry.id,
            entry.diff is None,
            time(entry.occurred_at),
            iso(entry.occurred_at),
            actor.split("@"),
            parts,
            label_of(entry),
            source_of(entry),
            entry.source == "mcp",
            shared.actor if shared.actor != actor else "",
            shared.subject,
            shared.action,
            shared.source,
        )
        return HtmlRow(
            day=entry.occurred_at.date(),
            email=entry.actor_email if entry.actor_email and shared.actor == entry.actor_email else "",
            begin=render_begin(entry.id, parts[0].names == "actor"),
            rest=rest,
        )

    return EntryCache(render, lambda row: len(row.rest))
