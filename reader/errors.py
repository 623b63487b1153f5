"""What is said when there is no answer: RFC 9457 problem details for programs, a page for people.

Law of this file: a problem says what to do, and nothing of what was refused. Causes are in the log.
"""

from typing import Any, NamedTuple

from starlette.responses import JSONResponse

from reader.query.filters import InvalidQuery

MEDIA_TYPE = "application/problem+json"


class Problem(NamedTuple):
    """One kind of problem; `kind` is the last part of its type, a URI reference that stays the same for ever."""

    status: int
    kind: str
    title: str
    detail: str
    headers: dict[str, str]


NO_TOKEN = Problem(
    401, "unauthenticated", "Sign in", "There is no session. Sign in and try again.", {"WWW-Authenticate": 'Bearer realm="audit"'}
)  # fmt: skip
BAD_TOKEN = Problem(
    401,
    "unauthenticated",
    "Sign in again",
    "The session has ended or is not valid. Sign in again.",
    {"WWW-Authenticate": 'Bearer realm="audit", error="invalid_token"'},
)
FORBIDDEN = Problem(403, "forbidden", "Admins only", "Only admins of the workspace may see this.", {})
NO_WORKSPACE = Problem(403, "no-active-workspace", "Choose a workspace", "You are signed in, but no workspace is active. Choose one of which you are an admin, then open this page again.", {})  # fmt: skip
NOT_FOUND = Problem(404, "not-found", "Not found", "There is nothing here, or nothing that you may see.", {})
NOT_ALLOWED = Problem(405, "method-not-allowed", "Only read", "This can only be read: use GET.", {"Allow": "GET, HEAD"})
UNKNOWN_HOST = Problem(400, "unknown-host", "Unknown host", "This host name is not served here.", {})
INTERNAL_ERROR = Problem(500, "internal", "Our mistake", "Something went wrong on our side. It has been logged.", {})
RETRY = {"Retry-After": "5"}
NO_DATABASE = Problem(503, "unavailable", "Not available now", "The audit log cannot be read just now. Nothing is lost; try again in a few seconds.", RETRY)  # fmt: skip
TOO_SLOW = Problem(503, "query-timeout", "That took too long", "Narrow the range of dates or the filters, and try again.", RETRY)  # fmt: skip
OVERLOADED = Problem(503, "busy", "Too many at once", "Too many requests came before this one. Try again in a few seconds.", RETRY)  # fmt: skip
NO_KEYS = Problem(503, "no-keys", "Sign-in cannot be checked", "The sign-in service does not answer. Try again in a few seconds.", RETRY)  # fmt: skip
INVALID_QUERY = Problem(
    422, "invalid-query", "That cannot be asked", "Some of what was asked for is not understood.", {}
)


def problem_response(problem: Problem, **extensions: Any) -> JSONResponse:
    """The problem as problem details (RFC 9457 section 3)."""
    content = {
        "type": f"/problems/{problem.kind}",
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
        **extensions,
    }
    return JSONResponse(content, problem.status, problem.headers, MEDIA_TYPE)


def invalid_query_response(error: InvalidQuery) -> JSONResponse:
    """What is wrong with a query, parameter by parameter."""
    errors = [{"parameter": parameter, "detail": text} for parameter, text in error.errors]
    return problem_response(INVALID_QUERY._replace(detail=str(error)), errors=errors)
