"""The form above the list: what it offers, what it says is chosen, and the address that what it sends leads to."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import cache
from itertools import groupby
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode

from catalog.audit_types import CATALOG
from catalog.definitions import AuditType, Facet
from reader.html.links import PATH, facet_label
from reader.model import Query, Selection
from reader.query.filters import CHANNELS, PARAMETERS, to_pairs

FIND_PATH = f"{PATH}/find"
# What people call the ways by which a change can come.
SOURCE_LABELS = {"mcp": "MCP", "web": "Web", "api": "API", "system": "System", "unknown": "Unknown"}
FAMILIES = {
    "integration": "Integrations",
    "member": "Members",
    "billing": "Billing",
    "schedule": "Schedules",
    "report": "Reports",
    "workspace": "Workspace",
}
assert set(SOURCE_LABELS) == set(CHANNELS)


class Option(NamedTuple):
    """One line of the dropdown; `value` is the part of a query that it stands for."""

    value: str
    label: str
    chosen: bool


class Group(NamedTuple):
    """A family in the dropdown."""

    label: str
    options: tuple[Option, ...]


class FieldValue(NamedTuple):
    """What stands in a field of the form; `kind` is its input's type."""

    value: str
    kind: str


def list_address(pairs: Sequence[tuple[str, str]]) -> str:
    """Where the page's forms lead: the URL that a person can keep, without what was left empty.

    `show` is an Option's value, `by` one of SOURCE_LABELS, `page` a page's number; whatever else is no parameter goes along, and is
    refused there.
    """
    given: list[tuple[str, str]] = []
    limit = next((value for name, value in pairs if name == "limit"), "")
    for name, value in pairs:
        if name == "show":
            given += parse_qsl(value)
        elif name == "by":
            given.append(("source" if value == "mcp" else "channel", value))
        elif name == "page":
            given.append(("offset", _offset(value, limit)))
        else:
            given.append((name, value))
    known = {name: index for index, name in enumerate(PARAMETERS)}
    given.sort(key=lambda pair: known.get(pair[0], len(known)))
    given = [pair for pair in given if pair[1]]
    return f"{PATH}?{urlencode(given)}" if given else PATH


def groups(selection: Selection) -> tuple[Group, ...]:
    """The dropdown: what the catalogue has, and nothing else; and, where it says more than that, what is chosen."""
    chosen = _value(selection.actions, selection.facets)
    made = [
        Group(family, tuple(Option(value, label, value == chosen) for value, label in lines))
        for family, lines in _option_groups()
    ]
    if chosen and not any(option.chosen for group in made for option in group.options):
        made.insert(0, Group("Chosen", (Option(chosen, _custom_label(selection), True),)))
    return tuple(made)


def fields(given: Mapping[str, str]) -> dict[str, FieldValue]:
    """The text fields. A date can be picked; a time, which the address may have, and what is no date can be written."""
    dates = {name: given.get(name, "") for name in ("from", "to")}
    made = {name: FieldValue(text, "date" if not text or _is_date(text) else "text") for name, text in dates.items()}
    return made | {"actor": FieldValue(given.get("actor", ""), "text")}


def chosen_source(selection: Selection) -> str:
    """Which of SOURCE_LABELS is chosen; empty for any."""
    return selection.channel or selection.source or ""


def hidden_fields(selection: Selection, limit: int) -> list[tuple[str, str]]:
    """What the form has no control for, and must not lose."""
    both = selection.source and selection.channel not in {None, "mcp"}
    names = {"limit", "source"} if both else {"limit"}
    return [pair for pair in to_pairs(Query(selection, limit)) if pair[0] in names]


@cache
def _option_groups() -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    """The catalogue's families, each with its lines."""
    families = groupby(CATALOG, key=lambda audit_type: audit_type.family)
    return tuple((FAMILIES.get(name, name), tuple(_lines(name, list(types)))) for name, types in families)


def _lines(family: str, types: list[AuditType]) -> Iterator[tuple[str, str]]:
    """A family's lines: all of it where it has several types, each type, and the facets of each."""
    if len(types) > 1:
        names = [audit_type.name for audit_type in types]
        yield _value(names), f"All {family} changes"
        for facet in types[0].facets:
            if all(facet in audit_type.facets for audit_type in types):
                for value, label in _values(facet):
                    yield _value(names, [value]), f"All {family} changes · {label}"
    for audit_type in types:
        yield _value([audit_type.name]), audit_type.label
        for facet in audit_type.facets:
            for value, label in _values(facet):
                yield _value([audit_type.name], [value]), f"{audit_type.label} · {label}"


def _values(facet: Facet) -> Iterator[tuple[str, str]]:
    return ((f"{facet.name}:{value}", label) for value, label in facet.values)


def _value(actions: Sequence[str], facets: Sequence[str] = ()) -> str:
    return urlencode([*(("action", each) for each in actions), *(("facet", each) for each in facets)])


def _custom_label(selection: Selection) -> str:
    """A choice that is no line of the dropdown: it came by an address that someone wrote."""
    labels = {audit_type.name: audit_type.label for audit_type in CATALOG}
    return " · ".join(
        [", ".join(labels[each] for each in selection.actions), *map(facet_label, selection.facets)]
    ).strip(" ·")


def _is_date(text: str) -> bool:
    """Whether a browser can show it as a date; else it would show nothing."""
    try:
        return re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII) is not None and bool(date.fromisoformat(text))
    except ValueError:
        return False


def _offset(page: str, limit: str) -> str:
    """What stands before a page; a number that is none goes along and is refused."""
    size = int(limit) if limit.isascii() and limit.isdigit() and len(limit) < 4 else 50
    if not (page.isascii() and page.isdigit() and len(page) < 8):
        return page
    return str(max(0, int(page) - 1) * size)
