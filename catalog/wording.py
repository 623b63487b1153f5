"""What an entry says in one line, for a person."""

from collections.abc import Iterable
from functools import cache
from string import Formatter
from typing import NamedTuple

from catalog.definitions import AuditType, Facet


class Part(NamedTuple):
    """A stretch of a sentence; `names` is actor, subject or a facet's name, and empty for the words between."""

    text: str
    names: str


def sentence(audit_type: AuditType, actor: str, subject: str, facets: Iterable[str]) -> str:
    """The entry as plain text (not HTML: escape it). `actor` and `subject` as they are to be shown; `facets` as stored."""
    return "".join(part.text for part in parts(audit_type, actor, subject, facets))


def parts(audit_type: AuditType, actor: str, subject: str, facets: Iterable[str]) -> tuple[Part, ...]:
    """The same sentence, stretch by stretch, for those who set names apart from words."""
    stored = [facet.partition(":") for facet in facets]
    words = {
        facet.name: _shown(facet, [value for name, _, value in stored if name == facet.name])
        for facet in audit_type.facets
    }
    words |= {"actor": actor, "subject": subject}
    return tuple(
        Part(words[text] if named else text, text if named else "") for text, named in _cut(audit_type.sentence)
    )


@cache
def _cut(pattern: str) -> tuple[tuple[str, bool], ...]:
    """A pattern's stretches: its words, and the names between its braces."""
    made: list[tuple[str, bool]] = []
    for words, name, _, _ in Formatter().parse(pattern):
        if words:
            made.append((words, False))
        if name:
            made.append((name, True))
    return tuple(made)


def _shown(facet: Facet, values: list[str]) -> str:
    return ", ".join(facet.display(value) for value in values)
