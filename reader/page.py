"""The pages: from what was answered to HTML. Every value goes through Jinja2's escaping; nothing is marked as safe."""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from importlib.resources import files
from typing import Any, NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined

from catalog.audit_types import BY_NAME
from catalog.sentence import sentence
from reader import changes, form
from reader.filters import PARAMETERS, Problem, to_pairs
from reader.model import Entry, Listing, Query, Selection, Viewer
from reader.problems import Refusal

BEHIND = timedelta(minutes=2)  # an older complete_through is a warning
WHOLE_DIFF = 8 * 1024  # characters; a longer diff is shown on the entry's own page only
STATIC = {
    name: (content, media_type, hashlib.sha256(content).hexdigest()[:16])
    for name, media_type in (("audit.css", "text/css; charset=utf-8"), ("audit.js", "text/javascript; charset=utf-8"))
    for content in [(files("reader") / "static" / name).read_bytes()]
}


class Shown(NamedTuple):
    """An entry with the words that it is shown in."""

    entry: Entry
    label: str
    sentence: str
    actor: str
    diff: changes.Diff | None
    badge: str | None
    facts: tuple[tuple[str, str], ...]


def static_url(name: str) -> str:
    """The address of a file of STATIC; it changes with the content, so it may be kept for ever."""
    return f"/static/{name}?v={STATIC[name][2]}"


def time(at: datetime) -> str:
    """A time for people: UTC, to the second."""
    return at.strftime("%Y-%m-%d %H:%M:%S")


def iso(at: datetime) -> str:
    """A time for programs: ISO 8601 with microseconds. `at` is UTC, as every session of the reader's is."""
    return at.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def render_home(viewer: Viewer | None, name: str) -> str:
    """The product's frame. Without a viewer (a member) it has no link to the audit log; `name` is the user's id."""
    return _render("home.html", viewer=viewer, name=name)


def render_list(viewer: Viewer, listing: Listing, now: datetime, export_contact: str | None) -> str:
    """A page of the list."""
    return _render(
        "list.html",
        viewer=viewer,
        export_contact=export_contact,
        entries=[_shown(entry, whole=False) for entry in listing.entries],
        listing=listing,
        behind=_behind(listing.complete_through, now),
        pages=_pages(listing),
        **_filters(listing.query, now),
    )


def render_invalid(
    viewer: Viewer,
    pairs: Sequence[tuple[str, str]],
    problems: Sequence[Problem],
    now: datetime,
    export_contact: str | None,
) -> str:
    """The filters with what was given, and what is wrong with it."""
    given = {name: changes.visible(value) for name, value in pairs if name in PARAMETERS}
    filters = _filters(Query(), now)
    filters["given"] |= {name: given[name] for name in ("from", "to", "actor") if name in given}
    shown = [(name, changes.visible(text)) for name, text in problems]
    return _render("invalid.html", viewer=viewer, export_contact=export_contact, problems=shown, **filters)


def render_entry(viewer: Viewer, entry: Entry, export_contact: str | None) -> str:
    """One entry, whole."""
    return _render("entry.html", viewer=viewer, export_contact=export_contact, shown=_shown(entry, whole=True))


def render_refusal(refusal: Refusal, sign_in_url: str | None) -> str:
    """A refusal for people, without a trace of what was refused."""
    return _render(
        "refusal.html", viewer=None, refusal=refusal, sign_in_url=sign_in_url if refusal.status == 401 else None
    )


def _shown(entry: Entry, *, whole: bool) -> Shown:
    audit_type = BY_NAME.get(entry.action)
    actor = changes.visible(entry.actor_email or entry.actor_id)
    subject = changes.visible(entry.subject_label or entry.subject_id)
    diff = changes.read(entry.diff) if whole or len(entry.diff) <= WHOLE_DIFF else None
    # An entry that a newer consumer has written must be seen by an older reader too.
    words = sentence(audit_type, actor, subject, entry.facets) if audit_type else f"{actor}: {entry.action} {subject}"
    return Shown(
        entry=entry,
        label=audit_type.label if audit_type else entry.action,
        sentence=changes.visible(words),  # a facet's value may be any text too
        actor=actor,
        diff=diff,
        badge=form.source(changes.visible(diff.client) if diff and diff.client else None)
        if entry.source == "mcp"
        else None,
        facts=_facts(entry, diff),
    )


def _facts(entry: Entry, diff: changes.Diff | None) -> tuple[tuple[str, str], ...]:
    """What is known of an entry beside its changes."""
    facts = [
        ("Entry", str(entry.id)),
        ("Action", entry.action),
        ("Actor", f"{entry.actor_type} {entry.actor_id}"),
        ("Actor's e-mail", entry.actor_email or "none recorded"),
        ("Subject", f"{entry.subject_type} {entry.subject_id}"),
        ("Came by", form.CHANNELS.get(entry.channel, entry.channel)),
        *([("MCP tool", diff.tool)] if diff and diff.tool else []),
        *(diff.context if diff else ()),
        ("Facets", ", ".join(entry.facets) or "none"),
        ("Occurred", iso(entry.occurred_at)),
        ("Recorded", iso(entry.recorded_at)),
        ("Event", f"{entry.event_source} {entry.event_id}"),
    ]
    return tuple(
        (name.replace("_", " ").capitalize() if name.islower() else name, changes.visible(value))
        for name, value in facts
    )


def _filters(query: Query, now: datetime) -> dict[str, Any]:
    selection = query.selection
    return {
        "query": query,
        "given": {name: value for name, value in to_pairs(query) if name in {"from", "to", "actor", "source"}},
        "groups": form.groups(selection),
        "presets": form.presets(query, now),
        "chips": form.chips(query),
        "cleared": form.cleared(query),
        "kept": _kept(selection, query.limit),
    }


def _kept(selection: Selection, limit: int) -> list[tuple[str, str]]:
    """What the form has no control for, and must not lose."""
    pairs = to_pairs(Query(selection, limit))
    return [pair for pair in pairs if pair[0] in {"channel", "limit"}]


def _behind(complete_through: datetime | None, now: datetime) -> bool:
    return complete_through is None or now - complete_through > BEHIND


def _pages(listing: Listing) -> dict[str, Any]:
    """Where one can go from here; what is not there has no link."""
    query, limit = listing.query, listing.query.limit
    last = max(1, -(-listing.total // limit))
    number = min(query.offset // limit + 1, last)

    def at(page: int) -> str:
        return form.link(Query(query.selection, limit, (page - 1) * limit, listing.as_of))

    return {
        "number": number,
        "last": last,
        "first_shown": query.offset + 1,
        "last_shown": query.offset + len(listing.entries),
        "links": [
            form.Link(label, at(page) if page else "")
            for label, page in (
                ("First", 1 if number > 1 else 0),
                ("Previous", number - 1),
                ("Next", number + 1 if number < last else 0),
                ("Last", last if number < last else 0),
            )
        ],
        "refresh": form.link(Query(query.selection, limit)),
        "kept": to_pairs(Query(query.selection, limit, 0, listing.as_of)),
    }


def _render(template: str, **values: Any) -> str:
    return _TEMPLATES.get_template(template).render(**values)


_TEMPLATES = Environment(
    loader=PackageLoader("reader"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)
_TEMPLATES.globals |= {
    "static_url": static_url,
    "time": time,
    "iso": iso,
    "visible": changes.visible,
    "find": form.FIND,
}
