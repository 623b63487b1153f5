"""The endpoints of SPEC 6.

Each one authenticates the request before it reads anything else of it, and before any SQL.
"""

from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from reader import errors
from reader.auth.clerk import Forbidden
from reader.errors import problem_response
from reader.html import pages
from reader.html.filter_form import list_address
from reader.http import json_response
from reader.http.limiter import RequestLimiter
from reader.http.openapi import describe
from reader.http.services import ReaderServices
from reader.model import Entry, Viewer
from reader.query.filters import InvalidQuery, decode_pairs, parse

MAX_ID_DIGITS = 18
CACHE_FOREVER = {"Cache-Control": "public, max-age=31536000, immutable"}  # its address changes with its content


class Routes:
    """The endpoints of one application. Those that may block are plain functions, which the limiter runs in threads."""

    def __init__(self, services: ReaderServices, limiter: RequestLimiter) -> None:
        self._services = services
        self._viewer = services.access.viewer
        self._listings = services.listings
        limited = limiter.wrap
        self.all = (
            ("/", limited(self.home)),
            ("/audit", limited(self.audit)),
            ("/audit/find", limited(self.find)),
            ("/audit/{entry_id}", limited(self.entry)),
            ("/static/{name}", self.static),
            ("/v1/audit-events", limited(self.events)),
            ("/v1/audit-events/{entry_id}", limited(self.event)),
            ("/v1/audit-actions", limited(self.actions)),
            ("/openapi.json", self.openapi),
            ("/healthz", self.healthz),
            # One at a time, by the database session that no other request can take.
            ("/readyz", RequestLimiter(1, max_waiting=4).wrap(self.readyz)),
        )

    # --- pages

    def home(self, request: Request) -> Response:
        """The home page. Its link to the audit log depends on the same check that guards that page."""
        try:
            viewer = self._viewer(request)
        except Forbidden as forbidden:
            return HTMLResponse(pages.render_home(None, forbidden.user_id))
        return HTMLResponse(pages.render_home(viewer, viewer.user_id))

    def audit(self, request: Request) -> Response:
        """The list."""
        viewer = self._viewer(request)
        try:
            pairs = decode_pairs(request.scope["query_string"])
        except InvalidQuery as invalid:
            return self._invalid(viewer, [], invalid)
        try:
            listing = self._listings.page(viewer.workspace_id, parse(pairs))
        except InvalidQuery as invalid:
            return self._invalid(viewer, pairs, invalid)
        return HTMLResponse(pages.render_list(viewer, listing, datetime.now(UTC), self._services.export_contact))

    def find(self, request: Request) -> Response:
        """Redirects from a submitted form to the address of the list."""
        viewer = self._viewer(request)
        try:
            return RedirectResponse(list_address(decode_pairs(request.scope["query_string"])), 303)
        except InvalidQuery as invalid:
            return self._invalid(viewer, [], invalid)

    def entry(self, request: Request) -> Response:
        """One entry."""
        viewer = self._viewer(request)
        entry = self._entry(viewer, request)
        if entry is None:
            problem = errors.NOT_FOUND
            return HTMLResponse(pages.render_problem(problem, None, viewer), problem.status)
        try:
            pairs = decode_pairs(request.scope["query_string"])
        except InvalidQuery:
            pairs = []
        return HTMLResponse(pages.render_entry(viewer, entry, pairs, datetime.now(UTC), self._services.export_contact))

    async def static(self, request: Request) -> Response:
        """Style and script."""
        name = request.path_params["name"]
        if name not in pages.STATIC:
            return problem_response(errors.NOT_FOUND)
        content, media_type, _ = pages.STATIC[name]
        return Response(content, headers=CACHE_FOREVER, media_type=media_type)

    # --- API and probes

    def events(self, request: Request) -> Response:
        """A page of entries."""
        viewer = self._viewer(request)
        query = parse(decode_pairs(request.scope["query_string"]))
        return json_response.listing(self._listings.page(viewer.workspace_id, query))

    def event(self, request: Request) -> Response:
        """One entry."""
        entry = self._entry(self._viewer(request), request)
        return problem_response(errors.NOT_FOUND) if entry is None else json_response.entry(entry)

    def actions(self, request: Request) -> Response:
        """The actions and facets for filters."""
        self._viewer(request)
        return json_response.actions()

    async def openapi(self, _request: Request) -> Response:
        """The description of the API, which needs no session."""
        return json_response.json(describe())

    async def healthz(self, _request: Request) -> Response:
        """200 while the process runs, however many requests wait."""
        return json_response.health([])

    def readyz(self, _request: Request) -> Response:
        """200 if the database answers and there are sign-in keys, else 503 with what is failing."""
        checks = {"database": self._services.database.ready, "keys": self._services.keys.ready}
        return json_response.health([name for name, is_ready in checks.items() if not is_ready()])

    def _entry(self, viewer: Viewer, request: Request) -> Entry | None:
        """The entry whose id is in the path; a text that is not an id is the id of nothing."""
        entry_id = request.path_params["entry_id"]
        if not (entry_id.isascii() and entry_id.isdigit() and len(entry_id) <= MAX_ID_DIGITS):
            return None
        return self._listings.entry(viewer.workspace_id, int(entry_id))

    def _invalid(self, viewer: Viewer, pairs: list[tuple[str, str]], invalid: InvalidQuery) -> Response:
        contact = self._services.export_contact
        return HTMLResponse(pages.render_invalid(viewer, pairs, invalid.errors, contact), 422)
