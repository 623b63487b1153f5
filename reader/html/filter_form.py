"""The filter form above the list: its options, its current values, and the address that a submitted form leads to."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import groupby
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode

from catalog.audit_types import CATALOG
from catalog.definitions import AuditType, Facet
from catalog.topics import FAMILY_LABELS
from catalog.visible_text import visible
from reader.html.links import PATH, facet_label
from reader.model import Query, Selection
from reader.query.filters import DEFAULT_LIMIT, MAX_LIMIT, MAX_OFFSET, PARAMETERS, to_pairs
from reader.query.searched_text import without_edges

FIND_PATH = f"{PATH}/find"
# What the dropdown sends where the choice is not one of its lines: the ticked actions, and such facets as there are.
SEVERAL = ("several", "1")


class Option(NamedTuple):
    """One line of the dropdown; `value` is the part of a query string that it stands for."""

    value: str
    label: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class OptionGroup:
    """A family of actions in the dropdown."""

    label: str
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class FieldValue:
    """The value of a field; `kind` is the type of its input element."""

    value: str
    kind: str


def list_address(pairs: Sequence[tuple[str, str]]) -> str:
    """The address of the list that a submitted form describes: one that can be kept and sent, without empty parameters.

    `show` is the value of an Option, to which ticked actions are added, `by` a key of SOURCE_LABELS, `page` a page number.
    Other unknown parameters are kept, and the list refuses them. Dates take the place of a relative range.
    """
    parameters: list[tuple[str, str]] = []
    settings = dict(pairs)
    limit = next((value for name, value in pairs if name == "limit"), "")
    all_again = SEVERAL in pairs and not settings.get("show")  # the dropdown was set back: the ticks are from before
    for name, value in pairs:
        if name == SEVERAL[0] or (name == "action" and all_again):
            continue
        if name == "last" and (settings.get("from") or settings.get("to")):
            continue
        if name == "show":
            parameters += [pair for pair in parse_qsl(value) if pair != SEVERAL]
        elif name in ("actor", "subject"):
            parameters.append((name, without_edges(value)))
        elif name == "by":
            parameters.append(("source" if value == "mcp" else "channel", value))
        elif name == "page":
            parameters.append(("offset", _offset(value, limit)))
        else:
            parameters.append((name, value))
    order = {name: index for index, name in enumerate(PARAMETERS)}
    parameters.sort(key=lambda pair: order.get(pair[0], len(order)))
    parameters = list(dict.fromkeys(pair for pair in parameters if pair[1]))
    return f"{PATH}?{urlencode(parameters)}" if parameters else PATH


def action_groups(selection: Selection) -> tuple[OptionGroup, ...]:
    """The dropdown: the lines of the catalog, and first the current choice where it is not one of these."""
    chosen = _value(selection.actions, selection.facets)
    groups = [
        OptionGroup(family, tuple(Option(value, label, value == chosen) for value, label in lines))
        for family, lines in _option_groups()
    ]
    if is_several(selection):
        several = urlencode([SEVERAL, *(("facet", facet) for facet in selection.facets)])
        groups.insert(0, OptionGroup("Current choice", (Option(several, _custom_label(selection), True),)))
    return tuple(groups)


def is_several(selection: Selection) -> bool:
    """Whether the actions and facets are not one line of the dropdown."""
    chosen = _value(selection.actions, selection.facets)
    return bool(chosen) and not any(value == chosen for _, lines in _option_groups() for value, _ in lines)


def ticks(selection: Selection) -> tuple[OptionGroup, ...]:
    """All types, to tick several of them; none is ticked where the dropdown has the choice."""
    ticked = selection.actions if is_several(selection) else ()
    families = groupby(CATALOG, key=lambda audit_type: audit_type.family)
    return tuple(
        OptionGroup(
            FAMILY_LABELS[name],
            tuple(Option(listed_type.name, listed_type.label, listed_type.name in ticked) for listed_type in types),
        )
        for name, types in families
    )


def fields(values: Mapping[str, str]) -> dict[str, FieldValue]:
    """The text fields. A date has a date picker; a time, which only an address can contain, and an invalid date are text."""
    texts = {name: values.get(name, "") for name in ("from", "to")}
    dates = {name: FieldValue(text, "date" if not text or _is_date(text) else "text") for name, text in texts.items()}
    return dates | {name: FieldValue(values.get(name, ""), "text") for name in ("actor", "subject")}


def chosen_source(selection: Selection) -> str:
    """The key of SOURCE_LABELS that is chosen; empty for any."""
    return selection.channel or selection.source or ""


def hidden_fields(selection: Selection, limit: int) -> list[tuple[str, str]]:
    """Parameters that the form has no control for and must keep."""
    both = selection.source and selection.channel not in {None, "mcp"}
    names = {"limit", "last", "source"} if both else {"limit", "last"}
    several = [SEVERAL] if is_several(selection) else []
    return [pair for pair in to_pairs(Query(selection, limit)) if pair[0] in names] + several


@cache
def _option_groups() -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    """The families of the catalog, each with its lines."""
    families = groupby(CATALOG, key=lambda audit_type: audit_type.family)
    return tuple((FAMILY_LABELS[name], tuple(_lines(name, list(types)))) for name, types in families)


def _lines(family: str, types: list[AuditType]) -> Iterator[tuple[str, str]]:
    """The lines of a family: all of it, if it has several types; each type; and the facets of each type."""
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
    """The part of a query string; in the catalog's order, since one choice in two orders is the same."""
    listed = [("action", audit_type.name) for audit_type in CATALOG if audit_type.name in actions]
    return urlencode([*listed, *(("facet", facet) for facet in facets)])


def _custom_label(selection: Selection) -> str:
    """A choice that is not a line of the dropdown: someone edited the address, and may have written anything for a facet."""
    labels = {audit_type.name: audit_type.label for audit_type in CATALOG}
    actions = ", ".join(labels[action] for action in selection.actions)
    facets = [visible(facet_label(facet)) for facet in selection.facets]
    return " · ".join([actions, *facets] if actions else facets)


def _is_date(text: str) -> bool:
    """Whether a date input can show it; otherwise it would be empty."""
    try:
        return re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII) is not None and bool(date.fromisoformat(text))
    except ValueError:
        return False


def _offset(page: str, limit: str) -> str:
    """The offset of a page; a text that is not a page number is returned as it is, and the list refuses it.

    Of a page beyond all offsets it is that of the last page there could be, which says that it is past the end.
    """
    size = int(limit) if re.fullmatch(r"[0-9]{1,9}", limit) and 0 < int(limit) <= MAX_LIMIT else DEFAULT_LIMIT
    if not (page.isascii() and page.isdigit()):
        return page
    digits = page.lstrip("0")
    # int() refuses what is very long.
    number = int(digits or "0") if len(digits) <= len(str(MAX_OFFSET)) else MAX_OFFSET
    return str(min(max(0, number - 1), MAX_OFFSET // size) * size)
