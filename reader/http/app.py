"""The application: its routes, and what each exception becomes."""

from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from reader import errors
from reader.auth.clerk import Forbidden
from reader.auth.jwks import KeysUnavailable
from reader.auth.signed_token import Unauthenticated
from reader.http.limiter import Overloaded, RequestLimiter
from reader.http.middleware import ReaderMiddleware
from reader.http.refusals import Refusals
from reader.http.routes import Routes
from reader.http.services import ReaderServices
from reader.query.database import Unavailable
from reader.query.filters import InvalidQuery


def create(services: ReaderServices) -> ASGIApp:
    """The whole application, guarded."""
    # A slash more is another path: a redirect would lead to wherever the Host header says.
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    limiter = RequestLimiter()
    routes = Routes(services, limiter)
    for path, endpoint in routes.all:
        # What may be read may be asked for by HEAD.
        app.add_api_route(path, endpoint, methods=["GET", "HEAD"], include_in_schema=False, response_model=None)
    services.metrics.register_routes([route for route, _ in routes.all], limiter)
    _add_exception_handlers(app, services)
    return ReaderMiddleware(app, services.hosts, services.metrics, services.renewal.frontend_origin)


def _add_exception_handlers(app: FastAPI, services: ReaderServices) -> None:
    """What each exception becomes: problem details for programs, a page for people."""
    refusals = Refusals(services)
    refuse = refusals.refuse

    def unavailable(request: Request, error: Exception) -> Response:
        assert isinstance(error, Unavailable)
        return refuse(request, errors.TOO_SLOW if error.slow else errors.NO_DATABASE)

    def http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return refuse(request, errors.NOT_ALLOWED if error.status_code == 405 else errors.NOT_FOUND)

    def invalid(_request: Request, error: Exception) -> Response:
        assert isinstance(error, InvalidQuery)
        return errors.invalid_query_response(error)

    app.add_exception_handler(Unauthenticated, refusals.unauthenticated)
    app.add_exception_handler(Forbidden, refusals.forbidden)
    app.add_exception_handler(KeysUnavailable, lambda request, _: refuse(request, errors.NO_KEYS))
    app.add_exception_handler(Overloaded, lambda request, _: refuse(request, errors.OVERLOADED))
    # It is raised once more behind this answer, to whoever logs it.
    app.add_exception_handler(Exception, lambda request, _: refuse(request, errors.INTERNAL_ERROR))
    app.add_exception_handler(Unavailable, unavailable)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(InvalidQuery, invalid)
