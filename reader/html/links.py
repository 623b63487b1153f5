"""The links of a list page: its other pages, other ranges of dates, and the list with one filter removed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from itertools import groupby
from urllib.parse import urlencode

from catalog.audit_types import BY_NAME, CATALOG
from reader.model import Listing, Query
from reader.query.filters import to_pairs

PATH, API = "/audit", "/v1/audit-events"
PRESETS = (("24 h", "Last 24 hours", 1), ("7 d", "Last 7 days", 7), ("30 d", "Last 30 days", 30))


@dataclass(frozen=True, slots=True)
class Link:
    """A link. `aria_label` is its accessible name where the label is short; `current` marks the page that is shown."""

    label: str
    url: str
    aria_label: str = ""
    current: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Pagination:
    """The pages of a list. The URL of the page that is shown, or of one that does not exist, is empty.

    `refresh_url` is the list as of now; a script reads its total at `count_url`.
    """

    number: int
    last: int
    first_shown: int
    last_shown: int
    first_url: str
    previous_url: str
    next_url: str
    last_url: str
    refresh_url: str
    count_url: str
    hidden_fields: list[tuple[str, str]]


def link(query: Query) -> str:
    """The URL of the page that shows `query`."""
    return _url(to_pairs(query))


def pagination(listing: Listing) -> Pagination:
    """Links to the other pages as of the same snapshot, and to the list as of now."""
    query, limit = listing.query, listing.query.limit
    last = max(1, -(-listing.total // limit))
    number = min(query.offset // limit + 1, last)

    def at(page: int) -> str:
        return link(Query(query.selection, limit, (page - 1) * limit, listing.as_of))

    return Pagination(
        number=number,
        last=last,
        first_shown=query.offset + 1,
        last_shown=query.offset + len(listing.entries),
        first_url=at(1) if number > 1 else "",
        previous_url=at(number - 1) if number > 1 else "",
        next_url=at(number + 1) if number < last else "",
        last_url=at(last) if number < last else "",
        refresh_url=link(Query(query.selection, limit)),
        count_url=f"{API}?{urlencode(to_pairs(Query(query.selection, 1)))}",
        hidden_fields=to_pairs(Query(query.selection, limit, 0, listing.as_of)),
    )


def presets(query: Query, now: datetime) -> tuple[Link, ...]:
    """The most common ranges of dates; each keeps the other filters."""
    since, before = query.selection.since, query.selection.before
    links = []
    for label, aria_label, days in PRESETS:
        start = now - timedelta(days=days)
        text = start.strftime("%Y-%m-%dT%H:%M:00Z") if days == 1 else start.strftime("%Y-%m-%d")
        near = timedelta(hours=24 if days > 1 else 1)
        current = since is not None and before is None and abs(since.at - start) < near
        links.append(Link(label, _with(query, {"from": text, "to": None}), aria_label, current))
    everything = Link("All time", _with(query, {"from": None, "to": None}), "", since is None and before is None)
    return (*links, everything)


def chips(query: Query) -> tuple[Link, ...]:
    """The filters in use, each with the link that removes it; a whole family of actions is one filter."""
    pairs = to_pairs(Query(query.selection, query.limit))
    actions = [pair for pair in pairs if pair[0] == "action"]
    family = _families().get(tuple(sorted(name for _, name in actions)))
    whole = [Link(f"All {family} changes", _url([pair for pair in pairs if pair not in actions]))] if family else []
    single = [pair for pair in pairs if pair[0] != "limit" and not (family and pair in actions)]
    return (
        *whole,
        *(Link(_described(*pair), _url([other for other in pairs if other != pair])) for pair in single),
    )


def clear_url(query: Query) -> str:
    """The URL of the list without filters."""
    return link(Query(limit=query.limit))


def facet_label(facet: str) -> str:
    """A facet for people, such as `Provider: Gong` for `provider:gong`; one that the catalogue lacks stays as it is."""
    name, _, value = facet.partition(":")
    return _facet_labels().get(facet) or f"{name}: {value}"


def _described(name: str, value: str) -> str:
    if name == "action":
        return BY_NAME[value].label
    if name == "facet":
        return facet_label(value)
    if name == "channel":
        return f"Source: {value}"
    return {"source": "Source: MCP", "actor": f"Actor: {value}", "from": f"From {value}", "to": f"To {value}"}[name]


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


def _url(pairs: Sequence[tuple[str, str]]) -> str:
    return f"{PATH}?{urlencode(pairs)}" if pairs else PATH
