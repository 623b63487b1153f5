"""What is answered to whoever is not let in: problem details to programs, a page to people, or the way to a new session."""

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from reader import errors
from reader.auth.clerk import Forbidden
from reader.auth.jwks import KeysUnavailable
from reader.auth.navigation import with_parameter
from reader.auth.signed_token import Unauthenticated
from reader.errors import Problem, problem_response
from reader.html import pages
from reader.http.services import ReaderServices

# What these paths refuse is read by programs.
MACHINES = ("/v1/", "/openapi.json", "/healthz", "/readyz", "/static/")


class Refusals:
    """Answers in the place of an endpoint that raised."""

    def __init__(self, services: ReaderServices) -> None:
        self._services = services

    def refuse(self, request: Request, problem: Problem) -> Response:
        """The problem, for a program or as a page."""
        if _is_for_programs(request):
            return problem_response(problem)
        page = pages.render_problem(problem, self._sign_in_url(request))
        return HTMLResponse(page, problem.status, problem.headers)

    def unauthenticated(self, request: Request, error: Exception) -> Response:
        """401; or a redirect, where a new token may be had or was."""
        assert isinstance(error, Unauthenticated)
        try:
            turn = self._services.renewal.turn(request, error.reason, for_people=not _is_for_programs(request))
        except KeysUnavailable:
            return self.refuse(request, errors.NO_KEYS)
        if turn.outcome is not None:
            request.state.renewal = turn.outcome
            self._services.metrics.renewal(turn.outcome)
        if turn.location is not None:
            response: Response = RedirectResponse(turn.location, 307)
        else:
            self._note(request, turn.reason)
            response = self.refuse(request, errors.NO_TOKEN if turn.reason == "no_token" else errors.BAD_TOKEN)
        for cookie in turn.cookies:
            response.headers.append("Set-Cookie", cookie)
        return response

    def forbidden(self, request: Request, error: Exception) -> Response:
        """403: without a workspace, or without the role."""
        assert isinstance(error, Forbidden)
        self._note(request, error.reason)
        request.state.user = error.user_id
        return self.refuse(request, errors.NO_WORKSPACE if error.reason == "no_active_workspace" else errors.FORBIDDEN)

    def _note(self, request: Request, reason: str) -> None:
        """The reason is for those who run this, never for the client."""
        request.state.refused = reason
        self._services.metrics.access_refused(reason)

    def _sign_in_url(self, request: Request) -> str | None:
        """Where to sign in, and from where Clerk leads back to the same page."""
        url, here = self._services.sign_in_url, self._services.renewal.own_url(request)
        return with_parameter(url, "redirect_url", here) if url and here else url


def _is_for_programs(request: Request) -> bool:
    return request.url.path.startswith(MACHINES)
