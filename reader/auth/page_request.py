"""A request for a page: its URL in the browser, how often it was redirected, and whether its session is renewed before it counts."""

from starlette.requests import Request

from reader.auth.navigation import is_navigation, own_url
from reader.auth.renewal import MAX_REDIRECTS, RenewalRules, redirects_name
from reader.auth.request_cookies import HANDSHAKE, RENEWED, cookie_values

MAX_URL_BYTES = 10 * 1024  # of a path and a query to come back to
# Programs read what these paths return.
MACHINE_PATHS = ("/v1/", "/openapi.json", "/healthz", "/readyz", "/static/")


def is_for_programs(request: Request) -> bool:
    """Whether the response is for a program, which is not redirected."""
    return request.url.path.startswith(MACHINE_PATHS)


def requested_url(request: Request, scheme: str) -> str | None:
    """The URL of the request in the browser; None if it cannot be repeated in a response. The middleware has checked its host."""
    scope = request.scope
    if len(scope["raw_path"]) + len(scope["query_string"]) > MAX_URL_BYTES:
        return None
    return own_url(scheme, request.headers.get("host", ""), scope["raw_path"], scope["query_string"])


def page_url(request: Request, scheme: str) -> str | None:
    """The URL of a page that a browser navigates to, so that it can be redirected; None for any other request."""
    if is_for_programs(request) or not is_navigation(request.method, request.headers):
        return None
    return requested_url(request, scheme)


def redirects_so_far(cookies: list[str], here: str) -> int:
    """The number of redirects of this page, by its Cookie headers. A value that the reader did not set counts as many."""
    values = cookie_values(cookies, redirects_name(here))
    if not values:
        return 0
    [first, *others] = values
    return int(first) if not others and len(first) == 1 and first.isascii() and first.isdigit() else MAX_REDIRECTS


class FirstRenewal:
    """Says when a cookie without `azp` that is accepted is renewed before that (SPEC 6): Clerk's next token may have one."""

    def __init__(self, rules: RenewalRules) -> None:
        self._renews, self._scheme = rules.frontend_api is not None, rules.scheme

    def is_due(self, request: Request) -> bool:
        """Whether this request is redirected first: once for a page, and not while a renewed token without `azp` is valid."""
        cookies = request.headers.getlist("cookie")
        here = page_url(request, self._scheme) if self._renews and not cookie_values(cookies, RENEWED) else None
        if here is None:
            return False
        returns = bool(cookie_values(cookies, HANDSHAKE))  # the new token is in this cookie, not yet in the session's
        return redirects_so_far(cookies, here) <= int(returns)
