"""Authentication of a request. One function guards both the routes and the link in the navigation."""

import re
from collections.abc import Callable

from starlette.requests import Request

from reader.auth.clerk import Forbidden, TokenRules
from reader.auth.jwks import KeysUnavailable
from reader.auth.renewal import RENEWABLE
from reader.auth.request_cookies import SESSION, CookieNames, cookie_values
from reader.auth.signed_token import KeySource, Unauthenticated
from reader.auth.token_cache import TokenCache
from reader.model import Viewer

_BEARER = re.compile(r"[Bb][Ee][Aa][Rr][Ee][Rr] +([A-Za-z0-9_.-]+)")


class Authenticator:
    """Finds the Viewer of a request, by the keys of the issuer and the rules for tokens."""

    def __init__(
        self, keys: KeySource, rules: TokenRules, names: CookieNames, count_missing_azp: Callable[[str, str], None]
    ) -> None:
        """`count_missing_azp` is called for each token without `azp`: with its kind (bearer, cookie) and accepted or refused."""
        self._tokens, self._names, self._count_missing_azp = TokenCache(keys, rules), names, count_missing_azp

    def viewer(self, request: Request) -> Viewer:
        """The admin who sent the request, whose tokens are verified once. Raises Unauthenticated, Forbidden and KeysUnavailable."""
        refusal: Exception | None = getattr(request.state, "refusal", None)
        if refusal is not None:
            raise refusal
        known: Viewer | None = getattr(request.state, "viewer", None)
        return known or self._judged(request)

    def viewer_of_cookie(self, token: str) -> Viewer:
        """The admin for whom a session cookie with this value would be. Raises like `viewer`."""
        return self._verified(token, "cookie")

    def workspace(self, request: Request) -> str | None:
        """Whose turn the request takes (reader.fair_slots): the workspace of its token as it was verified last, empty without a token.

        None if its tokens were not verified yet. It gives no access: `viewer` does.
        """
        tokens = self._tokens_of(request)
        workspaces = (self._tokens.workspace(token, bearer=kind == "bearer") for token, kind in tokens)
        return next((workspace_id for workspace_id in workspaces if workspace_id is not None), None) if tokens else ""

    def learn(self, request: Request) -> str:
        """The workspace of a request whose tokens were not verified yet; empty if they are refused, which `viewer` says."""
        try:
            return self._judged(request).workspace_id
        except (Unauthenticated, Forbidden, KeysUnavailable) as error:
            request.state.refusal = error
            return ""

    def _tokens_of(self, request: Request) -> list[tuple[str, str]]:
        """The tokens from which `viewer` takes one, each with its kind."""
        headers = request.headers.getlist("authorization")
        if headers:
            match = _BEARER.fullmatch(headers[0])
            return [(match[1], "bearer")] if match else []
        cookies = request.headers.getlist("cookie")
        return [(value, "cookie") for name in self._names.of(SESSION) for value in cookie_values(cookies, name)[:1]]

    def _judged(self, request: Request) -> Viewer:
        headers = request.headers.getlist("authorization")
        if headers:  # a bad header is an error even if there is a good cookie
            match = _BEARER.fullmatch(headers[0])
            if len(headers) > 1 or match is None:
                raise Unauthenticated("authorization_header")
            viewer = self._verified(match[1], "bearer")
        else:
            viewer = self._by_cookie(request.headers.getlist("cookie"))
        request.state.viewer = viewer  # the log line of the request names it
        return viewer

    def _by_cookie(self, headers: list[str]) -> Viewer:
        """The viewer of the instance's own session cookie, or else of the one without a suffix. A repeated cookie is ignored."""
        refused = []
        for name in self._names.of(SESSION):
            values = cookie_values(headers, name)
            if len(values) > 1:
                refused.append(Unauthenticated("repeated_cookie"))
            elif values:
                try:
                    return self._verified(values[0], "cookie")
                except Unauthenticated as error:
                    refused.append(error)
        # With two cookies, a reason for which the session can be renewed comes first.
        raise min(refused, key=lambda error: error.reason not in RENEWABLE, default=Unauthenticated("no_token"))

    def _verified(self, token: str, kind: str) -> Viewer:
        try:
            verified = self._tokens.verified(token, bearer=kind == "bearer")
        except Unauthenticated as error:
            if error.reason == "authorized_party_missing":
                self._count_missing_azp(kind, "refused")
            raise
        except Forbidden as error:
            if not error.has_azp:
                self._count_missing_azp(kind, "accepted")
            raise
        if not verified.has_azp:
            self._count_missing_azp(kind, "accepted")
        return verified.viewer
