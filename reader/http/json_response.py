"""Answers for programs: JSON of SPEC 6. A stored diff goes out as the text that it is, never read and written again."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson
from starlette.responses import Response

from catalog.audit_types import BY_NAME, CATALOG
from reader.model import Entry, Listing
from runtime.timestamps import iso

MEDIA_TYPE = "application/json"


def json(content: Any) -> Response:
    """Any value as JSON."""
    return Response(orjson.dumps(content, option=orjson.OPT_UTC_Z), media_type=MEDIA_TYPE)


def listing(found: Listing) -> Response:
    """A page of entries."""
    return json(
        {
            "data": [_entry(each) for each in found.entries],
            "total": found.total,
            "limit": found.query.limit,
            "offset": found.query.offset,
            "as_of": found.as_of,
            "complete_through": None if found.complete_through is None else iso(found.complete_through),
            "next_cursor": found.next_cursor,
        }
    )


def entry(stored: Entry) -> Response:
    """One entry."""
    return json(_entry(stored))


def actions() -> Response:
    """The catalogue, as far as one can filter by it."""
    return json(
        {
            "data": [
                {
                    "action": audit_type.name,
                    "family": audit_type.family,
                    "label": audit_type.label,
                    "facets": [
                        {
                            "name": facet.name,
                            "label": facet.label,
                            "values": [
                                {"value": f"{facet.name}:{value}", "label": label} for value, label in facet.values
                            ],
                        }
                        for facet in audit_type.facets
                    ],
                }
                for audit_type in CATALOG
            ]
        }
    )


def health(failing: Sequence[str]) -> Response:
    """200 when nothing is failing, else 503 with what."""
    content = orjson.dumps({"status": "unavailable" if failing else "ok", "failing": list(failing)})
    return Response(content, 503 if failing else 200, {"Retry-After": "5"} if failing else None, MEDIA_TYPE)


def _entry(stored: Entry) -> dict[str, Any]:
    """Ids are strings: JavaScript's numbers end at 2^53."""
    known = BY_NAME.get(stored.action)
    return {
        "id": str(stored.id),
        "workspace_id": stored.workspace_id,
        "action": stored.action,
        "label": known.label if known else stored.action,
        "facets": stored.facets,
        "actor": {"type": stored.actor_type, "id": stored.actor_id, "email": stored.actor_email},
        "subject": {"type": stored.subject_type, "id": stored.subject_id, "label": stored.subject_label},
        "occurred_at": _time(stored.occurred_at),
        "recorded_at": _time(stored.recorded_at),
        "channel": stored.channel,
        "source": stored.source,
        "diff": orjson.Fragment(stored.diff),
        "event": {"source": stored.event_source, "id": stored.event_id},
    }


def _time(at: datetime) -> datetime | str:
    """A time for orjson, which writes it as `iso` does, eight times as fast, but leaves out microseconds that are zero."""
    return at if at.microsecond else iso(at)
