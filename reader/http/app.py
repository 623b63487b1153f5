"""The application: routes, exception handlers and middleware, put together."""

from starlette.applications import Starlette
from starlette.routing import Route
from starlette.types import ASGIApp

from reader.http.exception_handlers import ExceptionHandlers
from reader.http.limiter import RequestLimiter
from reader.http.middleware import ReaderMiddleware
from reader.http.routes import Routes
from reader.http.services import ReaderServices


def create(services: ReaderServices) -> ASGIApp:
    """The whole application, inside its middleware."""
    limiter = RequestLimiter()
    routes = Routes(services, limiter)
    app = Starlette(
        routes=[Route(path, endpoint) for path, endpoint in routes.all],  # GET, and so HEAD
        exception_handlers=ExceptionHandlers(services).all,
    )
    # A path with one more slash is another path: a redirect would lead to whatever host the Host header names.
    app.router.redirect_slashes = False
    services.metrics.register_routes([path for path, _ in routes.all], limiter)
    return ReaderMiddleware(app, services.hosts, services.metrics, services.renewal.frontend_origin)
