"""An entry as one sentence for people: on the page, in the API, in the operator's commands, in an export."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from string import Formatter
from types import MappingProxyType
from typing import NamedTuple

from catalog import money
from catalog.changed_values import MARK, MAX_NAMED, Change, change_text, field_names, value_at
from catalog.definitions import DETAILS, AuditType, Facet, FacetOf
from catalog.visible_text import visible_line

NO_CHANGES: Mapping[str, Change] = MappingProxyType({})


class SentencePart(NamedTuple):
    """A part of a sentence; `names` says what it is: actor, subject, a facet's name and so on, empty for plain words."""

    text: str
    names: str


def sentence(
    audit_type: AuditType, actor: str, subject: str, facets: Iterable[str], changes: Mapping[str, Change] = NO_CHANGES
) -> str:
    """The entry as plain text (not HTML: escape it); see `parts`."""
    return "".join(part.text for part in parts(audit_type, actor, subject, facets, changes))


def parts(
    audit_type: AuditType, actor: str, subject: str, facets: Iterable[str], changes: Mapping[str, Change] = NO_CHANGES
) -> tuple[SentencePart, ...]:
    """The same sentence in parts, so that names can be formatted differently from words.

    `actor` and `subject` as they are to be shown; `facets` as stored; `changes` of the stored diff (`catalog.stored_diff`),
    or none if they were not read: then it is the shorter sentence.
    """
    stored, words = list(facets), {"actor": actor, "subject": subject}

    def word(name: str) -> str | None:
        return words[name] if name in words else _word(name, audit_type, stored, changes)

    patterns = (*((audit_type.detailed, audit_type.otherwise) if changes else ()), audit_type.sentence)
    filled = (_filled(pattern, word) for pattern in patterns if pattern)
    return next(sentence_parts for sentence_parts in filled if sentence_parts is not None)


def is_edit(audit_type: AuditType, facets: Sequence[str]) -> bool:
    """Whether an entry with these stored facets is an edit: by its operation, or else by the feeds of its type."""
    operation = next((facet.name for facet in audit_type.facets if facet.of is FacetOf.OPERATION), None)
    edits = [feed.operation for feed in audit_type.feeds if feed.edit]
    return any(operation is None or f"{operation}:{edit}" in facets for edit in edits)


def _filled(pattern: str, word: Callable[[str], str | None]) -> tuple[SentencePart, ...] | None:
    """The parts of a sentence; None if one of its words is missing."""
    sentence_parts: list[SentencePart] = []
    for text, named in _cut(pattern):
        shown = word(text) if named else text
        if shown is None:
            return None
        if named and text in DETAILS and MARK in shown:
            sentence_parts += _stretches(shown)
        elif shown:
            sentence_parts.append(SentencePart(shown, text if named else ""))
    return tuple(sentence_parts)


def _stretches(text: str) -> list[SentencePart]:
    """Of values from the changes: words, and the values between them."""
    stretches = enumerate(text.split(MARK))
    return [SentencePart(stretch, "value" if number % 2 else "") for number, stretch in stretches if stretch]


def _word(name: str, audit_type: AuditType, facets: Sequence[str], changes: Mapping[str, Change]) -> str | None:
    """The text for a name in a sentence; None if the changes lack the value. Computed only for names that the sentence has."""
    for facet in audit_type.facets:
        if facet.name == name:
            return _shown(facet, facets)
    if name == "edits":
        return _listed(changes, audit_type) if is_edit(audit_type, facets) else ""
    if name in _DETAILS:
        return _DETAILS[name](changes, audit_type)
    side, _, field = name.partition("_")
    value = value_at(changes, side, field)
    return None if value is None else visible_line(value)


def amount(changes: Mapping[str, Change], audit_type: AuditType) -> str | None:
    """The money of an entry, such as `EUR 129.00`; None where its type has none, or its currency is unknown."""
    if not any(fact.name == "amount" for fact in audit_type.facts):
        return None
    minor_units, currency = (changes.get(f"/amount/{name}", {}).get("after") for name in ("minor_units", "currency"))
    if not isinstance(minor_units, str) or not isinstance(currency, str):
        return None
    return money.amount(minor_units, currency)


def _listed(changes: Mapping[str, Change], audit_type: AuditType) -> str:
    """`: cron 0 9 * * 1 → 0 8 * * 1, timezone …`, or how many there are; empty for none."""
    if not changes:
        return ""
    names = _names(changes, audit_type)
    if not names:
        return f": {len(changes):,} changes"
    named = zip(names, changes.values(), strict=True)
    return ": " + ", ".join(f"{name} {change_text(change)}".rstrip(" ") for name, change in named)


def _others(changes: Mapping[str, Change], audit_type: AuditType) -> str:
    others = {pointer: change for pointer, change in changes.items() if pointer not in _named(audit_type.detailed)}
    return _listed(others, audit_type) if len(changes) <= MAX_NAMED else f" and made {len(others):,} more changes"


def _unnamed(changes: Mapping[str, Change], audit_type: AuditType) -> str | None:
    return None if _named(audit_type.detailed) & changes.keys() else _listed(changes, audit_type)


def _fields(changes: Mapping[str, Change], audit_type: AuditType) -> str:
    return " and ".join(_names(changes, audit_type)) or f"{len(changes):,} fields"


def _names(changes: Mapping[str, Change], audit_type: AuditType) -> list[str]:
    """The names of what changed; none if there are too many, or if they do not tell."""
    return field_names(changes, [field.name for field in audit_type.tracked]) if len(changes) <= MAX_NAMED else []


def _values(changes: Mapping[str, Change], audit_type: AuditType) -> str:
    if not _names(changes, audit_type):
        return ""
    values = list(map(change_text, changes.values()))
    return ": " + ", ".join(values) if all(values) else ""


_DETAILS: Mapping[str, Callable[[Mapping[str, Change], AuditType], str | None]] = {
    "amount": amount,
    "changes": _listed,
    "fields": _fields,
    "others": _others,
    "values": _values,
    "unnamed": _unnamed,
}


@cache
def _cut(pattern: str) -> tuple[tuple[str, bool], ...]:
    """The parts of a pattern: its words, and the names between its braces."""
    pattern_parts: list[tuple[str, bool]] = []
    for words, name, _, _ in Formatter().parse(pattern):
        if words:
            pattern_parts.append((words, False))
        if name:
            pattern_parts.append((name, True))
    return tuple(pattern_parts)


@cache
def _named(pattern: str) -> frozenset[str]:
    """Pointers to the fields whose values before or after the pattern names."""
    names = [text.partition("_") for text, is_name in _cut(pattern) if is_name]
    return frozenset(f"/{field}" for side, _, field in names if side in ("before", "after"))


def _shown(facet: Facet, stored: Sequence[str]) -> str:
    prefix = f"{facet.name}:"
    return ", ".join(
        [facet.display(stored_facet.removeprefix(prefix)) for stored_facet in stored if stored_facet.startswith(prefix)]
    )
