"""The links of a list page: its other pages, other ranges of dates, and the list with one filter removed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from itertools import groupby
from urllib.parse import urlencode

from catalog.audit_types import BY_NAME, CATALOG
from reader.html.labels import SOURCE_LABELS
from reader.model import Listing, Query, Selection
from reader.query.filters import RANGES, to_pairs
from reader.query.window import absolute
from runtime.timestamps import time

PATH, API = "/audit", "/v1/audit-events"
# The ranges of `last`: short labels for links, and whole ones.
PRESETS = {"24h": ("24 h", "Last 24 hours"), "7d": ("7 d", "Last 7 days"), "30d": ("30 d", "Last 30 days")}
assert PRESETS.keys() == RANGES.keys()


@dataclass(frozen=True, slots=True)
class Link:
    """A link. `aria_label` is its accessible name where the label is short; `current` marks the page that is shown.

    `time` and `at` are the end of the label where it is a time: as it is shown in UTC, and its instant for other zones.
    """

    label: str
    url: str
    aria_label: str = ""
    current: bool = False
    time: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pagination:
    """The pages of a list. The URL of the page that is shown, or of one that does not exist, is empty. `last` may not be known yet.

    An address may begin anywhere: then it shows the end of page `number` and the beginning of page `until`, which is the same else.
    From there, too, the links lead to every entry.
    `refresh_url` is the list as of now; a script reads its total at `count_url`. `permanent_url` is this page with its
    `as_of`, and `json_url` the same as the API has it.
    """

    number: int
    until: int
    last: int | None
    first_shown: int
    last_shown: int
    first_url: str
    previous_url: str
    next_url: str
    last_url: str
    refresh_url: str
    count_url: str
    permanent_url: str
    json_url: str
    hidden_fields: list[tuple[str, str]]


def link(query: Query) -> str:
    """The URL of the page that shows `query`."""
    return _url(to_pairs(query))


def pagination(listing: Listing) -> Pagination:
    """Links to the other pages as of the same snapshot, and to the list as of now."""
    query, limit = listing.query, listing.query.limit
    last = max(1, -(-listing.total // limit)) if listing.is_counted else None
    number = query.offset // limit + 1
    shown_to = query.offset + len(listing.entries)
    previous, following = query.offset - limit, query.offset + limit
    if last is not None:  # an address past the end is after the last page
        number, previous = min(number, last), min(previous, (last - 1) * limit)
    has_more = listing.has_more or (listing.is_counted and following < listing.total)
    here = replace(query, as_of=listing.as_of)

    def at(offset: int) -> str:
        return link(Query(query.selection, limit, max(0, offset), listing.as_of))

    return Pagination(
        number=number,
        until=max(number, -(-shown_to // limit)) if listing.entries else number,
        last=last,
        first_shown=query.offset + 1,
        last_shown=shown_to,
        first_url=at(0) if query.offset else "",
        previous_url=at(previous) if query.offset else "",
        next_url=at(following) if has_more else "",
        last_url=at((last - 1) * limit) if last is not None and has_more else "",
        refresh_url=link(Query(query.selection, limit)),
        # Of an absolute range: as a relative one moves on, old entries drop out, and its total would not show how many are new.
        count_url=_api(Query(absolute(query.selection, listing.as_of_time), 1)),
        permanent_url=link(here),
        json_url=f"{PATH}/json?{urlencode(to_pairs(here))}",
        hidden_fields=to_pairs(Query(query.selection, limit, 0, listing.as_of)),
    )


def presets(query: Query) -> tuple[Link, ...]:
    """The most common ranges of time; each keeps the other filters. They are relative, and stay so."""
    selection = query.selection
    ranges = tuple(
        Link(label, _with(query, {"last": value, "from": None, "to": None}), whole, selection.last == value)
        for value, (label, whole) in PRESETS.items()
    )
    is_all = selection.last is None and selection.since is None and selection.before is None
    return (*ranges, Link("All time", _with(query, {"last": None, "from": None, "to": None}), "", is_all))


def chips(query: Query) -> tuple[Link, ...]:
    """The filters in use, each with the link that removes it; a whole family of actions is one filter."""
    pairs = to_pairs(Query(query.selection, query.limit))
    actions = [pair for pair in pairs if pair[0] == "action"]
    family = _families().get(tuple(sorted(name for _, name in actions)))
    whole = [Link(f"All {family} changes", _url([pair for pair in pairs if pair not in actions]))] if family else []
    single = [pair for pair in pairs if pair[0] != "limit" and not (family and pair in actions)]
    return (
        *whole,
        *(_chip(pair, _url([other for other in pairs if other != pair]), query.selection) for pair in single),
    )


def clear_url(query: Query) -> str:
    """The URL of the list without filters."""
    return link(Query(limit=query.limit))


def facet_label(facet: str) -> str:
    """A facet for people, such as `Provider: Gong` for `provider:gong`; one that the catalog lacks stays as it is."""
    name, colon, value = facet.partition(":")
    return _facet_labels().get(facet) or (f"{name}: {value}" if colon else facet)


def _chip(pair: tuple[str, str], url: str, selection: Selection) -> Link:
    """A date is shown as it is; in another zone it is the first instant of its day, or the last second."""
    name, text = pair
    bound = {"from": selection.since, "to": selection.before}.get(name)
    if bound is None:
        return Link(_described(name, text), url)
    is_last_day = name == "to" and len(text) == len("2026-11-22")
    at = bound.at - timedelta(seconds=1) if is_last_day else bound.at
    label = "Before" if name == "to" and not is_last_day else name.capitalize()
    return Link(label, url, time=text if len(text) == len("2026-11-22") else time(at), at=at)


def _described(name: str, value: str) -> str:
    if name == "action":
        return BY_NAME[value].label
    if name == "facet":
        return facet_label(value)
    if name == "channel":
        return f"Source: {SOURCE_LABELS[value]}"
    if name == "last":
        return PRESETS[value][1]
    return {"source": "Source: MCP", "actor": f"Actor: {value}", "subject": f"Subject: {value}"}[name]


@cache
def _facet_labels() -> Mapping[str, str]:
    return {
        f"{facet.name}:{value}": f"{facet.label}: {label}"
        for audit_type in CATALOG
        for facet in audit_type.facets
        for value, label in facet.values
    }


@cache
def _families() -> Mapping[tuple[str, ...], str]:
    """Families of several types, by the sorted names of their types."""
    grouped = [
        (family, [audit_type.name for audit_type in types])
        for family, types in groupby(CATALOG, key=lambda audit_type: audit_type.family)
    ]
    return {tuple(sorted(names)): family for family, names in grouped if len(names) > 1}


def _with(query: Query, changed: Mapping[str, str | None]) -> str:
    pairs = [pair for pair in to_pairs(Query(query.selection, query.limit)) if pair[0] not in changed]
    return _url([*pairs, *((name, value) for name, value in changed.items() if value)])


def _api(query: Query) -> str:
    return f"{API}?{urlencode(to_pairs(query))}"


def _url(pairs: Sequence[tuple[str, str]]) -> str:
    return f"{PATH}?{urlencode(pairs)}" if pairs else PATH
