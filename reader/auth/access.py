"""Who asks: from a request to the Viewer that its token speaks for. The one function that guards routes and navigation."""

import re
from collections.abc import Callable

from starlette.requests import Request

from reader.auth.clerk import Forbidden, TokenRules
from reader.auth.renewal import RENEWABLE
from reader.auth.request_cookies import SESSION, CookieNames, cookie_values
from reader.auth.signed_token import KeySource, Unauthenticated
from reader.auth.token_cache import TokenCache
from reader.model import Viewer

_BEARER = re.compile(r"[Bb][Ee][Aa][Rr][Ee][Rr] +([A-Za-z0-9_.-]+)")


class Authenticator:
    """Decides by the issuer's keys and our rules. `without_azp` is told of each token that names no party: kind, outcome."""

    def __init__(
        self, keys: KeySource, rules: TokenRules, names: CookieNames, without_azp: Callable[[str, str], None]
    ) -> None:
        self._sessions, self._names, self._without_azp = TokenCache(keys, rules), names, without_azp

    def viewer(self, request: Request) -> Viewer:
        """The admin who asks. Raises Unauthenticated, Forbidden, and KeysUnavailable."""
        headers = request.headers.getlist("authorization")
        if headers:  # a bad header is never made good by a cookie
            match = _BEARER.fullmatch(headers[0])
            if len(headers) > 1 or match is None:
                raise Unauthenticated("authorization_header")
            request.state.viewer = self._judged(match[1], "bearer")
        else:
            request.state.viewer = self._by_cookie(request.headers.getlist("cookie"))
        seen: Viewer = request.state.viewer  # noted for the log, too
        return seen

    def judge_cookie(self, token: str) -> Viewer:
        """The admin whom a session cookie of this value would speak for. Raises as `viewer` does."""
        return self._judged(token, "cookie")

    def _by_cookie(self, headers: list[str]) -> Viewer:
        """By the instance's own session cookie, or else by the one of the plain name, each if it was sent once."""
        refused = []
        for name in self._names.of(SESSION):
            values = cookie_values(headers, name)
            if len(values) > 1:
                refused.append(Unauthenticated("repeated_cookie"))
            elif values:
                try:
                    return self._judged(values[0], "cookie")
                except Unauthenticated as error:
                    refused.append(error)
        # What a new token can mend is the reason that matters.
        raise min(refused, key=lambda error: error.reason not in RENEWABLE, default=Unauthenticated("no_token"))

    def _judged(self, token: str, kind: str) -> Viewer:
        try:
            found = self._sessions.verified(token, bearer=kind == "bearer")
        except Unauthenticated as error:
            if error.reason == "authorized_party_missing":
                self._without_azp(kind, "refused")
            raise
        except Forbidden as error:
            if not error.names_party:
                self._without_azp(kind, "accepted")
            raise
        if not found.names_party:
            self._without_azp(kind, "accepted")
        return found.viewer
