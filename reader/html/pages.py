"""The HTML pages. Jinja2 escapes every value; nothing is marked as safe."""

import hashlib
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from importlib.resources import files
from itertools import groupby
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from catalog.visible_text import visible
from reader.errors import NO_WORKSPACE, Problem
from reader.html import filter_form, links
from reader.html.entry_view import entry_view
from reader.html.labels import SOURCE_LABELS
from reader.html.row_links import back_query, lists
from reader.html.rows import HtmlRow, rows
from reader.model import Entry, Listing, Query, Viewer
from reader.query.filters import PARAMETERS, InvalidQuery, ParameterError, parse, to_pairs
from reader.query.position import page_query, parse_position
from runtime.timestamps import iso, time

STALE_AFTER = timedelta(minutes=2)  # an older complete_through is a warning
MAX_KEPT_FORMS = 64
RANGE = frozenset({"last", "from", "to"})  # the parameters of one range of time
MAX_KEPT_LINK = 500  # characters of a list's URL, which its form has once for each filter: so all take few megabytes
STATIC = {
    name: (content, media_type, hashlib.sha256(content).hexdigest()[:16])
    for name, media_type in (
        ("audit.css", "text/css; charset=utf-8"),
        ("print.css", "text/css; charset=utf-8"),
        ("audit.js", "text/javascript; charset=utf-8"),
        ("filters.js", "text/javascript; charset=utf-8"),
        ("times.js", "text/javascript; charset=utf-8"),
        ("keys.js", "text/javascript; charset=utf-8"),
        ("counting.js", "text/javascript; charset=utf-8"),
        ("logo.svg", "image/svg+xml"),
    )
    for content in [(files("reader.html") / "static" / name).read_bytes()]
}


def static_url(name: str) -> str:
    """The URL of a file of STATIC. It changes with the content, so responses can be cached forever."""
    return f"/static/{name}?v={STATIC[name][2]}"


def render_home(viewer: Viewer | None, name: str) -> str:
    """The home page. Without a viewer (a member) it has no link to the audit log; `name` is the user's id."""
    return _render("home.html", viewer=viewer, name=name)


def render_list(viewer: Viewer, listing: Listing, now: datetime, export_contact: str | None) -> str:
    """A page of the list."""
    shown = [_ROWS.of(entry) for entry in listing.entries]
    query = Query(listing.query.selection, listing.query.limit)
    is_short = len(links.link(query)) <= MAX_KEPT_LINK
    return _render(
        "list.html",
        viewer=viewer,
        export_contact=export_contact,
        days=_days(shown),
        back=back_query(listing),
        listing=listing,
        now=now,
        stale=_is_stale(listing.complete_through, now),
        pagination=links.pagination(listing),
        actors=sorted({row.email for row in shown if row.email}),
        **(_kept_form(query) if is_short else _form(query)),
    )


def render_invalid(
    viewer: Viewer,
    pairs: Sequence[tuple[str, str]],
    errors: Sequence[ParameterError],
    export_contact: str | None,
) -> str:
    """The filter form with the values that were sent, and what is wrong with them."""
    invalid_fields = {error.parameter for error in errors}
    values = {name: visible(value) for name, value in pairs if name in PARAMETERS}
    filters = _filters(_valid_part(pairs, invalid_fields)) | {
        "fields": filter_form.fields(values),
        "invalid_fields": invalid_fields,
    }
    messages = [(error.parameter, visible(error.text)) for error in errors]
    return _render("invalid.html", viewer=viewer, export_contact=export_contact, errors=messages, **filters)


def render_entry(
    viewer: Viewer, entry: Entry, pairs: Sequence[tuple[str, str]], now: datetime, export_contact: str | None
) -> str:
    """One entry, with its whole diff. `pairs` are the parameters of the list that led to it.

    A link leads back to that list, and others to the part of it that has the same actor, subject, action or source.
    """
    query = _taken_part(pairs)
    return _render(
        "entry.html",
        viewer=viewer,
        export_contact=export_contact,
        view=entry_view(entry),
        lists=lists(query, entry),
        back_url=links.link(query),
        now=now,
    )


def render_problem(problem: Problem, sign_in_url: str | None, viewer: Viewer | None = None) -> str:
    """An error page, which repeats nothing of the request but the way back from signing in. A `viewer` keeps the navigation of an admin."""
    url = sign_in_url if problem.status == 401 or problem is NO_WORKSPACE else None
    return _render("problem.html", viewer=viewer, problem=problem, sign_in_url=url)


def _form(query: Query) -> dict[str, Any]:
    """The values of the filters of a list, and the form, rendered."""
    values = _filters(query)
    return values | {"filter_form": _TEMPLATES.get_template("filters.html").make_module(values)}


_kept_form = lru_cache(MAX_KEPT_FORMS)(_form)  # it takes a fifth of a page's time, and most lists have few filters


def _filters(query: Query) -> dict[str, Any]:
    selection = query.selection
    return {
        "fields": filter_form.fields(dict(to_pairs(query))),
        "invalid_fields": frozenset[str](),
        "groups": filter_form.action_groups(selection),
        "ticks": filter_form.ticks(selection),
        "is_several": filter_form.is_several(selection),
        "sources": SOURCE_LABELS,
        "chosen_source": filter_form.chosen_source(selection),
        "hidden_fields": filter_form.hidden_fields(selection, query.limit),
        "presets": links.presets(query),
        "chips": links.chips(query),
        "selection": selection,
        "range_label": links.PRESETS[selection.last][1] if selection.last else "",
        "clear_url": links.clear_url(query),
    }


def _days(shown: list[HtmlRow]) -> list[tuple[date, list[HtmlRow]]]:
    """The rows by the UTC day on which their entries occurred."""
    return [(day, list(same)) for day, same in groupby(shown, key=lambda row: row.day)]


def _valid_part(pairs: Sequence[tuple[str, str]], invalid_fields: set[str]) -> Query:
    """The query without its invalid parameters."""
    try:
        return parse([pair for pair in pairs if pair[0] in PARAMETERS and pair[0] not in invalid_fields])
    except InvalidQuery:
        return Query()


def _taken_part(pairs: Sequence[tuple[str, str]]) -> Query:
    """The query of a page without what the list would refuse: it may say so only of what is left without the rest."""
    try:
        query = page_query(parse(pairs))
        parse_position(query)
        return query
    except InvalidQuery as invalid:
        refused = {error.parameter for error in invalid.errors}
    if refused & RANGE:  # half of it would be another range
        refused |= RANGE
    kept = [pair for pair in pairs if pair[0] in PARAMETERS and pair[0] not in refused]
    return _taken_part(kept) if len(kept) < len(pairs) else Query()


def _is_stale(complete_through: datetime | None, now: datetime) -> bool:
    return complete_through is None or now - complete_through > STALE_AFTER


def _render(template: str, **values: Any) -> str:
    return _TEMPLATES.get_template(template).render(**values)


_TEMPLATES = Environment(
    loader=PackageLoader("reader.html"),
    autoescape=True,
    undefined=StrictUndefined,
    auto_reload=False,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.globals |= {
    "static_url": static_url,
    "time": time,
    "iso": iso,
    "visible": visible,
    "find_path": filter_form.FIND_PATH,
}
_MACROS: Any = _TEMPLATES.get_template("macros.html").module
_ROWS = rows(_MACROS.row)
