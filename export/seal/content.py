"""Whether an entry's content_digest, which the consumer stored, is that of its content: it is computed again from the row."""

import json
from collections.abc import Sequence
from functools import lru_cache
from inspect import signature
from operator import itemgetter

from catalog.content_digest import content_digest
from export.format.row import COLUMNS, unguard

CLOCK = "clock:"
# Places of cells, by the names of their columns.
_AT = {name: number for number, name in enumerate(COLUMNS)}
_ID, _WORKSPACE, _DIGEST, _FACETS, _DIFF = map(
    _AT.__getitem__, ("id", "workspace_id", "content_digest", "facets", "diff")
)
# All that the digest takes but facets and diff, in its order.
_texts = itemgetter(*(_AT[name] for name in signature(content_digest).parameters if name not in {"facets", "diff"}))


def plain(cell: str) -> str:
    """The value of a cell: without the guard and with single quotes."""
    if cell.startswith("'"):
        cell = unguard(cell)
    return cell.replace('""', '"') if '"' in cell else cell


def has_its_digest(row: Sequence[str]) -> bool:
    """Whether the row's content_digest is that of its content. NULL and "" are one cell, so both are tried."""
    cells = _texts(row)
    # Few cells are guarded or hold a quote: one check of all of them costs less than one of each.
    joined = "\n".join(cells)
    if '"' in joined or "\n'" in joined or joined.startswith("'"):
        cells = tuple(map(plain, cells))
    facets, diff, digest = _facets(row[_FACETS]), plain(row[_DIFF]), row[_DIGEST]
    workspace, source, event, action, actor_type, actor, email, subject_type, subject, label, channel, time = cells
    return any(
        content_digest(
            workspace, source, event, action, facets, actor_type, actor, email_or_null, subject_type, subject,
            label_or_null, channel, time, diff,
        ).hex() == digest
        for email_or_null in ((email,) if email else (None, ""))
        for label_or_null in ((label,) if label else (None, ""))
    )  # fmt: skip


@lru_cache(maxsize=4096)
def _facets(cell: str) -> list[str]:
    """The facets that the digest takes; there are few different ones."""
    return [facet for facet in json.loads(plain(cell)) if not facet.startswith(CLOCK)]


def name_of(row: Sequence[str]) -> str:
    """How a person finds the entry."""
    return f"entry {row[_ID]} of {plain(row[_WORKSPACE])!a}"
