"""The OpenAPI 3.1 document of the API (SPEC 6), made from the lists that the code uses."""

from functools import cache
from typing import Any

from catalog.audit_types import CATALOG
from reader.errors import (
    FORBIDDEN,
    INTERNAL_ERROR,
    INVALID_QUERY,
    MEDIA_TYPE,
    NO_DATABASE,
    NO_KEYS,
    NO_TOKEN,
    NO_WORKSPACE,
    NOT_ALLOWED,
    NOT_FOUND,
    NOT_SEALED,
    OVERLOADED,
    TOO_LARGE,
    TOO_SLOW,
    UNKNOWN_HOST,
    Problem,
)
from reader.http.json_schemas import AS_OF, COUNT, CURSOR, ENTRY_ID, TEXT, ref, schemas
from reader.query.filters import (
    CHANNELS,
    DEFAULT_LIMIT,
    MAX_LIMIT,
    MAX_OFFSET,
    MAX_TEXT_BYTES,
    RANGES,
    REPEATABLE,
    SOURCES,
)

JSON = "application/json"
# A date that exists, or a time with a zone, by the rules of `reader.query.filters`.
_DATE = (
    "((20[0-9]{2}|2100)-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))"
    "|20([02468][048]|[13579][26])-02-29)"
)
_CLOCK = r"[Tt]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]+)?([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])"
WHEN = {
    "type": "string",
    "pattern": f"^({_DATE}({_CLOCK})?)?$",
    "examples": ["2026-11-22", "2026-11-22T09:30:00Z"],
}
# The limit is one of bytes of UTF-8; JSON Schema can only count characters.
SEARCHED = {"type": "string", "pattern": r"^[^\x00]*$", "maxLength": MAX_TEXT_BYTES}
UNAVAILABLE = (NO_DATABASE, TOO_SLOW, OVERLOADED, NO_KEYS)
DESCRIPTION = (
    "Who changed what, when, and from where. Read only; for admins of the active workspace of a Clerk session. "
    "The workspace is the session's; no parameter names another."
)


@cache
def describe() -> dict[str, Any]:
    """The whole document."""
    return {
        "openapi": "3.1.0",
        "jsonSchemaDialect": "https://spec.openapis.org/oas/3.1/dialect/base",
        "info": {"title": "Workspace audit log", "version": "1", "description": DESCRIPTION},
        "servers": [{"url": "/"}],
        "security": [{"bearer": []}, {"cookie": []}],
        "paths": {
            "/v1/audit-events": {
                "get": _operation("listEvents", "A page of entries, newest first", "Page", _parameters(), [INVALID_QUERY])
            },
            "/v1/audit-events/{id}": {"get": _operation("getEvent", "One entry", "Entry", [_id()], [NOT_FOUND, INVALID_QUERY])},
            "/v1/audit-actions": {"get": _operation("listActions", "The actions and facets for filters", "Actions", [], [INVALID_QUERY])},
            "/v1/audit-checkpoint": {"get": _checkpoint()},
        },
        "components": {
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "Clerk session token"},
                "cookie": {"type": "apiKey", "in": "cookie", "name": "__session"},
            },
            "headers": {
                "CacheControl": _header("Nothing is cached", {"const": "no-store"}),
                "AuditWorkspace": _header("The workspace of the session, whose answer this is", TEXT),
                "Attachment": _header("A file's name", TEXT),
                "Allow": _header("Allowed methods", {"const": NOT_ALLOWED.headers["Allow"]}),
                "RetryAfter": _header("Seconds", {"type": "integer", "minimum": 1}),
                "WwwAuthenticate": _header("How to sign in", TEXT),
            },
            "responses": {
                str(status): _refused(*problems)
                for status, problems in {
                    400: [UNKNOWN_HOST, TOO_LARGE], 401: [NO_TOKEN], 403: [FORBIDDEN, NO_WORKSPACE], 404: [NOT_FOUND, NOT_SEALED], 405: [NOT_ALLOWED],
                    422: [INVALID_QUERY], 500: [INTERNAL_ERROR], 503: UNAVAILABLE,
                }.items()
            },
            "schemas": schemas(),
        },
    }  # fmt: skip


def _operation(name: str, summary: str, schema: str, parameters: list[Any], problems: list[Problem]) -> dict[str, Any]:
    always = (UNKNOWN_HOST, NO_TOKEN, FORBIDDEN, *problems, NOT_ALLOWED, INTERNAL_ERROR, NO_DATABASE)
    return {
        "operationId": name,
        "summary": summary,
        "parameters": parameters,
        "responses": {
            "200": {
                "description": summary,
                "headers": {
                    "Cache-Control": ref("headers", "CacheControl"),
                    "Audit-Workspace": ref("headers", "AuditWorkspace"),
                },
                "content": {JSON: {"schema": ref("schemas", schema)}},
            },
            **{str(status): ref("responses", str(status)) for status in sorted(problem.status for problem in always)},
        },
    }


def _checkpoint() -> dict[str, Any]:
    """A signed note, as text."""
    summary = "The newest checkpoint of the log of seals: an auditor who has it sees whether the log was changed later"
    operation = _operation("getCheckpoint", summary, "", [], [NOT_SEALED, INVALID_QUERY])
    operation["responses"]["200"]["content"] = {"text/plain": {"schema": TEXT}}
    operation["responses"]["200"]["headers"]["Content-Disposition"] = ref("headers", "Attachment")
    return operation


def _refused(*problems: Problem) -> dict[str, Any]:
    """The response of a status: its problems and headers."""
    named = {"Allow": "Allow", "Retry-After": "RetryAfter", "WWW-Authenticate": "WwwAuthenticate"}
    headers = {name: ref("headers", named[name]) for name in problems[0].headers}
    return {
        "description": "; or: ".join(problem.title for problem in problems),
        "headers": {"Cache-Control": ref("headers", "CacheControl"), **headers},
        "content": {MEDIA_TYPE: {"schema": ref("schemas", "Invalid" if problems[0] is INVALID_QUERY else "Problem")}},
    }


def _parameters() -> list[dict[str, Any]]:
    actions = {"type": "string", "enum": [audit_type.name for audit_type in CATALOG]}
    return [
        _query(
            "action",
            "Only these actions; repeatable",
            {"type": "array", "items": actions, "maxItems": REPEATABLE["action"]},
        ),
        _query(
            "facet",
            "Only entries with these facets, such as `operation:paused`; repeatable: values of one name are alternatives, "
            "and an entry must have one of every name",
            {"type": "array", "items": SEARCHED, "maxItems": REPEATABLE["facet"]},
        ),
        _query("source", "Only changes made through the MCP server", {"type": "string", "enum": list(SOURCES)}),
        _query("channel", "Only changes made through this channel", {"type": "string", "enum": list(CHANNELS)}),
        _query(
            "actor",
            "Only this actor: the whole id or e-mail address; blanks around it are cut, and an address's case does not matter",
            SEARCHED,
        ),
        _query("subject", "Only what happened to this: the whole id; blanks around it are cut", SEARCHED),
        _query(
            "last",
            "Instead of from and to: occurred_at in the last 24 hours, 7 or 30 days before the moment of as_of",
            {"type": "string", "enum": list(RANGES)},
        ),
        _query("from", "occurred_at at or after this: a date, or RFC 3339 with a zone", WHEN),
        _query("to", "occurred_at before this; a date includes its whole day", WHEN),
        _query(
            "limit", "Entries a page", {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT}
        ),
        _query("offset", "Entries to skip", {**COUNT, "maximum": MAX_OFFSET, "default": 0}),
        _query("as_of", "The as_of of the first page, so that pages neither repeat nor skip entries", AS_OF),
        _query("cursor", "The next_cursor of the previous page, instead of offset and as_of", CURSOR),
    ]


def _query(name: str, text: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "description": text, "allowEmptyValue": True, "schema": schema}


def _id() -> dict[str, Any]:
    return {"name": "id", "in": "path", "required": True, "description": "An entry's id", "schema": ENTRY_ID}


def _header(text: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": text, "required": True, "schema": schema}
