"""Who asks: from a request to the Viewer that its token speaks for. The one function that guards routes and navigation."""

import re

from starlette.requests import Request

from reader.auth.clerk import KeySource, TokenRules, Unauthenticated
from reader.auth.token_cache import TokenCache
from reader.model import Viewer

COOKIE = "__session"
_BEARER = re.compile(r"[Bb][Ee][Aa][Rr][Ee][Rr] +([A-Za-z0-9_.-]+)")


class Authenticator:
    """Decides by the issuer's keys and our rules."""

    def __init__(self, keys: KeySource, rules: TokenRules) -> None:
        self._tokens = TokenCache(keys, rules)

    def viewer(self, request: Request) -> Viewer:
        """The admin who asks. Raises Unauthenticated, Forbidden, and KeysUnavailable."""
        headers = request.headers.getlist("authorization")
        if headers:  # a bad header is never made good by a cookie
            match = _BEARER.fullmatch(headers[0])
            if len(headers) > 1 or match is None:
                raise Unauthenticated("authorization_header")
            return self._seen(request, self._tokens.viewer(match[1], bearer=True))
        return self._seen(request, self._tokens.viewer(_cookie(request), bearer=False))

    @staticmethod
    def _seen(request: Request, seen: Viewer) -> Viewer:
        """Notes for the log who it was."""
        request.state.viewer = seen
        return seen


def _cookie(request: Request) -> str:
    """The session cookie, if it was sent once. RFC 6265 section 5.4: pairs are joined by semicolons."""
    found = []
    for header in request.headers.getlist("cookie"):
        for pair in header.split(";"):
            name, equals, value = pair.strip(" \t").partition("=")
            if equals and name == COOKIE:
                found.append(value)
    if len(found) != 1:
        raise Unauthenticated("no_token" if not found else "repeated_cookie")
    return found[0]
