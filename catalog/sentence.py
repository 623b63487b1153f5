"""What an entry says in one line, for a person."""

from collections.abc import Iterable

from catalog.entry import AuditType, Facet


def sentence(audit_type: AuditType, actor: str, subject: str, facets: Iterable[str]) -> str:
    """The entry as plain text (not HTML: escape it). `actor` and `subject` as they are to be shown; `facets` as stored."""
    stored = [facet.partition(":") for facet in facets]
    words = {
        facet.name: _shown(facet, [value for name, _, value in stored if name == facet.name])
        for facet in audit_type.facets
    }
    return audit_type.sentence.format(actor=actor, subject=subject, **words)


def _shown(facet: Facet, values: list[str]) -> str:
    return ", ".join(facet.display(value) for value in values)
