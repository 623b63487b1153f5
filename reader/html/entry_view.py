"""An entry as its own page shows it: who did what, from where, and all other stored facts."""

from typing import NamedTuple

from catalog import shortened
from catalog.audit_types import BY_NAME
from catalog.clients import display_name
from catalog.stored_diff import mcp_client
from catalog.summary import actor_name, changes_of, subject_text, summary_parts
from catalog.visible_text import in_quotes, visible_line
from catalog.wording import SentencePart, amount, is_edit
from reader.html import diff_view
from reader.html.labels import SOURCE_LABELS
from reader.html.shown_part import raw_json, shown_part
from reader.model import Entry
from runtime.timestamps import iso


class EntryView(NamedTuple):
    """`parts` are the words of the sentence; `via_mcp` shows `source` as a badge; `diff` and `raw` (`raw_json`) are None where they are too long.

    `is_edit`: fields that were not there before were added to something that was; otherwise all of it is new or gone.
    `is_whole`: all that is stored is shown, also on paper. `facts` are what is shown of an entry beside its changes, `identifiers` what only a search needs.
    """

    entry: Entry
    label: str
    parts: tuple[SentencePart, ...]
    source: str
    via_mcp: bool
    diff: diff_view.DiffView | None
    raw: tuple[str, str] | None
    is_edit: bool
    is_whole: bool
    facts: tuple[tuple[str, str], ...]
    identifiers: tuple[tuple[str, str], ...]


def entry_view(entry: Entry) -> EntryView:
    """The entry with its changes."""
    diff = shown_part(diff_view.parse_diff(entry.diff)) if entry.diff is not None else None
    return EntryView(
        entry=entry,
        label=label_of(entry),
        parts=summary_parts(entry, changes_of(entry.diff)),
        source=source_of(entry),
        via_mcp=entry.source == "mcp",
        diff=diff,
        raw=raw_json(entry.diff) if entry.diff is not None else None,
        is_edit=_is_edit(entry),
        is_whole=entry.is_whole and diff is not None and diff.is_shown_whole,
        facts=(("Actor", actor_name(entry)), *_shown(_facts(entry, diff))),
        identifiers=_shown(_identifiers(entry)),
    )


def label_of(entry: Entry) -> str:
    """What the action is called."""
    return BY_NAME[entry.action].label if entry.action in BY_NAME else visible_line(entry.action)


def source_of(entry: Entry) -> str:
    """Where it came from, with the MCP client if there was one."""
    channel = SOURCE_LABELS.get(entry.channel, entry.channel)
    if entry.source != "mcp" or entry.diff is None:
        return channel
    return f"{channel} · {visible_line(in_quotes(shortened.name(display_name(mcp_client(entry.diff)))))}"


def _is_edit(entry: Entry) -> bool:
    """Whether it is an edit; unknown for a type that only a newer consumer has."""
    audit_type = BY_NAME.get(entry.action)
    return audit_type is None or is_edit(audit_type, entry.facets)


def _facts(entry: Entry, diff: diff_view.DiffView | None) -> list[tuple[str, str]]:
    """What a person may want to know about an entry besides its changes."""
    audit_type = BY_NAME.get(entry.action)
    money = amount(changes_of(entry.diff), audit_type) if audit_type else None
    return [
        ("Subject", in_quotes(subject_text(entry))),
        *([("Amount", money)] if money else []),
        ("Source", SOURCE_LABELS.get(entry.channel, entry.channel)),
        *([("MCP client", in_quotes(diff.client))] if diff and diff.client else []),
        *([("MCP tool", in_quotes(diff.tool))] if diff and diff.tool else []),
        *(diff.context if diff else ()),
    ]


def _identifiers(entry: Entry) -> list[tuple[str, str]]:
    """Everything else that is stored."""
    return [
        ("Actor's id", f"{in_quotes(entry.actor_id)} ({entry.actor_type})"),
        ("Actor's e-mail", in_quotes(entry.actor_email) if entry.actor_email else "none recorded"),
        ("Subject's id", f"{in_quotes(entry.subject_id)} ({entry.subject_type})"),
        ("Occurred", iso(entry.occurred_at)),
        ("Recorded", iso(entry.recorded_at)),
        ("Action", entry.action),
        ("Facets", ", ".join(entry.facets) or "none"),
        ("Event", f"{entry.event_id} from {entry.event_source}"),
        ("Entry", str(entry.id)),
    ]


def _shown(facts: list[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple(
        (visible_line(name.replace("_", " ").capitalize() if name.islower() else name), visible_line(value))
        for name, value in facts
    )
