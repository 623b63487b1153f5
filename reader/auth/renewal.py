"""Renewal of sessions by Clerk's handshake: when a browser is redirected to Clerk's Frontend API, and with which URL.

Clerk's tokens are valid for sixty seconds, and Clerk's script, which renews them, is not on this page. So the reader works like
Clerk's SDKs for pages that a server renders: it redirects the browser to the Frontend API, which identifies the browser by a
cookie of its own and redirects back with a new token (`reader.auth.handshake`).
"""

import hashlib
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from reader.auth.request_cookies import REDIRECTS, RENEWED, CookieNames

# After this many redirects of a page in a row, there is no further one to Clerk (Clerk's own limit), or to the same URL.
MAX_SENT, MAX_REDIRECTS = 3, 8
REDIRECTS_SECONDS = 10  # after the last redirect, the count starts again
RENEWED_SECONDS = 60  # as long as Clerk's tokens are valid
# The version of Clerk's API, which determines the version of the claims. This one introduced version 2.
API_VERSION = "2025-04-10"

# Reasons for which a new token helps, with Clerk's names for them (@clerk/backend, AuthErrorReason; the last one from pull
# request 7332 of clerk/javascript).
RENEWABLE = {
    "expired": "session-token-expired",
    "not_yet_valid": "session-token-nbf",
    "authorized_party_missing": "session-token-missing-azp",
}
# Reasons that mean "no token of this instance". A new token helps if Clerk's other cookie says that someone is signed in.
UNUSABLE = frozenset(
    {"no_token", "malformed", "algorithm", "type", "key_id", "unknown_key", "invalid", "signature", "issuer", "claim_missing"}
)  # fmt: skip
NOTHING_USABLE = "client-uat-but-no-session-token"


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewalRules:
    """How sessions are renewed. `frontend_api` and `sign_in_url` are URLs; None: no renewal, and no link to sign in.

    `names` are those of the cookies. `scheme` is that of the URLs in the browser: https, except in the demo.
    """

    frontend_api: str | None
    sign_in_url: str | None
    names: CookieNames
    scheme: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InvalidSession:
    """A request without a valid session. `reason` is one of `reader.auth.clerk.REASONS`.

    `client_uat`: Clerk's cookie `__client_uat` says that someone is signed in. `suffixed`: the suffix of the cookies is known.
    """

    reason: str
    client_uat: bool
    suffixed: bool


def renewal_reason(session: InvalidSession) -> str | None:
    """Clerk's name for the reason to renew; None if a new token would not help."""
    if session.reason in RENEWABLE:
        return RENEWABLE[session.reason]
    if session.reason in UNUSABLE and session.client_uat:
        return NOTHING_USABLE
    # Two cookies without a suffix stay, but the suffixed cookie takes precedence, and a renewal sets it.
    if session.reason == "repeated_cookie" and session.suffixed:
        return NOTHING_USABLE
    return None


def handshake_url(frontend_api: str, return_url: str, reason: str, *, suffixed: bool) -> str:
    """The URL of the handshake, which redirects back to `return_url`.

    It does not ask for a nonce instead of the token (`format=nonce`): exchanging one takes Clerk's secret key.
    """
    query = {
        "redirect_url": return_url,
        "__clerk_api_version": API_VERSION,
        "suffixed_cookies": "true" if suffixed else "false",
        "__clerk_hs_reason": reason,
    }
    return f"{frontend_api.rstrip('/')}/v1/client/handshake?{urlencode(query)}"


def redirects_name(url: str) -> str:
    """The cookie that counts the redirects of the page with this URL: several pages may be opened at once, each with its own.

    What Clerk might append to the URL does not make it another page, for then redirects could go on without end.
    """
    parts = urlsplit(url)
    query = "&".join(pair for pair in parts.query.split("&") if not pair.startswith("__clerk"))
    return REDIRECTS + hashlib.sha256(f"{parts.path}?{query}".encode()).hexdigest()[:8]


def redirects_cookie(url: str, count: int, *, secure: bool) -> str:
    """The Set-Cookie value that counts the redirects of a page."""
    return _own_cookie(redirects_name(url), count, REDIRECTS_SECONDS, secure=secure)


def renewed_cookie(*, secure: bool) -> str:
    """The Set-Cookie value that says: the token was renewed, and has no `azp` again."""
    return _own_cookie(RENEWED, 1, RENEWED_SECONDS, secure=secure)


def _own_cookie(name: str, value: int, seconds: int, *, secure: bool) -> str:
    end = "; Secure" if secure else ""
    return f"{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{end}"
