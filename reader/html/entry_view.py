"""An entry as the page shows it: who did what, from where, and all other stored facts."""

from typing import NamedTuple

from catalog.audit_types import BY_NAME
from catalog.clients import display_name
from catalog.wording import Part, parts
from reader.html import diff_view
from reader.html.filter_form import SOURCE_LABELS
from reader.model import Entry
from runtime.timestamps import iso


class EntryView(NamedTuple):
    """`parts` are the words of the sentence; `via_mcp` shows `source` as a badge; `diff` is None where it is too long."""

    entry: Entry
    label: str
    actor: str
    parts: tuple[Part, ...]
    starts_with_actor: bool
    source: str
    via_mcp: bool
    diff: diff_view.DiffView | None
    facts: tuple[tuple[str, str], ...]
    whole: bool

    @property
    def sentence(self) -> str:
        """The sentence as one text."""
        return "".join(part.text for part in self.parts)


def entry_view(entry: Entry, *, whole: bool) -> EntryView:
    """The entry for the list, or with its `whole` diff for its own page."""
    diff = None if entry.diff is None else diff_view.parse_diff(entry.diff)
    actor = _actor(entry)
    words = _parts(entry, actor)
    return EntryView(
        entry=entry,
        label=BY_NAME[entry.action].label if entry.action in BY_NAME else entry.action,
        actor=actor,
        parts=words,
        starts_with_actor=words[0].names == "actor",
        source=_source(entry, diff),
        via_mcp=entry.source == "mcp",
        diff=diff,
        facts=_facts(entry, diff),
        whole=whole,
    )


def _actor(entry: Entry) -> str:
    """The e-mail address, if one was recorded; a service is marked as part of the system."""
    name = entry.actor_email or entry.actor_id
    return diff_view.visible(f"System ({name})" if entry.actor_type == "system" else name)


def _parts(entry: Entry, actor: str) -> tuple[Part, ...]:
    subject = diff_view.visible(entry.subject_label or entry.subject_id)
    audit_type = BY_NAME.get(entry.action)
    if audit_type is None:  # written by a newer consumer than this reader
        return Part(actor, "actor"), Part(f" did {entry.action} to ", ""), Part(subject, "subject")
    # The value of a facet may be any text, too.
    return tuple(
        part._replace(text=diff_view.visible(part.text)) for part in parts(audit_type, actor, subject, entry.facets)
    )


def _source(entry: Entry, diff: diff_view.DiffView | None) -> str:
    channel = SOURCE_LABELS.get(entry.channel, entry.channel)
    if entry.source != "mcp" or diff is None:
        return channel
    return f"{channel} · {diff_view.visible(display_name(diff.client))}"


def _facts(entry: Entry, diff: diff_view.DiffView | None) -> tuple[tuple[str, str], ...]:
    """Everything that is stored about an entry except its changes."""
    facts = [
        ("Actor", f"{entry.actor_id} ({entry.actor_type})"),
        ("Actor's e-mail", entry.actor_email or "none recorded"),
        ("Subject", f"{entry.subject_id} ({entry.subject_type})"),
        ("Source", SOURCE_LABELS.get(entry.channel, entry.channel)),
        *([("MCP client", diff.client)] if diff and diff.client else []),
        *([("MCP tool", diff.tool)] if diff and diff.tool else []),
        *(diff.context if diff else ()),
        ("Occurred", iso(entry.occurred_at)),
        ("Recorded", iso(entry.recorded_at)),
        ("Action", entry.action),
        ("Facets", ", ".join(entry.facets) or "none"),
        ("Event", f"{entry.event_id} from {entry.event_source}"),
        ("Entry", str(entry.id)),
    ]
    return tuple(
        (name.replace("_", " ").capitalize() if name.islower() else name, diff_view.visible(value))
        for name, value in facts
    )
