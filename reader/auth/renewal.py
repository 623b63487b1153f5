"""Sessions that a person does not see ending: when a browser is sent to Clerk for a new token, and where to.

Clerk's tokens live for sixty seconds, and its script, which renews them, is not on this page. What Clerk's own backends do for
pages that they render holds here too: a redirect to the Frontend API, which knows the browser, and back (`reader.auth.handshake`).
"""

from dataclasses import dataclass
from urllib.parse import urlencode

from reader.auth.request_cookies import REDIRECTS, CookieNames

# After as many redirects in a row, a browser is not sent to Clerk again (its own limit), nor to our own address.
MAX_SENT, MAX_REDIRECTS = 3, 8
REDIRECTS_SECONDS = 10  # since the last one, for which a browser remembers how many there were
# The form of the session tokens that are asked for; this one brought version 2 of the claims.
API_VERSION = "2025-04-10"

# What a new token can mend, and what Clerk calls it (@clerk/backend, AuthErrorReason; the last from its pull request 7332).
RENEWABLE = {
    "expired": "session-token-expired",
    "not_yet_valid": "session-token-nbf",
    "authorized_party_missing": "session-token-missing-azp",
}
# No token of this instance's: a new one is asked for where another cookie of Clerk's says that someone is signed in.
UNUSABLE = frozenset(
    {"no_token", "malformed", "algorithm", "type", "key_id", "unknown_key", "invalid", "signature", "issuer", "claim_missing"}
)  # fmt: skip
NOTHING_USABLE = "client-uat-but-no-session-token"


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewalRules:
    """How sessions are had: renewed at `frontend_api`, a URL (None: not at all), or begun at `sign_in_url`.

    `names` are the instance's cookies. `scheme` is that of the addresses that people see: https, but for the demo.
    """

    frontend_api: str | None
    sign_in_url: str | None
    names: CookieNames
    scheme: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is known of a request without a session: `reason` is the refusal's, the rest is what its cookies say.

    `client_uat`: Clerk's `__client_uat` is there and not 0, so that someone is signed in. `suffixed`: the instance's own
    cookies have names that we know.
    """

    reason: str
    client_uat: bool
    suffixed: bool


def renewal_reason(standing: Standing) -> str | None:
    """Why a new token may help, in Clerk's word; None where it cannot."""
    if standing.reason in RENEWABLE:
        return RENEWABLE[standing.reason]
    if standing.reason in UNUSABLE and standing.client_uat:
        return NOTHING_USABLE
    # Two cookies of the plain name stay two; the instance's own one comes first, and can be had.
    if standing.reason == "repeated_cookie" and standing.suffixed:
        return NOTHING_USABLE
    return None


def handshake_url(frontend_api: str, return_url: str, reason: str, *, suffixed: bool) -> str:
    """Where a browser gets a new token, and from where it comes back to `return_url`.

    The payload is asked for itself: a nonce in its place (`format=nonce`) can be exchanged with Clerk's secret key only.
    """
    query = {
        "redirect_url": return_url,
        "__clerk_api_version": API_VERSION,
        "suffixed_cookies": "true" if suffixed else "false",
        "__clerk_hs_reason": reason,
    }
    return f"{frontend_api.rstrip('/')}/v1/client/handshake?{urlencode(query)}"


def redirects_cookie(count: int, *, secure: bool) -> str:
    """The Set-Cookie value that remembers how often a browser was redirected."""
    end = "; Secure" if secure else ""
    return f"{REDIRECTS}={count}; Path=/; Max-Age={REDIRECTS_SECONDS}; HttpOnly; SameSite=Lax{end}"
