"""The endpoints of SPEC 6.

Each one authenticates the request before it reads anything else of it, and before any SQL.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import wraps
from typing import Any, TypeAlias

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from reader import errors
from reader.auth.clerk import Forbidden
from reader.errors import problem_response
from reader.html import pages
from reader.html.filter_form import list_address
from reader.http import json_response
from reader.http.byte_limits import (
    FEW_SENT,
    FEW_SHOWN,
    MAX_LIST_DIFF,
    MAX_PAGE_DIFF,
    MAX_QUERY_BYTES,
    page_text,
    pairs_before,
    query_pairs,
    text_length,
)
from reader.http.large_responses import LargeResponse, LargeResponses
from reader.http.limiter import RequestLimiter
from reader.http.openapi import describe
from reader.http.services import ReaderServices
from reader.model import Entry, Listing, Viewer
from reader.query.checkpoint import newest_checkpoint
from reader.query.entries_again import read_again
from reader.query.filters import InvalidQuery, parse, parse_none
from reader.query.position import page_query

MAX_ID_DIGITS = 18
CACHE_FOREVER = {"Cache-Control": "public, max-age=31536000, immutable"}  # its address changes with its content
WORKSPACE_HEADER = "Audit-Workspace"  # by which a page sees that an answer is of another workspace than its own

Result: TypeAlias = Response | LargeResponse


class Routes:
    """The endpoints of one application. Those that may block are plain functions, which the limiter runs in threads."""

    def __init__(self, services: ReaderServices, limiter: RequestLimiter) -> None:
        self._services = services
        self._viewer = services.access.viewer
        self._listings = services.listings
        large = LargeResponses()

        def limited(endpoint: Callable[[Request], Result]) -> Callable[..., Any]:
            return large.wrap(limiter.wrap(_named(endpoint), services.access))

        self.all = (
            ("/", limited(self.home)),
            ("/audit", limited(self.audit)),
            ("/audit/", limited(self.slash)),
            ("/audit/find", limited(self.find)),
            ("/audit/actors", limited(self.actors)),
            # The API's responses for the page's links: a person whose session token has expired is redirected to renew it.
            ("/audit/json", limited(self.events)),
            ("/audit/checkpoint", limited(self.checkpoint)),
            ("/audit/{entry_id}", limited(self.entry)),
            ("/audit/{entry_id}/", limited(self.slash)),
            ("/audit/{entry_id}/json", limited(self.event)),
            ("/static/{name}", self.static),
            ("/v1/audit-events", limited(self.events)),
            ("/v1/audit-events/{entry_id}", limited(self.event)),
            ("/v1/audit-actions", limited(self.actions)),
            ("/v1/audit-checkpoint", limited(self.checkpoint)),
            ("/openapi.json", self.openapi),
            ("/healthz", self.healthz),
            ("/readyz", self.readyz),
        )

    # --- pages

    def home(self, request: Request) -> Response:
        """The home page. Its link to the audit log depends on the same check that guards that page."""
        try:
            viewer = self._viewer(request)
        except Forbidden as forbidden:
            return HTMLResponse(pages.render_home(None, forbidden.user_id))
        return HTMLResponse(pages.render_home(viewer, viewer.user_id))

    def audit(self, request: Request) -> Result:
        """The list."""
        viewer = self._viewer(request)
        try:
            pairs = query_pairs(request.scope)
        except InvalidQuery as invalid:
            return self._invalid(viewer, [], invalid)
        try:
            listing = self._listings.page_at_once(viewer.workspace_id, page_query(parse(pairs)))
        except InvalidQuery as invalid:
            return self._invalid(viewer, pairs, invalid)

        def make(listing: Listing) -> Response:
            return HTMLResponse(pages.render_list(viewer, listing, datetime.now(UTC), self._services.export_contact))

        is_short = text_length(listing.entries) <= FEW_SHOWN
        return make(listing) if is_short else self._later(viewer, listing, make)

    def slash(self, request: Request) -> Response:
        """Redirects from an address of the page with a slash too many, which people type: to a path, never to the host that a header names.

        After the check of access, as on every route (SPEC 6). A program's address is not mended: its token may not follow a redirect.
        A list whose filters are too long is refused here as there: it is another one without them.
        """
        viewer = self._viewer(request)
        query = request.scope["query_string"]
        path = "/audit"
        if "entry_id" in request.path_params:
            entry_id = request.path_params["entry_id"]
            if not _is_id(entry_id):
                return HTMLResponse(pages.render_problem(errors.NOT_FOUND, None, viewer), 404)
            path = f"/audit/{entry_id}"
        else:
            try:
                query_pairs(request.scope)
            except InvalidQuery as invalid:
                return self._invalid(viewer, [], invalid)
        return RedirectResponse(f"{path}?{query.decode()}" if 0 < len(query) <= MAX_QUERY_BYTES else path, 308)

    def find(self, request: Request) -> Response:
        """Redirects from a submitted form to the address of the list."""
        viewer = self._viewer(request)
        try:
            return RedirectResponse(list_address(query_pairs(request.scope)), 303)
        except InvalidQuery as invalid:
            return self._invalid(viewer, [], invalid)

    def entry(self, request: Request) -> Result:
        """One entry; a diff of more than MAX_PAGE_DIFF bytes is left to the API."""
        viewer = self._viewer(request)
        entry = self._entry(viewer, request)
        contact = self._services.export_contact
        if entry is None:
            problem = errors.NOT_FOUND
            return HTMLResponse(pages.render_problem(problem, None, viewer), problem.status)
        try:
            pairs = query_pairs(request.scope) or pairs_before(request.scope)
        except InvalidQuery:
            pairs = []
        if entry.diff is not None:
            return HTMLResponse(pages.render_entry(viewer, entry, pairs, datetime.now(UTC), contact))

        def make() -> Response:
            large = self._listings.large_diffs(viewer.workspace_id, [entry], MAX_PAGE_DIFF)[entry.id]
            whole = entry._replace(diff=page_text(large))
            return HTMLResponse(pages.render_entry(viewer, whole, pairs, datetime.now(UTC), contact))

        return LargeResponse(make)

    def actors(self, request: Request) -> Response:
        """The names that the form suggests for its field of that name."""
        viewer = self._viewer_alone(request)
        return json_response.names(self._listings.actors(viewer.workspace_id))

    async def static(self, request: Request) -> Response:
        """Style and script. While versions change, a new address may be asked of an old server: only its own content's may be kept."""
        name = request.path_params["name"]
        if name not in pages.STATIC:
            return problem_response(errors.NOT_FOUND)
        content, media_type, digest = pages.STATIC[name]
        is_own = request.scope["query_string"] == f"v={digest}".encode()
        return Response(content, headers=CACHE_FOREVER if is_own else None, media_type=media_type)

    # --- API and probes

    def events(self, request: Request) -> Result:
        """A page of entries."""
        viewer = self._viewer(request)
        query = parse(query_pairs(request.scope))
        listing = self._listings.page(viewer.workspace_id, query)
        is_read = all(entry.diff is not None for entry in listing.entries)
        if is_read and text_length(listing.entries) <= FEW_SENT:
            return json_response.listing(listing)

        def make(listing: Listing) -> Response:
            return json_response.listing(
                listing, self._listings.large_diffs(viewer.workspace_id, listing.entries, MAX_LIST_DIFF)
            )

        return self._later(viewer, listing, make)

    def event(self, request: Request) -> Result:
        """One entry, whole."""
        viewer = self._viewer_alone(request)
        entry = self._entry(viewer, request)
        if entry is None:
            return problem_response(errors.NOT_FOUND)
        if entry.is_whole:
            return json_response.entry(entry)

        def make() -> Response:
            whole = self._listings.whole_entry(viewer.workspace_id, entry.id)
            return problem_response(errors.NOT_FOUND) if whole is None else json_response.entry(*whole)

        return LargeResponse(make)

    def actions(self, request: Request) -> Response:
        """The actions and facets for filters."""
        self._viewer_alone(request)
        return json_response.actions()

    def checkpoint(self, request: Request) -> Response:
        """The newest checkpoint, as a file to keep."""
        viewer = self._viewer_alone(request)
        newest = newest_checkpoint(self._services.database_of(viewer.workspace_id), viewer.workspace_id)
        return problem_response(errors.NOT_SEALED) if newest is None else json_response.checkpoint(newest)

    async def openapi(self, _request: Request) -> Response:
        """The description of the API, which needs no session."""
        return json_response.json(describe())

    async def healthz(self, _request: Request) -> Response:
        """200 while the process runs, however many requests wait."""
        return json_response.health([])

    async def readyz(self, _request: Request) -> Response:
        """200 if the database answers and there are sign-in keys, else 503 with what is failing."""
        return json_response.health(await self._services.readiness.shared())

    def _later(self, viewer: Viewer, listing: Listing, make: Callable[[Listing], Response]) -> LargeResponse:
        """Made of the listing in its turn. Its rows are read again then: many may wait, and rows of megabytes would wait with each."""
        ids, workspace_id = [entry.id for entry in listing.entries], viewer.workspace_id
        bare = replace(listing, entries=())

        def respond() -> Response:
            entries = read_again(self._services.database_of(workspace_id), workspace_id, ids)
            return make(replace(bare, entries=entries))

        return LargeResponse(respond)

    def _viewer_alone(self, request: Request) -> Viewer:
        """The viewer of a request that must have no parameters. Raises InvalidQuery."""
        viewer = self._viewer(request)
        parse_none(query_pairs(request.scope))
        return viewer

    def _entry(self, viewer: Viewer, request: Request) -> Entry | None:
        """The entry whose id is in the path; a text that is not an id is the id of nothing."""
        entry_id = request.path_params["entry_id"]
        if not _is_id(entry_id):
            return None
        return self._listings.entry(viewer.workspace_id, int(entry_id))

    def _invalid(self, viewer: Viewer, pairs: list[tuple[str, str]], invalid: InvalidQuery) -> Response:
        contact = self._services.export_contact
        return HTMLResponse(pages.render_invalid(viewer, pairs, invalid.errors, contact), 422)


def _named(endpoint: Callable[[Request], Result]) -> Callable[[Request], Result]:
    """The endpoint with its viewer's workspace in a header of every response."""

    @wraps(endpoint)
    def named(request: Request) -> Result:
        result = endpoint(request)
        viewer: Viewer | None = getattr(request.state, "viewer", None)
        if viewer is None:
            return result
        workspace_id = viewer.workspace_id
        if isinstance(result, LargeResponse):
            return LargeResponse(lambda: _with_workspace(result.make(), workspace_id))
        return _with_workspace(result, workspace_id)

    return named


def _with_workspace(response: Response, workspace_id: str) -> Response:
    response.headers[WORKSPACE_HEADER] = workspace_id
    return response


def _is_id(text: str) -> bool:
    """Whether an entry may have this id; any other text is the id of nothing."""
    return text.isascii() and text.isdigit() and len(text) <= MAX_ID_DIGITS
