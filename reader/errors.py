"""Error responses: RFC 9457 problem details for programs, a page for people.

An error says what to do and repeats nothing of the request. Its cause is in the log.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from starlette.responses import JSONResponse

from reader.query.filters import InvalidQuery

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One kind of error response. `kind` is the last part of its type, a URI reference that never changes."""

    status: int
    kind: str
    title: str
    detail: str
    headers: Mapping[str, str] = field(default_factory=dict)


RETRY = {"Retry-After": "5"}
NO_TOKEN = Problem(
    status=401,
    kind="unauthenticated",
    title="Sign in",
    detail="There is no session. Sign in and try again.",
    headers={"WWW-Authenticate": 'Bearer realm="audit"'},
)
BAD_TOKEN = Problem(
    status=401,
    kind="unauthenticated",
    title="Sign in again",
    detail="The session has ended or is not valid. Sign in again.",
    headers={"WWW-Authenticate": 'Bearer realm="audit", error="invalid_token"'},
)
FORBIDDEN = Problem(
    status=403,
    kind="forbidden",
    title="Admins only",
    detail="Only admins of the workspace can see this page.",
)
NO_WORKSPACE = Problem(
    status=403,
    kind="no-active-workspace",
    title="Choose a workspace",
    detail="You are signed in, but no workspace is active. Choose one where you are an admin, then open this page again: your choice can "
    "take a minute to arrive here.",
)
NOT_FOUND = Problem(
    status=404,
    kind="not-found",
    title="Not found",
    detail="This page does not exist, or you do not have access to it.",
)
NOT_SEALED = Problem(
    status=404,
    kind="not-sealed",
    title="Nothing is sealed yet",
    detail="There is no checkpoint yet. Ask again later, or ask whoever runs the audit log.",
)
NOT_ALLOWED = Problem(
    status=405,
    kind="method-not-allowed",
    title="Read only",
    detail="The audit log is read-only. Use GET.",
    headers={"Allow": "GET, HEAD"},
)
UNKNOWN_HOST = Problem(
    status=400,
    kind="unknown-host",
    title="Unknown host",
    detail="This host name is not served here.",
)
TOO_LARGE = Problem(
    status=400,
    kind="request-too-large",
    title="Request too large",
    detail="The headers of the request are too long.",
)
INVALID_QUERY = Problem(
    status=422,
    kind="invalid-query",
    title="Invalid query",
    detail="One or more parameters are not valid.",
)
INTERNAL_ERROR = Problem(
    status=500,
    kind="internal",
    title="Something went wrong",
    detail="This is an error on our side. It has been logged.",
)
NO_DATABASE = Problem(
    status=503,
    kind="unavailable",
    title="Temporarily unavailable",
    detail="The audit log cannot be read right now. Nothing is lost. Try again in a few seconds.",
    headers=RETRY,
)
TOO_SLOW = Problem(
    status=503,
    kind="query-timeout",
    title="The query took too long",
    detail="Choose a shorter range of dates or more filters, and try again.",
    headers=RETRY,
)
OVERLOADED = Problem(
    status=503,
    kind="busy",
    title="Too many requests",
    detail="The audit log is busy. Try again in a few seconds.",
    headers=RETRY,
)
NO_KEYS = Problem(
    status=503,
    kind="no-keys",
    title="Sign-in cannot be checked",
    detail="The sign-in service does not answer. Try again in a few seconds.",
    headers=RETRY,
)


def problem_response(problem: Problem, **extensions: Any) -> JSONResponse:
    """The problem as a response for programs (RFC 9457 section 3), with extension members."""
    content = {
        "type": f"/problems/{problem.kind}",
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
        **extensions,
    }
    return JSONResponse(content, problem.status, problem.headers, MEDIA_TYPE)


def invalid_query_response(error: InvalidQuery) -> JSONResponse:
    """A 422 that says what is wrong with each parameter."""
    errors = [{"parameter": wrong.parameter, "detail": wrong.text} for wrong in error.errors]
    return problem_response(replace(INVALID_QUERY, detail=str(error)), errors=errors)
