"""The response to each exception: problem details for programs, a page for people."""

from functools import partial

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from reader import errors
from reader.auth.clerk import Forbidden
from reader.auth.jwks import KeysUnavailable
from reader.auth.page_request import is_for_programs
from reader.auth.signed_token import Unauthenticated
from reader.errors import Problem, problem_response
from reader.html import pages
from reader.http.limiter import Overloaded
from reader.http.services import ReaderServices
from reader.query.filters import InvalidQuery
from reader.query.unavailable import Unavailable


class ExceptionHandlers:
    """The handlers of one application. They are coroutine functions: a refusal must not wait for a free thread."""

    def __init__(self, services: ReaderServices) -> None:
        self._metrics, self._renewal = services.metrics, services.renewal
        self.all = {
            Unauthenticated: self.unauthenticated,
            Forbidden: self.forbidden,
            KeysUnavailable: self.keys_unavailable,
            Overloaded: self.overloaded,
            Unavailable: self.unavailable,
            HTTPException: self.http_exception,
            InvalidQuery: self.invalid_query,
            Exception: self.internal_error,
        }

    async def unauthenticated(self, request: Request, error: Exception) -> Response:
        """401; or a redirect, if the session can be renewed or has been."""
        assert isinstance(error, Unauthenticated)
        decide = partial(self._renewal.decide, request, error.reason)
        try:
            renewal = await run_in_threadpool(decide) if self._renewal.brings_handshake(request) else decide()
        except KeysUnavailable:
            return self._refuse(request, errors.NO_KEYS)
        if renewal.outcome is not None:
            request.state.renewal = renewal.outcome
            self._metrics.session_renewal(renewal.outcome)
        if renewal.location is not None:
            response: Response = RedirectResponse(renewal.location, 307)
        else:
            self._note(request, renewal.reason)
            response = self._refuse(request, errors.NO_TOKEN if renewal.reason == "no_token" else errors.BAD_TOKEN)
        for cookie in renewal.cookies:
            response.headers.append("Set-Cookie", cookie)
        return response

    async def forbidden(self, request: Request, error: Exception) -> Response:
        """403; the log names the user."""
        assert isinstance(error, Forbidden)
        self._note(request, error.reason)
        request.state.user = error.user_id
        return self._refuse(request, errors.NO_WORKSPACE if error.reason == "no_active_workspace" else errors.FORBIDDEN)

    async def keys_unavailable(self, request: Request, _error: Exception) -> Response:
        """503: no token can be checked."""
        return self._refuse(request, errors.NO_KEYS)

    async def overloaded(self, request: Request, _error: Exception) -> Response:
        """503: too many requests."""
        return self._refuse(request, errors.OVERLOADED)

    async def unavailable(self, request: Request, error: Exception) -> Response:
        """503: the database did not answer in time, or was not asked."""
        assert isinstance(error, Unavailable)
        if error.busy:
            return self._refuse(request, errors.OVERLOADED)
        return self._refuse(request, errors.TOO_SLOW if error.slow else errors.NO_DATABASE)

    async def http_exception(self, request: Request, error: Exception) -> Response:
        """404 and 405, from the router."""
        assert isinstance(error, HTTPException)
        return self._refuse(request, errors.NOT_ALLOWED if error.status_code == 405 else errors.NOT_FOUND)

    async def invalid_query(self, _request: Request, error: Exception) -> Response:
        """422, from the API; the page has a form of its own for it."""
        assert isinstance(error, InvalidQuery)
        return errors.invalid_query_response(error)

    async def internal_error(self, request: Request, _error: Exception) -> Response:
        """500. Starlette raises the error again after this response, and the middleware logs it."""
        return self._refuse(request, errors.INTERNAL_ERROR)

    def _refuse(self, request: Request, problem: Problem) -> Response:
        if is_for_programs(request):
            return problem_response(problem)
        page = pages.render_problem(problem, self._renewal.sign_in_url(request))
        return HTMLResponse(page, problem.status, problem.headers)

    def _note(self, request: Request, reason: str) -> None:
        """For the log and the metrics, never for the client."""
        request.state.refused = reason
        self._metrics.access_refused(reason)
