"""The routes of SPEC 6, each a few lines: who asks, what for, the answer as HTML or JSON.

Law of this file: access is decided before anything else of a request is looked at, and before any SQL.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple

from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, RedirectResponse
from starlette.types import ASGIApp

from reader import answer, page, problems
from reader.access import Access
from reader.clerk import Forbidden, Unauthenticated
from reader.database import Database, Unavailable
from reader.filters import Invalid, pairs_of, parse
from reader.form import found
from reader.guard import Guard
from reader.keys import GivenKey, NoKeys, PublishedKeys
from reader.listing import Listings
from reader.metrics import Metrics
from reader.openapi import describe
from reader.problems import Refusal, problem

MACHINES = ("/v1/", "/openapi.json", "/healthz", "/readyz", "/static/")
MOST_DIGITS = 18


class Parts(NamedTuple):
    """What an application is made of."""

    access: Access
    database: Database
    listings: Listings
    keys: GivenKey | PublishedKeys
    metrics: Metrics
    hosts: tuple[str, ...]
    sign_in_url: str | None
    export_contact: str | None


def create(parts: Parts) -> ASGIApp:
    """The whole application, guarded."""
    app = FastAPI(title="Workspace audit log", docs_url=None, redoc_url=None, openapi_url=None)
    _pages(app, parts)
    _programs(app, parts)
    _refusals(app, parts)
    return Guard(app, parts.hosts, parts.metrics)


def _get(app: FastAPI, path: str, endpoint: Callable[..., Response]) -> None:
    """A route that is read; what may be read may be asked for by HEAD."""
    app.add_api_route(path, endpoint, methods=["GET", "HEAD"], include_in_schema=False, response_model=None)


def _pages(app: FastAPI, parts: Parts) -> None:
    """What people see."""
    viewer, listings, contact = parts.access.viewer, parts.listings, parts.export_contact

    def home(request: Request) -> Response:
        try:
            seen = viewer(request)
        except Forbidden as forbidden:
            return HTMLResponse(page.render_home(None, forbidden.user_id))
        return HTMLResponse(page.render_home(seen, seen.user_id))

    def audit(request: Request) -> Response:
        seen = viewer(request)
        now = datetime.now(UTC)
        pairs: list[tuple[str, str]] = []
        try:
            pairs = pairs_of(request.scope["query_string"])
            listing = listings.page(seen.workspace_id, parse(pairs))
        except Invalid as invalid:
            return HTMLResponse(page.render_invalid(seen, pairs, invalid.problems, now, contact), 422)
        return HTMLResponse(page.render_list(seen, listing, now, contact))

    def find(request: Request) -> Response:
        seen = viewer(request)
        try:
            return RedirectResponse(found(pairs_of(request.scope["query_string"])), 303)
        except Invalid as invalid:
            return HTMLResponse(page.render_invalid(seen, [], invalid.problems, datetime.now(UTC), contact), 422)

    def entry(request: Request, entry_id: str) -> Response:
        seen = viewer(request)
        stored = listings.entry(seen.workspace_id, number) if (number := _id(entry_id)) else None
        if stored is None:
            return _page_of(problems.NOT_FOUND, parts)
        return HTMLResponse(page.render_entry(seen, stored, contact))

    def static(name: str) -> Response:
        if name not in page.STATIC:
            return problem(problems.NOT_FOUND)
        content, media_type, _ = page.STATIC[name]
        return Response(
            content, headers={"Cache-Control": "public, max-age=31536000, immutable"}, media_type=media_type
        )

    _get(app, "/", home)
    _get(app, "/audit", audit)
    _get(app, "/audit/find", find)
    _get(app, "/audit/{entry_id}", entry)
    _get(app, "/static/{name}", static)


def _programs(app: FastAPI, parts: Parts) -> None:
    """What programs read."""
    viewer, listings = parts.access.viewer, parts.listings

    def events(request: Request) -> Response:
        seen = viewer(request)
        return answer.listing(listings.page(seen.workspace_id, parse(pairs_of(request.scope["query_string"]))))

    def event(request: Request, entry_id: str) -> Response:
        seen = viewer(request)
        stored = listings.entry(seen.workspace_id, number) if (number := _id(entry_id)) else None
        return problem(problems.NOT_FOUND) if stored is None else answer.entry(stored)

    def actions(request: Request) -> Response:
        viewer(request)
        return answer.actions()

    def ready() -> Response:
        wanting = [name for name, part in (("database", parts.database), ("keys", parts.keys)) if not part.ready()]
        return answer.health(wanting)

    _get(app, "/v1/audit-events", events)
    _get(app, "/v1/audit-events/{entry_id}", event)
    _get(app, "/v1/audit-actions", actions)
    _get(app, "/openapi.json", lambda: answer.json(describe()))
    _get(app, "/healthz", lambda: answer.health([]))
    _get(app, "/readyz", ready)


def _refusals(app: FastAPI, parts: Parts) -> None:
    """What each exception becomes: problem details for programs, a page for people."""

    def refuse(request: Request, refusal: Refusal) -> Response:
        return problem(refusal) if request.url.path.startswith(MACHINES) else _page_of(refusal, parts)

    def unauthenticated(request: Request, error: Exception) -> Response:
        assert isinstance(error, Unauthenticated)
        parts.metrics.refused(error.reason)
        request.state.refused = error.reason
        return refuse(request, problems.NO_TOKEN if error.reason == "no_token" else problems.BAD_TOKEN)

    def forbidden(request: Request, error: Exception) -> Response:
        assert isinstance(error, Forbidden)
        parts.metrics.refused(error.reason)
        request.state.refused = error.reason
        return refuse(request, problems.FORBIDDEN)

    def unavailable(request: Request, error: Exception) -> Response:
        assert isinstance(error, Unavailable)
        return refuse(request, problems.TOO_SLOW if error.slow else problems.NO_DATABASE)

    def http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return refuse(request, problems.NOT_ALLOWED if error.status_code == 405 else problems.NOT_FOUND)

    def invalid(_request: Request, error: Exception) -> Response:
        assert isinstance(error, Invalid)
        return problems.invalid(error)

    app.add_exception_handler(Unauthenticated, unauthenticated)
    app.add_exception_handler(Forbidden, forbidden)
    app.add_exception_handler(NoKeys, lambda request, _: refuse(request, problems.NO_KEYS))
    app.add_exception_handler(Unavailable, unavailable)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(Invalid, invalid)


def _page_of(refusal: Refusal, parts: Parts) -> Response:
    return HTMLResponse(page.render_refusal(refusal, parts.sign_in_url), refusal.status, refusal.headers)


def _id(text: str) -> int | None:
    """An id in a path; whatever is none is the id of nothing."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS else None
