"""Whether an entry has the form that the consumer writes, and the content_digest of its content, which is computed again from the row."""

import json
import re
from collections.abc import Sequence
from functools import lru_cache
from inspect import signature
from operator import itemgetter

from catalog.content_digest import content_digest, digested_facets
from export.format.encoding import TOPIC
from export.format.row import COLUMNS, unguard

# Places of cells, by the names of their columns.
_AT = {name: number for number, name in enumerate(COLUMNS)}
_ID, _WORKSPACE, _DIGEST, _FACETS, _DIFF = map(
    _AT.__getitem__, ("id", "workspace_id", "content_digest", "facets", "diff")
)
# All that the digest takes but facets and diff, in its order.
_texts = itemgetter(*(_AT[name] for name in signature(content_digest).parameters if name not in {"facets", "diff"}))


# Columns that no digest covers, and those that a row needs to belong to a day, a workspace and a partition.
_TIME, _NUMBER = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{6}Z", "[0-9]+"
_FORMS = {
    "occurred_at": _TIME,
    "recorded_at": _TIME,
    "kafka_timestamp": f"(?:{_TIME})?",
    "id": _NUMBER,
    "kafka_partition": _NUMBER,
    "kafka_offset": _NUMBER,
    "kafka_topic": TOPIC.pattern,
}
MAX_REMEMBERED = 500  # characters
_REQUIRED = ("workspace_id", "event_source", "event_id", "action", "actor_id", "subject_id")
_formed, _form = itemgetter(*(_AT[name] for name in _FORMS)), re.compile("\n".join(_FORMS.values()))
_required = itemgetter(*(_AT[name] for name in _REQUIRED))


def plain(cell: str) -> str:
    """The value of a cell: without the guard and with single quotes."""
    if cell.startswith("'"):
        cell = unguard(cell)
    return cell.replace('""', '"') if '"' in cell else cell


def malformed(row: Sequence[str]) -> str | None:
    """The first column whose value the table's constraints would refuse; None where there is none."""
    if _form.fullmatch("\n".join(_formed(row))) is not None and all(_required(row)):
        return None
    forms = {**_FORMS, **dict.fromkeys(_REQUIRED, "(?s:.+)")}
    return next(name for name, form in forms.items() if re.fullmatch(form, row[_AT[name]]) is None)


def has_its_digest(row: Sequence[str]) -> bool:
    """Whether the row's content_digest is that of its content. NULL and "" are one cell, so both are tried."""
    cells = _texts(row)
    # Few cells are guarded or hold a quote: one check of all of them costs less than one of each.
    joined = "\n".join(cells)
    if '"' in joined or "\n'" in joined or joined.startswith("'"):
        cells = tuple(map(plain, cells))
    facets, diff, digest = _facets(row[_FACETS]), plain(row[_DIFF]), row[_DIGEST]
    if facets is None:
        return False
    workspace, source, event, action, actor_type, actor, email, subject_type, subject, label, channel, time = cells
    return any(
        content_digest(
            workspace, source, event, action, facets, actor_type, actor, email_or_null, subject_type, subject,
            label_or_null, channel, time, diff,
        ).hex() == digest
        for email_or_null in ((email,) if email else (None, ""))
        for label_or_null in ((label,) if label else (None, ""))
    )  # fmt: skip


def _facets(cell: str) -> list[str] | None:
    """The facets that the digest takes, None where it is no list of texts."""
    return _remembered(cell) if len(cell) <= MAX_REMEMBERED else _read_facets(cell)


def _read_facets(cell: str) -> list[str] | None:
    try:
        facets = json.loads(plain(cell))
    except ValueError:
        return None
    if not isinstance(facets, list) or not all(isinstance(facet, str) for facet in facets):
        return None
    return digested_facets(facets)


_remembered = lru_cache(maxsize=4096)(_read_facets)  # there are few different ones, but for very long ones


def name_of(row: Sequence[str]) -> str:
    """How a person finds the entry."""
    return f"entry {row[_ID]} of {plain(row[_WORKSPACE])!a}"
