"""The whole catalog as text: as JSON for programs, as Markdown for people (`audit-consumer catalog`)."""

import json
from typing import Any

from catalog import plans, reasons, secret_keys
from catalog.audit_types import CATALOG
from catalog.clients import MCP_CLIENTS
from catalog.definitions import AuditType, Facet, Field
from catalog.topics import IGNORED, TOPICS, topic_of

# Facets that any entry may carry, whatever its type (SPEC 4).
COMMON_FACETS = {
    "clock:ahead": "ce_time is more than five minutes ahead of Kafka's timestamp",
    "sanitized:text": "a NUL outside an id became U+FFFD, a key that would then equal another got a number after it; "
    "the raw record is kept in original_record",
    "sanitized:number": "a NaN or an infinity became a string; the raw record is kept in original_record",
}

_REASONS = {
    "ignored": reasons.IgnoreReason,
    "parked": reasons.ParkReason,
    "gap": reasons.GapCause,
    "halted": reasons.HaltCause,
}

_OPEN_MAP = (
    f"\\* An open map: a key that names a secret ({', '.join(f'`…_{word}`' for word in secret_keys.SECRET_ENDINGS)}, "
    "however written) is masked: shown as changed, its value never stored."
)

_SENTENCES = (
    "Shown by the page, and `summary` of the API; a row of `audit.csv` is read by it, its `action` and its `facets`. A name in "
    "braces is that part of the entry. The second sentence is used where the entry has what it names."
)


def as_data() -> dict[str, Any]:
    """The catalog as plain JSON values, in the order in which people read it."""
    return {
        "types": [_type(audit_type) for audit_type in CATALOG],
        "common_facets": COMMON_FACETS,
        "ignored": [{"ce_type": ce_type, "topic": topic_of(ce_type)} for ce_type in IGNORED],
        "topics": list(TOPICS),
        "plans": list(plans.PLANS),
        "masked_keys": [f"*_{ending}" for ending in secret_keys.SECRET_ENDINGS],
        "mcp_clients": MCP_CLIENTS,
        "reasons": {name: {reason.value: reason.meaning for reason in listed} for name, listed in _REASONS.items()},
    }


def as_json() -> str:
    """The catalog as indented JSON text with a final newline."""
    return json.dumps(as_data(), indent=2, ensure_ascii=False) + "\n"


def as_markdown() -> str:
    """The catalog as a Markdown page with a final newline; the text of `docs/types.md`."""
    edits = dict.fromkeys(feed.ce_type for audit_type in CATALOG for feed in audit_type.feeds if feed.edit)
    parts = [
        "# What the audit log records",
        "Printed by `audit-consumer catalog --format markdown`; do not edit.",
        f"## The {len(CATALOG)} audit types",
        "Nothing of an event is stored but its envelope, its actor, the channel through which it came, and what this table names.",
        _table(
            ("type", "shown as", "fed by", "subject", "stored in `changes`", "beside `changes`", "facets"),
            [_type_row(audit_type) for audit_type in CATALOG],
        ),
        _OPEN_MAP,
        "### What an entry says",
        _SENTENCES,
        _table(
            ("action", "sentence", "with its changes"),
            [(f"`{kind.name}`", kind.sentence, kind.detailed) for kind in CATALOG],
        ),
        f"Ignored as `no_change` when no tracked field changed: {', '.join(f'`{ce_type}`' for ce_type in edits)}.",
        f"Plans, lowest first: {' < '.join(plans.PLANS)}. A change is up or down by plan, then seats, then interval.",
        "### Facets that any entry may carry",
        _table(("facet", "meaning"), [(f"`{facet}`", meaning) for facet, meaning in COMMON_FACETS.items()]),
        "## Listed as not audited",
        _table(("ce_type", "topic"), [(f"`{ce_type}`", f"`{topic_of(ce_type)}`") for ce_type in IGNORED]),
        "A type that is in neither list is parked as `unknown_type`, never dropped.",
        "## Reasons",
    ]
    for name, listed in _REASONS.items():
        parts.append(f"### {name.capitalize()}")
        parts.append(_table(("reason", "meaning"), [(f"`{reason}`", reason.meaning) for reason in listed]))
    return "\n\n".join(parts) + "\n"


def _type(audit_type: AuditType) -> dict[str, Any]:
    subject = audit_type.subject
    return {
        "name": audit_type.name,
        "family": audit_type.family,
        "label": audit_type.label,
        "sentence": audit_type.sentence,
        "sentence_with_changes": audit_type.detailed or None,
        "fed_by": [
            {"ce_type": feed.ce_type, "topic": topic_of(feed.ce_type), "ignored_if_unchanged": feed.edit}
            for feed in audit_type.feeds
        ],
        "subject": {"type": subject.type, "id": subject.id, "label": subject.label},
        "stored": {
            "tracked": [field.name for field in audit_type.tracked],
            "facts": [field.name for field in audit_type.facts],
            "context": [field.name for field in audit_type.context],
        },
        "masked": [field.name for field in audit_type.stored if field.masked],
        "masked_by_key": [field.name for field in audit_type.stored if field.open_map],
        "facets": {facet.name: [value for value, _ in facet.values] or None for facet in audit_type.facets},
    }


def _type_row(audit_type: AuditType) -> tuple[str, ...]:
    subject = audit_type.subject
    return (
        f"`{audit_type.name}`",
        audit_type.label,
        ", ".join(f"`{feed.ce_type}`" for feed in audit_type.feeds),
        f"{subject.type} (`{subject.id}`)",
        _fields(audit_type.tracked + audit_type.facts),
        _fields(audit_type.context),
        ", ".join(map(_facet, audit_type.facets)),
    )


def _fields(fields: tuple[Field, ...]) -> str:
    return ", ".join(f"`{field.name}`{_mark(field)}" for field in fields)


def _mark(field: Field) -> str:
    return " (masked)" if field.masked else " \\*" if field.open_map else ""


def _facet(facet: Facet) -> str:
    values = " \\| ".join(value for value, _ in facet.values) or "…"
    return f"`{facet.name}:` {values}"


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)
