"""Whether an entry's content_digest is that of its content: the consumer's own statement, computed again from the row."""

import json
from collections.abc import Sequence
from itertools import product

from catalog.content_digest import content_digest
from export.format.row import COLUMNS, unguard

CLOCK = "clock:"
# Cells, by the names of their columns.
_AT = {name: number for number, name in enumerate(COLUMNS)}
_ID, _FACETS, _DIGEST = _AT["id"], _AT["facets"], _AT["content_digest"]
_WORKSPACE, _SOURCE, _EVENT = _AT["workspace_id"], _AT["event_source"], _AT["event_id"]
_ACTION, _CHANNEL, _OCCURRED, _DIFF = _AT["action"], _AT["channel"], _AT["occurred_at"], _AT["diff"]
_ACTOR_TYPE, _ACTOR, _EMAIL = _AT["actor_type"], _AT["actor_id"], _AT["actor_email"]
_SUBJECT_TYPE, _SUBJECT, _LABEL = _AT["subject_type"], _AT["subject_id"], _AT["subject_label"]


def plain(cell: str) -> str:
    """The value of a cell: without the guard and with single quotes."""
    if cell.startswith("'"):
        cell = unguard(cell)
    return cell.replace('""', '"') if '"' in cell else cell


def has_its_digest(row: Sequence[str]) -> bool:
    """Whether the row's content_digest is that of its content. NULL and "" are one cell, so both are tried."""
    email, label = plain(row[_EMAIL]), plain(row[_LABEL])
    return any(
        _digest(row, email_or_null, label_or_null) == row[_DIGEST]
        for email_or_null, label_or_null in product(
            (email,) if email else (None, ""), (label,) if label else (None, "")
        )
    )


def _digest(row: Sequence[str], email: str | None, label: str | None) -> str:
    facets = json.loads(plain(row[_FACETS]))
    return content_digest(
        plain(row[_WORKSPACE]),
        plain(row[_SOURCE]),
        plain(row[_EVENT]),
        plain(row[_ACTION]),
        [facet for facet in facets if not facet.startswith(CLOCK)],
        plain(row[_ACTOR_TYPE]),
        plain(row[_ACTOR]),
        email,
        plain(row[_SUBJECT_TYPE]),
        plain(row[_SUBJECT]),
        label,
        plain(row[_CHANNEL]),
        plain(row[_OCCURRED]),
        plain(row[_DIFF]),
    ).hex()


def name_of(row: Sequence[str]) -> str:
    """How a person finds the entry."""
    return f"entry {row[_ID]} of {plain(row[_WORKSPACE])!a}"
