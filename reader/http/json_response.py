"""JSON responses (SPEC 6). A stored diff is sent as the stored text, never parsed and serialized again."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

import orjson
from starlette.responses import Response

from catalog.audit_types import CATALOG
from catalog.entry_json import entry_json
from catalog.summary import MAX_DIFF_BYTES
from catalog.visible_text import visible
from reader.entry_cache import EntryCache
from reader.errors import RETRY
from reader.model import Entry, LargeDiff, Listing
from reader.query.checkpoint import NewestCheckpoint
from reader.query.searched_text import name_of_actor
from runtime.timestamps import iso

MEDIA_TYPE = "application/json"
NOTE = "text/plain"


def json(content: Any) -> Response:
    """Any value as JSON."""
    return Response(_bytes(content), media_type=MEDIA_TYPE)


def listing(page: Listing, large_diffs: Mapping[int, LargeDiff] = MappingProxyType({})) -> Response:
    """A page of entries. `large_diffs`, by id, are those that the page does not have. An entry without one is written once."""
    return json(
        {
            "data": [
                _entry(entry, large_diffs[entry.id]) if entry.id in large_diffs else orjson.Fragment(_ENTRIES.of(entry))
                for entry in page.entries
            ],
            "total": page.total,
            "limit": page.query.limit,
            "offset": page.query.offset,
            "as_of": page.as_of,
            "complete_through": None if page.complete_through is None else iso(page.complete_through),
            "sealed_through": None if page.sealed_through is None else iso(page.sealed_through),
            "next_cursor": page.next_cursor,
        }
    )


def entry(stored: Entry, large_diff: LargeDiff | None = None) -> Response:
    """One entry; `large_diff` is its diff if the entry itself does not have it."""
    return json(_entry(stored, large_diff))


def actions() -> Response:
    """The actions and facets by which a list can be filtered."""
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


def checkpoint(newest: NewestCheckpoint) -> Response:
    """A signed note, as a file to keep."""
    name = f"audit-checkpoint-{newest.size}.txt"
    return Response(newest.note, headers={"Content-Disposition": f'attachment; filename="{name}"'}, media_type=NOTE)


def names(unsorted: Sequence[str]) -> Response:
    """Names to choose from, in alphabetical order, without those that have invisible characters or blanks around them, which no filter finds."""
    return json({"data": sorted(name for name in unsorted if name and name_of_actor(name) == visible(name) == name)})


def health(failing: Sequence[str]) -> Response:
    """200, or 503 with the names of the failing checks."""
    content = orjson.dumps({"status": "unavailable" if failing else "ok", "failing": list(failing)})
    return Response(content, 503 if failing else 200, RETRY if failing else None, MEDIA_TYPE)


def _bytes(content: Any) -> bytes:
    return orjson.dumps(content, option=orjson.OPT_UTC_Z)


def _entry(entry: Entry, large: LargeDiff | None = None) -> dict[str, Any]:
    """The id is a string, because JavaScript's numbers are exact only up to 2^53. `diff_bytes` is present if the diff is too long to be included."""
    times = {"occurred_at": _time(entry.occurred_at), "recorded_at": _time(entry.recorded_at)}
    text = entry.diff if large is None else large.text
    if isinstance(text, bytes) and len(text) <= MAX_DIFF_BYTES:
        entry = entry._replace(diff=text.decode())  # so that the sentence is the same as in a list
    diff = None if text is None else orjson.Fragment(text)
    content = {"id": str(entry.id), **entry_json(entry, times=times, source=entry.source, diff=diff)}
    return content if diff is not None else {**content, "diff_bytes": large.size if large else None}


def _time(at: datetime) -> datetime | str:
    """A time for orjson, which writes it as `iso` does and eight times as fast, but omits microseconds that are zero."""
    return at if at.microsecond else iso(at)


def _whole(entry: Entry) -> bytes:
    """The entry without a large diff as a part of a page, in as many bytes as it has: orjson's own take up to 8 KB of memory."""
    return memoryview(_bytes(_entry(entry))).tobytes()


_ENTRIES = EntryCache(_whole, len)
