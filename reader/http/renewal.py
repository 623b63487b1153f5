"""From a request without a session to what a browser is told: to get a new token, to come again with the one it brought, or no.

Law of this file: nobody is let in here. What a handshake brought becomes a cookie only after `Authenticator` has judged the session in
it, and the browser then asks again, as everyone does. Each redirect is counted, and leads to Clerk or to the same address.
"""

import time
from typing import NamedTuple
from urllib.parse import urlsplit

from starlette.requests import Request

from reader.auth.access import Authenticator
from reader.auth.clerk import Forbidden
from reader.auth.handshake import Handshake, read_handshake
from reader.auth.navigation import is_navigation, own_url, with_parameter
from reader.auth.renewal import (
    MAX_REDIRECTS,
    MAX_SENT,
    RENEWABLE,
    RenewalRules,
    Standing,
    handshake_url,
    redirects_cookie,
    renewal_reason,
)
from reader.auth.request_cookies import CLIENT_UAT, HANDSHAKE, REDIRECTS, cookie_values
from reader.auth.signed_token import KeySource, Unauthenticated

# What can become of a navigation without a session: a metric counts by these.
OUTCOMES = ("sent", "renewed", "signed_out", "refused", "given_up")


class Turn(NamedTuple):
    """What is answered: a redirect to `location` with these Set-Cookie values, or (None) a refusal for `reason`, with them."""

    reason: str
    location: str | None = None
    cookies: tuple[str, ...] = ()
    outcome: str | None = None


class Renewal:
    """Renews the sessions of one Clerk instance, `issuer`."""

    def __init__(self, access: Authenticator, keys: KeySource, issuer: str, rules: RenewalRules) -> None:
        self._access, self._keys, self._issuer = access, keys, issuer
        self._frontend_api, self._sign_in_url = rules.frontend_api, rules.sign_in_url
        self._names, self._scheme, self._secure = rules.names, rules.scheme, rules.scheme == "https"

    @property
    def frontend_origin(self) -> str | None:
        """Where browsers are sent, as an origin."""
        if self._frontend_api is None:
            return None
        parts = urlsplit(self._frontend_api)
        return f"{parts.scheme}://{parts.netloc}"

    def brings_handshake(self, request: Request) -> bool:
        """Whether `turn` would have to look at keys, for which it may wait."""
        return bool(cookie_values(request.headers.getlist("cookie"), HANDSHAKE))

    def sign_in_url(self, request: Request) -> str | None:
        """Where to sign in, and from where Clerk leads back to the same page."""
        here = self._own_url(request)
        return (
            with_parameter(self._sign_in_url, "redirect_url", here) if self._sign_in_url and here else self._sign_in_url
        )

    def _own_url(self, request: Request) -> str | None:
        """The request's own address, as a person sees it; its host is a listed one."""
        scope = request.scope
        return own_url(self._scheme, request.headers.get("host", ""), scope["raw_path"], scope["query_string"])

    def turn(self, request: Request, reason: str, *, for_people: bool) -> Turn:
        """What is answered to a request that was refused for `reason`; only one `for_people` is redirected.

        Raises what the keys raise.
        """
        here = self._own_url(request) if for_people and is_navigation(request.method, request.headers) else None
        if here is None:
            return Turn(reason)
        cookies = request.headers.getlist("cookie")
        redirects = _redirects(cookies)
        brought = self._brought(cookies, here)
        if brought is not None and redirects < MAX_REDIRECTS:
            turn = self._returned(brought, here, redirects)
            if turn is not None:
                return turn
        return self._sent(cookies, here, reason, redirects)

    def _brought(self, cookies: list[str], here: str) -> Handshake | None:
        """The handshake that a browser came back with. One that another instance signed, or nobody, is as if not there."""
        values = cookie_values(cookies, HANDSHAKE)
        if len(values) != 1:
            return None
        host = urlsplit(here).hostname or ""
        try:
            return read_handshake(values[0], self._keys, self._issuer, self._names, host, secure=self._secure)
        except Unauthenticated:
            return None

    def _returned(self, brought: Handshake, here: str, redirects: int) -> Turn | None:
        """None: the session that was brought has expired on the way, and another may be had."""
        cookies = tuple(cookie.header for cookie in brought.cookies)
        if brought.session is None:
            return Turn("no_token", None, cookies, "signed_out")
        try:
            self._access.judge_cookie(brought.session)
        except Forbidden:
            pass  # a session all the same; the page says what it may not
        except Unauthenticated as error:
            if error.reason in RENEWABLE and error.reason != "authorized_party_missing":
                return None
            return Turn(error.reason, None, (), "refused")
        return Turn("", here, (*cookies, redirects_cookie(redirects + 1, secure=self._secure)), "renewed")

    def _sent(self, cookies: list[str], here: str, reason: str, redirects: int) -> Turn:
        suffixed = self._names.suffix is not None
        signed_in = any(_is_signed_in(cookie_values(cookies, name)) for name in self._names.of(CLIENT_UAT))
        why = renewal_reason(Standing(reason=reason, client_uat=signed_in, suffixed=suffixed))
        if why is None or self._frontend_api is None:
            return Turn(reason)
        if redirects >= MAX_SENT:
            return Turn(reason, outcome="given_up")
        if redirects:
            # Going back, Chromium takes a redirect from its cache that nobody said must not be kept, and brings nothing.
            why = f"{why}-retry-{int(time.time())}"
        location = handshake_url(self._frontend_api, here, why, suffixed=suffixed)
        return Turn(reason, location, (redirects_cookie(redirects + 1, secure=self._secure),), "sent")


def _redirects(cookies: list[str]) -> int:
    """How often this browser was redirected of late; what is no small number of ours is as good as many."""
    values = cookie_values(cookies, REDIRECTS)
    if not values:
        return 0
    [first, *others] = values
    return int(first) if not others and len(first) == 1 and first.isascii() and first.isdigit() else MAX_REDIRECTS


def _is_signed_in(values: list[str]) -> bool:
    """Whether a `__client_uat`, a Unix time, says that someone is; 0 says that nobody is."""
    return any(value.isascii() and value.isdigit() and int(value[:20]) > 0 for value in values)
