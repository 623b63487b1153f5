"""Answers for programs: JSON of SPEC 6. A stored diff goes out as the text that it is, never read and written again."""

import json as library
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from starlette.responses import Response

from catalog.audit_types import BY_NAME, CATALOG
from reader.model import Entry, Listing
from reader.page import iso

MEDIA_TYPE = "application/json"


def json(content: Any) -> Response:
    """Any value as JSON."""
    return Response(_text(content), media_type=MEDIA_TYPE)


def listing(found: Listing) -> Response:
    """A page of entries."""
    around = {
        "total": found.total,
        "limit": found.query.limit,
        "offset": found.query.offset,
        "as_of": found.as_of,
        "complete_through": _time(found.complete_through),
        "next_cursor": found.next_cursor,
    }
    entries = ",".join(_entry(each) for each in found.entries)
    return Response(f'{{"data":[{entries}],{_text(around)[1:]}', media_type=MEDIA_TYPE)


def entry(stored: Entry) -> Response:
    """One entry."""
    return Response(_entry(stored), media_type=MEDIA_TYPE)


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


def health(wanting: Sequence[str]) -> Response:
    """200 when nothing is wanting, else 503 with what."""
    status = 503 if wanting else 200
    content = _text({"status": "unavailable" if wanting else "ok", "wanting": list(wanting)})
    return Response(content, status, {"Retry-After": "5"} if wanting else None, MEDIA_TYPE)


def _entry(stored: Entry) -> str:
    """Ids are strings: JavaScript's numbers end at 2^53."""
    known = BY_NAME.get(stored.action)
    before: Mapping[str, Any] = {
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
    }
    event = _text({"source": stored.event_source, "id": stored.event_id})
    return f'{_text(before)[:-1]},"diff":{stored.diff},"event":{event}}}'


def _text(content: Any) -> str:
    return library.dumps(content, ensure_ascii=False, separators=(",", ":"))


def _time(at: datetime | None) -> str | None:
    return None if at is None else iso(at)
