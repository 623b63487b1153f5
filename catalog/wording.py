"""An entry as one sentence for people: on the page, in the API, in the operator's commands, in an export."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from string import Formatter
from types import MappingProxyType
from typing import Any, NamedTuple

from catalog import money
from catalog.changed_values import MARK, MAX_TOLD, Change, ToldChange, told, value_at
from catalog.definitions import DETAILS, AuditType, Facet, FacetOf
from catalog.visible_text import visible

NO_CHANGES: Mapping[str, Change] = MappingProxyType({})


class Part(NamedTuple):
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
) -> tuple[Part, ...]:
    """The same sentence in parts, so that names can be formatted differently from words.

    `actor` and `subject` as they are to be shown; `facets` as stored; `changes` of the stored diff (`catalog.stored_diff`),
    or none if they were not read: then it is the shorter sentence.
    """
    words: dict[str, str | None] = {"actor": actor, "subject": subject, **_facet_words(audit_type, list(facets))}
    patterns = [audit_type.sentence]
    if changes and audit_type.detailed:
        words |= _change_words(changes, is_edit=_is_edit(audit_type, words))
        patterns.insert(0, audit_type.detailed)
    pattern = next(pattern for pattern in patterns if all(words.get(name) is not None for name in _names(pattern)))
    cut = ((words[text] or "", text) if named else (text, "") for text, named in _cut(pattern))
    return tuple(part for text, names in cut for part in _stretches(text, names) if part.text)


def _stretches(text: str, names: str) -> Iterator[Part]:
    """One part; for values from the changes several: words, and the values between them."""
    if names not in DETAILS or MARK not in text:
        yield Part(text, names)
        return
    for number, stretch in enumerate(text.split(MARK)):
        yield Part(stretch, "value" if number % 2 else "")


def _facet_words(audit_type: AuditType, facets: Sequence[str]) -> dict[str, str]:
    stored = [facet.partition(":") for facet in facets]
    return {
        facet.name: _shown(facet, [value for name, _, value in stored if name == facet.name])
        for facet in audit_type.facets
    }


def _change_words(changes: Mapping[str, Change], *, is_edit: bool) -> dict[str, str | None]:
    """The names that `AuditType.detailed` may use in addition to those of `sentence`; None if the changes lack the value."""
    all_told = told(changes)
    sides = {
        f"{side}_{pointer.removeprefix('/')}": _visible(value_at(changes, side, pointer.removeprefix("/")))
        for pointer in changes
        for side in ("before", "after")
    }
    return sides | {
        "amount": _amount(changes),
        "changes": _listed(all_told),
        "edits": _listed(all_told) if is_edit else "",
        "fields": _fields(all_told),
        "values": _values(all_told),
        "others": _listed(told({pointer: change for pointer, change in changes.items() if pointer != "/role"})),
    }


def _visible(text: str | None) -> str | None:
    return None if text is None else visible(text)


def _amount(changes: Mapping[str, Change]) -> str | None:
    minor_units, currency = (changes.get(f"/amount/{name}", {}).get("after") for name in ("minor_units", "currency"))
    if not isinstance(minor_units, str) or not isinstance(currency, str):
        return None
    return money.amount(minor_units, currency)


def _listed(changes: Sequence[ToldChange]) -> str:
    """`: cron 0 9 * * 1 → 0 8 * * 1, timezone …`, or how many there are; empty for none."""
    if not changes:
        return ""
    if len(changes) > MAX_TOLD:
        return f": {len(changes):,} changes"
    return ": " + ", ".join(" ".join(filter(None, change)) for change in changes)


def _fields(changes: Sequence[ToldChange]) -> str | None:
    if len(changes) > MAX_TOLD:
        return f"{len(changes):,} fields"
    return " and ".join(change.field for change in changes) or None


def _values(changes: Sequence[ToldChange]) -> str:
    if len(changes) > MAX_TOLD or not all(change.what for change in changes):
        return ""
    return ": " + ", ".join(change.what for change in changes)


def _is_edit(audit_type: AuditType, words: Mapping[str, Any]) -> bool:
    """Whether the entry is an edit: by its operation, or else by the feeds of its type."""
    operation = next((facet for facet in audit_type.facets if facet.of is FacetOf.OPERATION), None)
    feeds = [feed for feed in audit_type.feeds if operation is None or feed.operation == words[operation.name]]
    return any(feed.edit for feed in feeds)


@cache
def _names(pattern: str) -> tuple[str, ...]:
    return tuple(text for text, named in _cut(pattern) if named)


@cache
def _cut(pattern: str) -> tuple[tuple[str, bool], ...]:
    """The parts of a pattern: its words, and the names between its braces."""
    made: list[tuple[str, bool]] = []
    for words, name, _, _ in Formatter().parse(pattern):
        if words:
            made.append((words, False))
        if name:
            made.append((name, True))
    return tuple(made)


def _shown(facet: Facet, values: list[str]) -> str:
    return ", ".join(facet.display(value) for value in values)
