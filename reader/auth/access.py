"""Authentication of a request. One function guards both the routes and the link in the navigation."""

import re
from collections.abc import Callable
from functools import partial

from starlette.requests import Request

from reader.auth.clerk import Forbidden, TokenRules, VerifiedToken
from reader.auth.jwks import FetchNeeded, HeldKeys, IssuerKeys, KeysUnavailable
from reader.auth.page_request import FirstRenewal
from reader.auth.renewal import RENEWABLE, RenewalRules
from reader.auth.request_cookies import SESSION, cookie_values
from reader.auth.signed_token import KeySource, Unauthenticated
from reader.auth.token_cache import TokenCache
from reader.model import Viewer

_BEARER = re.compile(r"[Bb][Ee][Aa][Rr][Ee][Rr] +([A-Za-z0-9_.-]+)")


class Authenticator:
    """Finds the Viewer of a request, by the keys of the issuer and the rules for tokens."""

    def __init__(
        self, keys: IssuerKeys, rules: TokenRules, renewal: RenewalRules, count_missing_azp: Callable[[str, str], None]
    ) -> None:
        """`count_missing_azp` is called for each token without `azp`: with its kind (bearer, cookie) and accepted, refused or renewed."""
        self._keys, self._held = keys, HeldKeys(keys)
        self._tokens, self._count_missing_azp = TokenCache(rules), count_missing_azp
        self._names, self._first_renewal = renewal.names, FirstRenewal(renewal)

    def viewer(self, request: Request) -> Viewer:
        """The admin who sent the request, whose tokens are verified once. Raises Unauthenticated, Forbidden and KeysUnavailable."""
        self.judge(request)
        refusal: Exception | None = getattr(request.state, "refusal", None)
        if refusal is not None:
            raise refusal
        viewer: Viewer = request.state.viewer
        return viewer

    def cookie_has_azp(self, token: str) -> bool:
        """Whether a session cookie with this value, which would be an admin's, has an `azp`. Raises like `viewer`."""
        return self._verified(token, "cookie", self._keys).has_azp

    def judge(self, request: Request, *, may_wait: bool = True) -> bool:
        """Verifies the tokens of a request, unless that was done: `viewer` says what came of it.

        False if the issuer has to be asked for a key first, and it may not wait.
        """
        if hasattr(request.state, "viewer") or hasattr(request.state, "refusal"):
            return True
        try:  # the log line of the request names the viewer
            request.state.viewer = self._judged(request, self._keys if may_wait else self._held)
        except FetchNeeded:
            return False
        except (Unauthenticated, Forbidden, KeysUnavailable) as error:
            request.state.refusal = error
        return True

    def slot_owner(self, request: Request) -> str:
        """Whose slot a request takes (reader.fair_slots): its workspace's, or that of a person who has none.

        Raises Unauthenticated and KeysUnavailable: a request of no one takes none.
        """
        try:
            return self.viewer(request).workspace_id
        except Forbidden as forbidden:
            return forbidden.user_id

    def _judged(self, request: Request, keys: KeySource) -> Viewer:
        headers = request.headers.getlist("authorization")
        if headers:  # a bad header is an error even if there is a good cookie
            match = _BEARER.fullmatch(headers[0])
            if len(headers) > 1 or match is None:
                raise Unauthenticated("authorization_header")
            return self._verified(match[1], "bearer", keys).viewer
        return self._by_cookie(request, keys)

    def _by_cookie(self, request: Request, keys: KeySource) -> Viewer:
        """The viewer of the instance's own session cookie, or else of the one without a suffix. A repeated cookie is ignored."""
        headers, refused = request.headers.getlist("cookie"), []
        for name in self._names.of(SESSION):
            values = cookie_values(headers, name)
            if len(values) > 1:
                refused.append(Unauthenticated("repeated_cookie"))
            elif values:
                try:
                    return self._verified(
                        values[0], "cookie", keys, partial(self._first_renewal.is_due, request)
                    ).viewer
                except Unauthenticated as error:
                    refused.append(error)
        # With two cookies, a reason for which the session can be renewed comes first.
        raise min(refused, key=lambda error: error.reason not in RENEWABLE, default=Unauthenticated("no_token"))

    def _verified(
        self, token: str, kind: str, keys: KeySource, is_renewed_first: Callable[[], bool] = lambda: False
    ) -> VerifiedToken:
        try:
            verified = self._tokens.verified(token, keys, bearer=kind == "bearer")
        except Unauthenticated as error:
            if error.reason == "authorized_party_missing":
                self._count_missing_azp(kind, "refused")
            raise
        except Forbidden as error:
            if not error.has_azp:
                self._check_renewed(kind, is_renewed_first)
            raise
        if not verified.has_azp:
            self._check_renewed(kind, is_renewed_first)
        return verified

    def _check_renewed(self, kind: str, is_renewed_first: Callable[[], bool]) -> None:
        """Counts a token without `azp`. Raises Unauthenticated if it is to be renewed before it is accepted."""
        if is_renewed_first():
            self._count_missing_azp(kind, "renewed")
            raise Unauthenticated("authorized_party_missing")
        self._count_missing_azp(kind, "accepted")
