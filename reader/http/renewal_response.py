"""The response to a navigation without a valid session: a redirect to Clerk, or to the same URL with new cookies, or no redirect.

Without a redirect the caller refuses the request.

Rule of this module: it grants no access. The cookies of a handshake are set only after `Authenticator` has verified the session
token among them, and then the browser sends its request again. The redirects of a page are counted; they lead to Clerk or to the same URL.
"""

import time
from typing import NamedTuple
from urllib.parse import urlsplit

from starlette.requests import Request

from reader.auth.access import Authenticator
from reader.auth.clerk import Forbidden
from reader.auth.handshake import Handshake, read_handshake
from reader.auth.navigation import with_parameter
from reader.auth.page_request import page_url, redirects_so_far, requested_url
from reader.auth.renewal import (
    MAX_REDIRECTS,
    MAX_SENT,
    RENEWABLE,
    InvalidSession,
    RenewalRules,
    handshake_url,
    redirects_cookie,
    renewal_reason,
    renewed_cookie,
)
from reader.auth.request_cookies import CLIENT_UAT, HANDSHAKE, cookie_values
from reader.auth.signed_token import KeySource, Unauthenticated

# What happened to a navigation without a session; the label of a metric.
OUTCOMES = ("sent", "renewed", "signed_out", "refused", "given_up")


class RenewalDecision(NamedTuple):
    """A redirect to `location`, or, if that is None, a refusal for `reason`; with these Set-Cookie values."""

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
        """The origin of the Frontend API."""
        if self._frontend_api is None:
            return None
        parts = urlsplit(self._frontend_api)
        return f"{parts.scheme}://{parts.netloc}"

    def brings_handshake(self, request: Request) -> bool:
        """Whether `decide` needs the issuer's keys, and so may block."""
        return bool(cookie_values(request.headers.getlist("cookie"), HANDSHAKE))

    def sign_in_url(self, request: Request) -> str | None:
        """The sign-in page, with the URL of this request as the one to return to."""
        here = requested_url(request, self._scheme)
        return (
            with_parameter(self._sign_in_url, "redirect_url", here) if self._sign_in_url and here else self._sign_in_url
        )

    def decide(self, request: Request, reason: str) -> RenewalDecision:
        """The response to a request that was refused for `reason`. Only pages are redirected.

        Raises what the keys raise.
        """
        here = page_url(request, self._scheme)
        if here is None:
            return RenewalDecision(reason)
        cookies = request.headers.getlist("cookie")
        redirects = redirects_so_far(cookies, here)
        brought = self._brought(cookies, here)
        if brought is not None and redirects < MAX_REDIRECTS:
            decision = self._returned(brought, here, redirects)
            if decision is not None:
                return decision
        return self._sent(cookies, here, reason, redirects)

    def _brought(self, cookies: list[str], here: str) -> Handshake | None:
        """The handshake in the cookies. One that is not valid, or of another instance on the same domain, is ignored."""
        values = cookie_values(cookies, HANDSHAKE)
        if len(values) != 1:
            return None
        host = urlsplit(here).hostname or ""
        try:
            return read_handshake(values[0], self._keys, self._issuer, self._names, host, secure=self._secure)
        except Unauthenticated:
            return None

    def _returned(self, brought: Handshake, here: str, redirects: int) -> RenewalDecision | None:
        """The response to a valid handshake; None if its session has expired, so that another handshake may help."""
        cookies = tuple(cookie.header for cookie in brought.cookies)
        if brought.session is None:
            return RenewalDecision("no_token", None, cookies, "signed_out")
        try:
            has_azp = self._access.cookie_has_azp(brought.session)
        except Forbidden as error:  # a valid session, without access: the page says so
            has_azp = error.has_azp
        except Unauthenticated as error:
            if error.reason in RENEWABLE and error.reason != "authorized_party_missing":
                return None
            return RenewalDecision(error.reason, None, (), "refused")
        renewed = () if has_azp else (renewed_cookie(secure=self._secure),)
        counted = redirects_cookie(here, redirects + 1, secure=self._secure)
        return RenewalDecision("", here, (*cookies, *renewed, counted), "renewed")

    def _sent(self, cookies: list[str], here: str, reason: str, redirects: int) -> RenewalDecision:
        suffixed = self._names.suffix is not None
        signed_in = any(_is_signed_in(cookie_values(cookies, name)) for name in self._names.of(CLIENT_UAT))
        why = renewal_reason(InvalidSession(reason=reason, client_uat=signed_in, suffixed=suffixed))
        if why is None or self._frontend_api is None:
            return RenewalDecision(reason)
        if redirects >= MAX_SENT:
            return RenewalDecision(reason, outcome="given_up")
        if redirects:
            # When a person goes back, Chromium may take the redirect of the Frontend API from its cache: no cookie is set then.
            why = f"{why}-retry-{int(time.time())}"
        location = handshake_url(self._frontend_api, here, why, suffixed=suffixed)
        return RenewalDecision(reason, location, (redirects_cookie(here, redirects + 1, secure=self._secure),), "sent")


def _is_signed_in(values: list[str]) -> bool:
    """Whether a `__client_uat` says that someone is signed in: it is a Unix time then, and 0 otherwise."""
    return any(value.isascii() and value.isdigit() and int(value[:20]) > 0 for value in values)
