"""The filters as people see them: the dropdown of the catalogue, presets of dates, what is set, and links for all of it."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import NamedTuple
from urllib.parse import urlencode

from catalog.audit_types import BY_NAME, CATALOG
from catalog.clients import display_name
from reader.filters import PARAMETERS, to_pairs
from reader.model import Query, Selection

PATH = "/audit"
FIND = "/audit/find"
CHANNELS = {"web": "Web", "api": "API", "mcp": "MCP", "system": "System", "unknown": "Unknown"}
FAMILIES = {
    "integration": "Integrations",
    "member": "Members",
    "billing": "Billing",
    "schedule": "Schedules",
    "report": "Reports",
    "workspace": "Workspace",
}


class Option(NamedTuple):
    """One line of the dropdown; `value` is an action, or an action and a facet with a space between."""

    value: str
    label: str
    facet: bool
    chosen: bool


class Group(NamedTuple):
    """A family in the dropdown."""

    label: str
    options: tuple[Option, ...]


class Link(NamedTuple):
    """A link of the page; `current`: it is where one is."""

    label: str
    url: str
    current: bool = False


def found(pairs: Sequence[tuple[str, str]]) -> str:
    """Where the page's forms lead: the URL that a person can keep, without what was left empty.

    `show` is an Option's value, `page` a page's number; whatever else is no parameter goes along, and is refused there.
    """
    given: list[tuple[str, str]] = []
    limit = next((value for name, value in pairs if name == "limit"), "")
    for name, value in pairs:
        if name == "show":
            action, _, facet = value.partition(" ")
            given += [("action", action), ("facet", facet)]
        elif name == "page":
            given.append(("offset", _offset(value, limit)))
        else:
            given.append((name, value))
    known = {name: index for index, name in enumerate(PARAMETERS)}
    given.sort(key=lambda pair: known.get(pair[0], len(known)))
    return _url([pair for pair in given if pair[1]])


def link(query: Query) -> str:
    """The page that shows `query`."""
    return _url(to_pairs(query))


def groups(selection: Selection) -> tuple[Group, ...]:
    """The dropdown: what the catalogue has, and nothing else."""
    chosen = _chosen(selection)
    made = []
    for family, types in groupby(CATALOG, key=lambda audit_type: audit_type.family):
        options = []
        for audit_type in types:
            options.append(Option(audit_type.name, audit_type.label, False, chosen == audit_type.name))
            for facet in audit_type.facets:
                for value, label in facet.values:
                    both = f"{audit_type.name} {facet.name}:{value}"
                    options.append(Option(both, f"{audit_type.label} · {label}", True, chosen == both))
        made.append(Group(FAMILIES.get(family, family), tuple(options)))
    return tuple(made)


def presets(query: Query, now: datetime) -> tuple[Link, ...]:
    """Ranges of dates that people want most; each keeps the other filters."""
    since = query.selection.since
    made = []
    for label, days in (("24 h", 1), ("7 d", 7), ("30 d", 30)):
        start = now - timedelta(days=days)
        text = start.strftime("%Y-%m-%dT%H:%M:00Z") if days == 1 else start.strftime("%Y-%m-%d")
        current = (
            since is not None
            and query.selection.before is None
            and abs(since.at - start) < timedelta(hours=24 if days > 1 else 1)
        )
        made.append(Link(label, _with(query, {"from": text, "to": None}), current))
    everything = since is None and query.selection.before is None
    return (*made, Link("All time", _with(query, {"from": None, "to": None}), everything))


def chips(query: Query) -> tuple[Link, ...]:
    """What is set, each with the link that takes it away."""
    selection, made = query.selection, []
    pairs = to_pairs(Query(selection, query.limit))
    for name, value in pairs:
        if name != "limit":
            rest = [pair for pair in pairs if pair != (name, value)]
            made.append(Link(_described(name, value), _url(rest)))
    return tuple(made)


def cleared(query: Query) -> str:
    """The page without any filter."""
    return link(Query(limit=query.limit))


def source(client: str | None) -> str:
    """The badge of an entry that came through the MCP server."""
    return f"MCP · {display_name(client)}"


def _described(name: str, value: str) -> str:
    if name == "action":
        return BY_NAME[value].label
    if name == "facet":
        facet, _, shown = value.partition(":")
        known: Mapping[str, str] = {
            f"{each.name}:{one}": label
            for audit_type in CATALOG
            for each in audit_type.facets
            for one, label in each.values
        }
        return f"{facet.capitalize()}: {known.get(value, shown)}"
    if name == "channel":
        return f"Channel: {CHANNELS[value]}"
    return {"source": "Source: MCP", "actor": f"Actor: {value}", "from": f"From {value}", "to": f"To {value}"}[name]


def _chosen(selection: Selection) -> str:
    """The dropdown's value for a selection; empty where it says more than the dropdown can."""
    if len(selection.actions) != 1 or len(selection.facets) > 1:
        return ""
    return " ".join((*selection.actions, *selection.facets))


def _with(query: Query, changed: Mapping[str, str | None]) -> str:
    pairs = [pair for pair in to_pairs(Query(query.selection, query.limit)) if pair[0] not in changed]
    return _url([*pairs, *((name, value) for name, value in changed.items() if value)])


def _offset(page: str, limit: str) -> str:
    """What stands before a page; a number that is none goes along and is refused."""
    size = int(limit) if limit.isascii() and limit.isdigit() and len(limit) < 4 else 50
    if not (page.isascii() and page.isdigit() and len(page) < 8):
        return page
    return str(max(0, int(page) - 1) * size)


def _url(pairs: Sequence[tuple[str, str]]) -> str:
    return f"{PATH}?{urlencode(pairs)}" if pairs else PATH
