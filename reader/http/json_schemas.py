"""The JSON Schemas (2020-12) of the API: entries, their diffs, pages and problems. No other members are allowed."""

from typing import Any

from catalog.shortened import FACET_BYTES, MAX_FACETS, NAME_BYTES
from reader.query.filters import CHANNELS, MAX_LIMIT, SOURCES

TEXT = {"type": "string"}
MAYBE_TEXT = {"type": ["string", "null"]}
TIME = {
    "type": "string",
    "format": "date-time",
    "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z$",
    "examples": ["2026-11-22T09:30:00.000000Z"],
}
MAYBE_TIME = {**TIME, "type": ["string", "null"], "description": "null while it is not known"}
COUNT = {"type": "integer", "minimum": 0}
ENTRY_ID = {"type": "string", "pattern": "^[0-9]{1,18}$", "examples": ["4711"]}
_SNAPSHOT = r"[0-9]+-[0-9]+-[0-9]+((-[0-9]+)*|\.[A-Za-z0-9_-]+)"
AS_OF = {"type": "string", "pattern": f"^{_SNAPSHOT}$"}
CURSOR = {"type": "string", "pattern": rf"^{_SNAPSHOT}~-?[0-9]+\.[0-9]+$"}


def ref(kind: str, name: str) -> dict[str, str]:
    """A reference to a component of the document."""
    return {"$ref": f"#/components/{kind}/{name}"}


def schemas() -> dict[str, Any]:
    """All schemas by name."""
    value = _object({"value": TEXT, "label": TEXT})
    facet = _object({"name": TEXT, "label": TEXT, "values": {"type": "array", "items": value}})
    action = _object({"action": TEXT, "family": TEXT, "label": TEXT, "facets": {"type": "array", "items": facet}})
    problem = {"type": {"type": "string", "format": "uri-reference"}, "title": TEXT, "status": {"type": "integer"}, "detail": TEXT}  # fmt: skip
    error = _object({"parameter": TEXT, "detail": TEXT})
    page = {
        "data": {"type": "array", "items": ref("schemas", "ListedEntry"), "maxItems": MAX_LIMIT},
        "total": {**COUNT, "description": "The exact number of entries of the selection as of as_of"},
        "limit": {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT},
        "offset": COUNT,
        "as_of": AS_OF,
        "complete_through": {**MAYBE_TIME, "description": "Everything that Kafka had received by then is recorded; null: not known"},
        "sealed_through": {**MAYBE_TIME, "description": "The time of the newest checkpoint (/v1/audit-checkpoint): everything recorded by then is sealed; null: nothing is sealed yet"},
        "next_cursor": {**CURSOR, "type": ["string", "null"]},
    }  # fmt: skip
    return {
        "Entry": _object(_entry()),
        "ListedEntry": _listed_entry(),
        "Diff": _diff(),
        "Change": _change(),
        "Page": _object(page),
        "Actions": _object({"data": {"type": "array", "items": action}}),
        "Problem": _object(problem),
        "Invalid": _object({**problem, "errors": {"type": "array", "items": error, "minItems": 1}}),
    }


def _entry() -> dict[str, Any]:
    return {
        "id": ENTRY_ID,
        "workspace_id": TEXT,
        "action": {**TEXT, "description": "One of /v1/audit-actions, or one of a newer version of the consumer"},
        "label": TEXT,
        "summary": {
            **TEXT,
            "description": "What happened, as one sentence for people: plain text in which nothing is invisible",
        },
        "facets": {"type": "array", "items": TEXT},
        "actor": _object({"type": {"enum": ["user", "system"]}, "id": TEXT, "email": MAYBE_TEXT}),
        "subject": _object({"type": TEXT, "id": TEXT, "label": MAYBE_TEXT}),
        "occurred_at": TIME,
        "recorded_at": TIME,
        "channel": {"type": "string", "enum": list(CHANNELS)},
        "source": {"type": ["string", "null"], "enum": [*SOURCES, None]},
        "diff": ref("schemas", "Diff"),
        "event": _object({"source": TEXT, "id": TEXT}),
    }


def _listed_entry() -> dict[str, Any]:
    """An entry in a list: a long diff is absent there, and other long texts are shortened."""
    listed = _object({**_entry(), "diff": {"anyOf": [ref("schemas", "Diff"), {"type": "null"}], "description": "null if it has more than 64 KiB"}})  # fmt: skip
    listed["properties"]["diff_bytes"] = {**COUNT, "description": "The size of a diff that is null here; the entry's own address has it"}  # fmt: skip
    listed["description"] = (
        f"An entry in a list. A label or an e-mail address of more than {NAME_BYTES} bytes is shortened, and ends in … there. Of facets that "
        f"take more than about 500 bytes, at most {MAX_FACETS} are there, and those of more than {FACET_BYTES} bytes are shortened. "
        "The entry's own address has it whole"
    )
    return listed


def _diff() -> dict[str, Any]:
    """`source` and `mcp` are present together or not at all."""
    return {
        "type": "object",
        "description": "The changes exactly as stored; numbers keep their digits",
        "properties": {
            "changes": {
                "type": "object",
                "description": "By RFC 6901 pointer",
                "propertyNames": {"pattern": "^(/([^~]|~[01])*)?$"},
                "additionalProperties": ref("schemas", "Change"),
            },
            "context": {"type": "object", "description": "Further facts, such as a reason"},
            "source": {"const": SOURCES[0]},
            "mcp": _object({"client": MAYBE_TEXT, "tool": MAYBE_TEXT}),
        },
        "required": ["changes"],
        "dependentRequired": {"source": ["mcp"], "mcp": ["source"]},
        "additionalProperties": False,
    }


def _change() -> dict[str, Any]:
    """A member that is absent is not null."""
    both = {"required": ["before", "after"]}
    return {
        "type": "object",
        "properties": {
            "before": {"description": "Any value; absent if there was none"},
            "after": {"description": "Any value; absent if there is none any more"},
            "added": {"type": "array", "description": "Added members of a list"},
            "removed": {"type": "array", "description": "Removed members of a list"},
            "masked": {"const": True, "description": "It changed, and its value is not stored"},
        },
        "dependentSchemas": {"added": both, "removed": both},
        "additionalProperties": False,
    }


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}
