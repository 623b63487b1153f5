"""The application: its routes, and what each exception becomes."""

from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse
from starlette.types import ASGIApp

from reader import page, problems
from reader.clerk import Forbidden, Unauthenticated
from reader.database import Unavailable
from reader.filters import Invalid
from reader.guard import Guard
from reader.keys import NoKeys
from reader.parts import Parts
from reader.problems import Refusal, problem
from reader.routes import Routes
from reader.turns import Busy, Turns

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
    return Guard(app, parts.hosts, parts.metrics)


def _refusals(app: FastAPI, parts: Parts) -> None:
    """What each exception becomes: problem details for programs, a page for people."""

    def refuse(request: Request, refusal: Refusal) -> Response:
        if request.url.path.startswith(MACHINES):
            return problem(refusal)
        return HTMLResponse(page.render_refusal(refusal, parts.sign_in_url), refusal.status, refusal.headers)

    def note(request: Request, reason: str) -> None:
        """The reason is for those who run this, never for the client."""
        request.state.refused = reason
        parts.metrics.refused(reason)

    def unauthenticated(request: Request, error: Exception) -> Response:
        assert isinstance(error, Unauthenticated)
        note(request, error.reason)
        return refuse(request, problems.NO_TOKEN if error.reason == "no_token" else problems.BAD_TOKEN)

    def forbidden(request: Request, error: Exception) -> Response:
        assert isinstance(error, Forbidden)
        note(request, error.reason)
        request.state.user = error.user_id
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
    app.add_exception_handler(Busy, lambda request, _: refuse(request, problems.BUSY))
    # It is raised once more behind this answer, to whoever logs it.
    app.add_exception_handler(Exception, lambda request, _: refuse(request, problems.FAILED))
    app.add_exception_handler(Unavailable, unavailable)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(Invalid, invalid)
