"""What is said when there is no answer: RFC 9457 problem details for programs, a page for people.

Law of this file: a refusal says what to do, and nothing of what was refused. Causes are in the log.
"""

from typing import Any, NamedTuple

from starlette.responses import JSONResponse

from reader.query.filters import Invalid

MEDIA_TYPE = "application/problem+json"


class Refusal(NamedTuple):
    """One kind of refusal; `kind` is the last part of its type, a URI reference that stays the same for ever."""

    status: int
    kind: str
    title: str
    detail: str
    headers: dict[str, str]


NO_TOKEN = Refusal(
    401, "unauthenticated", "Sign in", "There is no session. Sign in and try again.", {"WWW-Authenticate": 'Bearer realm="audit"'}
)  # fmt: skip
BAD_TOKEN = Refusal(
    401,
    "unauthenticated",
    "Sign in again",
    "The session has ended or is not valid. Sign in again.",
    {"WWW-Authenticate": 'Bearer realm="audit", error="invalid_token"'},
)
FORBIDDEN = Refusal(403, "forbidden", "Admins only", "Only admins of the workspace may see this.", {})
NO_WORKSPACE = Refusal(403, "no-active-workspace", "Choose a workspace", "You are signed in, but no workspace is active. Choose one of which you are an admin, then open this page again.", {})  # fmt: skip
NOT_FOUND = Refusal(404, "not-found", "Not found", "There is nothing here, or nothing that you may see.", {})
NOT_ALLOWED = Refusal(405, "method-not-allowed", "Only read", "This can only be read: use GET.", {"Allow": "GET, HEAD"})
UNKNOWN_HOST = Refusal(400, "unknown-host", "Unknown host", "This host name is not served here.", {})
FAILED = Refusal(500, "internal", "Our mistake", "Something went wrong on our side. It has been logged.", {})
RETRY = {"Retry-After": "5"}
NO_DATABASE = Refusal(503, "unavailable", "Not available now", "The audit log cannot be read just now. Nothing is lost; try again in a few seconds.", RETRY)  # fmt: skip
TOO_SLOW = Refusal(503, "query-timeout", "That took too long", "Narrow the range of dates or the filters, and try again.", RETRY)  # fmt: skip
BUSY = Refusal(503, "busy", "Too many at once", "Too many requests came before this one. Try again in a few seconds.", RETRY)  # fmt: skip
NO_KEYS = Refusal(503, "no-keys", "Sign-in cannot be checked", "The sign-in service does not answer. Try again in a few seconds.", RETRY)  # fmt: skip
INVALID = Refusal(422, "invalid-query", "That cannot be asked", "Some of what was asked for is not understood.", {})


def problem(refusal: Refusal, **extensions: Any) -> JSONResponse:
    """The refusal as problem details (RFC 9457 section 3)."""
    content = {
        "type": f"/problems/{refusal.kind}",
        "title": refusal.title,
        "status": refusal.status,
        "detail": refusal.detail,
        **extensions,
    }
    return JSONResponse(content, refusal.status, refusal.headers, MEDIA_TYPE)


def invalid(error: Invalid) -> JSONResponse:
    """What is wrong with a query, parameter by parameter."""
    errors = [{"parameter": parameter, "detail": text} for parameter, text in error.problems]
    return problem(INVALID._replace(detail=str(error)), errors=errors)
