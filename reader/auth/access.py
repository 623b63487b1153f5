"""Authentication of a request. One function guards both the routes and the link in the navigation."""

import re

from starlette.requests import Request

from reader.auth.clerk import KeySource, TokenRules, Unauthenticated
from reader.auth.token_cache import TokenCache
from reader.model import Viewer

COOKIE = "__session"
_BEARER = re.compile(r"[Bb][Ee][Aa][Rr][Ee][Rr] +([A-Za-z0-9_.-]+)")


class Authenticator:
    """Finds the Viewer of a request, by the keys of the issuer and the rules for tokens."""

    def __init__(self, keys: KeySource, rules: TokenRules) -> None:
        self._tokens = TokenCache(keys, rules)

    def viewer(self, request: Request) -> Viewer:
        """The admin who sent the request. Raises Unauthenticated, Forbidden and KeysUnavailable."""
        headers = request.headers.getlist("authorization")
        if headers:  # a bad header is an error even if there is a good cookie
            match = _BEARER.fullmatch(headers[0])
            if len(headers) > 1 or match is None:
                raise Unauthenticated("authorization_header")
            return _noted(request, self._tokens.viewer(match[1], bearer=True))
        return _noted(request, self._tokens.viewer(_cookie(request), bearer=False))


def _noted(request: Request, viewer: Viewer) -> Viewer:
    """The viewer, whom the log line of the request will name."""
    request.state.viewer = viewer
    return viewer


def _cookie(request: Request) -> str:
    """The session cookie, which must be there once. RFC 6265 section 5.4: pairs are joined by semicolons."""
    values = []
    for header in request.headers.getlist("cookie"):
        for pair in header.split(";"):
            name, equals, value = pair.strip(" \t").partition("=")
            if equals and name == COOKIE:
                values.append(value)
    if len(values) != 1:
        raise Unauthenticated("no_token" if not values else "repeated_cookie")
    return values[0]
