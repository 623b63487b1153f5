"""The application: its routes, and what each exception becomes."""

from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, RedirectResponse
from starlette.types import ASGIApp

from reader import errors
from reader.auth.clerk import Forbidden
from reader.auth.jwks import NoKeys
from reader.auth.navigation import with_parameter
from reader.auth.signed_token import Unauthenticated
from reader.errors import Refusal, problem
from reader.html import pages
from reader.http.dependencies import Parts
from reader.http.limiter import Busy, Turns
from reader.http.middleware import Guard
from reader.http.routes import Routes
from reader.query.database import Unavailable
from reader.query.filters import Invalid

# What these paths refuse is read by programs.
MACHINES = ("/v1/", "/openapi.json", "/healthz", "/readyz", "/static/")


def create(parts: Parts) -> ASGIApp:
    """The whole application, guarded."""
    # A slash more is another path: a redirect would lead to wherever the Host header says.
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    turns = Turns()
    routes = Routes(parts, turns)
    for path, endpoint in routes.all:
        # What may be read may be asked for by HEAD.
        app.add_api_route(path, endpoint, methods=["GET", "HEAD"], include_in_schema=False, response_model=None)
    parts.metrics.expect([route for route, _ in routes.all], turns)
    _refusals(app, parts)
    return Guard(app, parts.hosts, parts.metrics, parts.renewal.frontend_origin)


def _refusals(app: FastAPI, parts: Parts) -> None:
    """What each exception becomes: problem details for programs, a page for people."""

    def refuse(request: Request, refusal: Refusal) -> Response:
        if request.url.path.startswith(MACHINES):
            return problem(refusal)
        return HTMLResponse(pages.render_refusal(refusal, sign_in_url(request)), refusal.status, refusal.headers)

    def sign_in_url(request: Request) -> str | None:
        """Where to sign in, and come back from to the same page."""
        here = parts.renewal.own_url(request)
        return (
            with_parameter(parts.sign_in_url, "redirect_url", here) if parts.sign_in_url and here else parts.sign_in_url
        )

    def note(request: Request, reason: str) -> None:
        """The reason is for those who run this, never for the client."""
        request.state.refused = reason
        parts.metrics.refused(reason)

    def unauthenticated(request: Request, error: Exception) -> Response:
        assert isinstance(error, Unauthenticated)
        try:
            turn = parts.renewal.turn(request, error.reason)
        except NoKeys:
            return refuse(request, errors.NO_KEYS)
        if turn.outcome is not None:
            request.state.renewal = turn.outcome
            parts.metrics.renewal(turn.outcome)
        if turn.location is not None:
            response: Response = RedirectResponse(turn.location, 307)
        else:
            note(request, turn.reason)
            response = refuse(request, errors.NO_TOKEN if turn.reason == "no_token" else errors.BAD_TOKEN)
        for cookie in turn.cookies:
            response.headers.append("Set-Cookie", cookie)
        return response

    def forbidden(request: Request, error: Exception) -> Response:
        assert isinstance(error, Forbidden)
        note(request, error.reason)
        request.state.user = error.user_id
        return refuse(request, errors.NO_WORKSPACE if error.reason == "no_active_workspace" else errors.FORBIDDEN)

    def unavailable(request: Request, error: Exception) -> Response:
        assert isinstance(error, Unavailable)
        return refuse(request, errors.TOO_SLOW if error.slow else errors.NO_DATABASE)

    def http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return refuse(request, errors.NOT_ALLOWED if error.status_code == 405 else errors.NOT_FOUND)

    def invalid(_request: Request, error: Exception) -> Response:
        assert isinstance(error, Invalid)
        return errors.invalid(error)

    app.add_exception_handler(Unauthenticated, unauthenticated)
    app.add_exception_handler(Forbidden, forbidden)
    app.add_exception_handler(NoKeys, lambda request, _: refuse(request, errors.NO_KEYS))
    app.add_exception_handler(Busy, lambda request, _: refuse(request, errors.BUSY))
    # It is raised once more behind this answer, to whoever logs it.
    app.add_exception_handler(Exception, lambda request, _: refuse(request, errors.FAILED))
    app.add_exception_handler(Unavailable, unavailable)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(Invalid, invalid)
