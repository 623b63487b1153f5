"""The pages: from what was answered to HTML. Every value goes through Jinja2's escaping; nothing is marked as safe."""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from reader.errors import Problem
from reader.html import diff_view, filter_form, links
from reader.html.entry_view import shown
from reader.model import Entry, Listing, Query, Viewer
from reader.query.filters import PARAMETERS, InvalidQuery, ParameterError, parse, to_pairs
from runtime.timestamps import iso, time

BEHIND = timedelta(minutes=2)  # an older complete_through is a warning
STATIC = {
    name: (content, media_type, hashlib.sha256(content).hexdigest()[:16])
    for name, media_type in (
        ("audit.css", "text/css; charset=utf-8"),
        ("audit.js", "text/javascript; charset=utf-8"),
        ("logo.svg", "image/svg+xml"),
    )
    for content in [(files("reader.html") / "static" / name).read_bytes()]
}


def static_url(name: str) -> str:
    """The address of a file of STATIC; it changes with the content, so it may be kept for ever."""
    return f"/static/{name}?v={STATIC[name][2]}"


def render_home(viewer: Viewer | None, name: str) -> str:
    """The product's frame. Without a viewer (a member) it has no link to the audit log; `name` is the user's id."""
    return _render("home.html", viewer=viewer, name=name)


def render_list(viewer: Viewer, listing: Listing, now: datetime, export_contact: str | None) -> str:
    """A page of the list."""
    return _render(
        "list.html",
        viewer=viewer,
        export_contact=export_contact,
        entries=[shown(entry, whole=False) for entry in listing.entries],
        listing=listing,
        behind=_behind(listing.complete_through, now),
        pages=links.pages(listing),
        **_filters(listing.query, now),
    )


def render_invalid(
    viewer: Viewer,
    pairs: Sequence[tuple[str, str]],
    problems: Sequence[ParameterError],
    now: datetime,
    export_contact: str | None,
) -> str:
    """The filters with what was given, and what is wrong with it."""
    wrong = {name for name, _ in problems}
    given = {name: diff_view.visible(value) for name, value in pairs if name in PARAMETERS}
    filters = _filters(_sound(pairs, wrong), now) | {"fields": filter_form.fields(given), "wrong": wrong}
    said = [(name, diff_view.visible(text)) for name, text in problems]
    return _render("invalid.html", viewer=viewer, export_contact=export_contact, problems=said, **filters)


def render_entry(viewer: Viewer, entry: Entry, export_contact: str | None) -> str:
    """One entry, whole."""
    return _render("entry.html", viewer=viewer, export_contact=export_contact, shown=shown(entry, whole=True))


def render_problem(problem: Problem, sign_in_url: str | None, viewer: Viewer | None = None) -> str:
    """A problem for people, without a trace of what was refused. A `viewer` keeps the navigation of one."""
    url = sign_in_url if problem.status == 401 else None
    return _render("problem.html", viewer=viewer, problem=problem, sign_in_url=url)


def _filters(query: Query, now: datetime) -> dict[str, Any]:
    selection = query.selection
    return {
        "fields": filter_form.fields(dict(to_pairs(query))),
        "wrong": frozenset[str](),
        "groups": filter_form.groups(selection),
        "ways": filter_form.BY,
        "way": filter_form.by(selection),
        "kept": filter_form.kept(selection, query.limit),
        "presets": links.presets(query, now),
        "chips": links.chips(query),
        "cleared": links.cleared(query),
    }


def _sound(pairs: Sequence[tuple[str, str]], wrong: set[str]) -> Query:
    """What is left of a query without the parameters that are wrong."""
    try:
        return parse([pair for pair in pairs if pair[0] in PARAMETERS and pair[0] not in wrong])
    except InvalidQuery:
        return Query()


def _behind(complete_through: datetime | None, now: datetime) -> bool:
    return complete_through is None or now - complete_through > BEHIND


def _render(template: str, **values: Any) -> str:
    return _TEMPLATES.get_template(template).render(**values)


_TEMPLATES = Environment(
    loader=PackageLoader("reader.html"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.globals |= {
    "static_url": static_url,
    "time": time,
    "iso": iso,
    "visible": diff_view.visible,
    "find": filter_form.FIND,
}
