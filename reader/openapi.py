"""The API in its own words: OpenAPI 3.1 of SPEC 6, made of the lists that the code itself goes by."""

from functools import cache
from typing import Any

from catalog.audit_types import CATALOG
from reader.filters import CHANNELS, LIMIT, MOST, SOURCES
from reader.problems import (
    FAILED,
    FORBIDDEN,
    INVALID,
    MEDIA_TYPE,
    NO_DATABASE,
    NO_TOKEN,
    NOT_FOUND,
    UNKNOWN_HOST,
    Refusal,
)

TEXT = {"type": "string"}
MAYBE_TEXT = {"type": ["string", "null"]}
TIME = {"type": "string", "format": "date-time"}
INTEGER = {"type": "integer", "minimum": 0, "maximum": 999999999}
WHEN = {
    "type": "string",
    "pattern": "^(20[0-9]{2})-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])(T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z)?$",
    "examples": ["2026-11-22", "2026-11-22T09:30:00Z"],
}
WORDS = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": r"^[^\x00]+$"}


@cache
def describe() -> dict[str, Any]:
    """The whole document."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Workspace audit log",
            "version": "1",
            "description": "Who changed what, when, and from where. Read only; for admins of the active workspace of a Clerk session.",
        },
        "security": [{"bearer": []}, {"cookie": []}],
        "paths": {
            "/v1/audit-events": {
                "get": _operation("listEvents", "A page of entries, newest first", "Page", _parameters(), [INVALID])
            },
            "/v1/audit-events/{id}": {"get": _operation("getEvent", "One entry", "Entry", [_id()], [NOT_FOUND])},
            "/v1/audit-actions": {"get": _operation("listActions", "What can be filtered by", "Actions", [], [])},
        },
        "components": {
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "Clerk session token"},
                "cookie": {"type": "apiKey", "in": "cookie", "name": "__session"},
            },
            "schemas": _schemas(),
        },
    }


def _operation(name: str, summary: str, schema: str, parameters: list[Any], refusals: list[Refusal]) -> dict[str, Any]:
    always = [UNKNOWN_HOST, NO_TOKEN, FORBIDDEN, *refusals, FAILED, NO_DATABASE]
    return {
        "operationId": name,
        "summary": summary,
        "parameters": parameters,
        "responses": {
            "200": {"description": summary, "content": {"application/json": {"schema": _ref(schema)}}},
            **{
                str(refusal.status): {
                    "description": refusal.title,
                    "content": {MEDIA_TYPE: {"schema": _ref("Problem")}},
                }
                for refusal in always
            },
        },
    }


def _parameters() -> list[dict[str, Any]]:
    actions = [audit_type.name for audit_type in CATALOG]
    return [
        _query(
            "action",
            "Only these actions",
            {"type": "array", "items": {"type": "string", "enum": actions}, "maxItems": 14},
        ),
        _query(
            "facet",
            "Only entries with these facets; several values of one name are alternatives",
            {"type": "array", "items": WORDS, "maxItems": 20},
        ),
        _query("source", "Only what came through the MCP server", {"type": "string", "enum": list(SOURCES)}),
        _query("channel", "Only what came by this channel", {"type": "string", "enum": list(CHANNELS)}),
        _query("actor", "Only this actor: id or e-mail, whole", WORDS),
        _query("from", "occurred_at from here on: a date or RFC 3339 with a zone", WHEN),
        _query("to", "occurred_at before this; a date includes its day", WHEN),
        _query("limit", "Entries a page", {"type": "integer", "minimum": 1, "maximum": MOST, "default": LIMIT}),
        _query("offset", "How many entries to pass over", {**INTEGER, "default": 0}),
        _query("as_of", "The as_of of the first page, so that pages neither repeat nor skip", TEXT),
        _query("cursor", "The next_cursor of the page before, instead of offset and as_of", TEXT),
    ]


def _query(name: str, text: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "description": text, "schema": schema}


def _id() -> dict[str, Any]:
    return {"name": "id", "in": "path", "required": True, "schema": {"type": "string", "pattern": "^[0-9]{1,18}$"}}


def _schemas() -> dict[str, Any]:
    entry = {
        "id": TEXT,
        "workspace_id": TEXT,
        "action": TEXT,
        "label": TEXT,
        "facets": {"type": "array", "items": TEXT},
        "actor": _object({"type": TEXT, "id": TEXT, "email": MAYBE_TEXT}),
        "subject": _object({"type": TEXT, "id": TEXT, "label": MAYBE_TEXT}),
        "occurred_at": TIME,
        "recorded_at": TIME,
        "channel": {"type": "string", "enum": list(CHANNELS)},
        "source": {"type": ["string", "null"], "enum": [*SOURCES, None]},
        "diff": {
            "type": "object",
            "description": "Changes by RFC 6901 pointer, as stored",
            "properties": {"changes": {"type": "object"}},
            "required": ["changes"],
        },
        "event": _object({"source": TEXT, "id": TEXT}),
    }
    page = {
        "data": {"type": "array", "items": _ref("Entry")},
        "total": {"type": "integer"},
        "limit": {"type": "integer"},
        "offset": {"type": "integer"},
        "as_of": TEXT,
        "complete_through": {"type": ["string", "null"], "format": "date-time"},
        "next_cursor": MAYBE_TEXT,
    }
    value = _object({"value": TEXT, "label": TEXT})
    facet = _object({"name": TEXT, "label": TEXT, "values": {"type": "array", "items": value}})
    action = _object({"action": TEXT, "family": TEXT, "label": TEXT, "facets": {"type": "array", "items": facet}})
    problem = _object({"type": TEXT, "title": TEXT, "status": {"type": "integer"}, "detail": TEXT})
    return {
        "Entry": _object(entry),
        "Page": _object(page),
        "Actions": _object({"data": {"type": "array", "items": action}}),
        "Problem": problem,
    }


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}
