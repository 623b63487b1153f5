"""Verification of the result of Clerk's handshake: a signed token with a list of Set-Cookie values.

Sources: Clerk's page "How Clerk works", section "The Handshake"; @clerk/backend, tokens/handshake.ts (verifyHandshakeToken); the
example of a payload in pull request 577 of clerk/clerk-docs. In production the token is in the cookie `__clerk_handshake`.
Development instances put it in the URL. The reader ignores that: anyone could put a token of their own into a link.
"""

from dataclasses import dataclass

from reader.auth.request_cookies import SESSION, CookieNames
from reader.auth.set_cookie import MAX_COOKIES, SetCookie, accepted
from reader.auth.signed_token import KeySource, Unauthenticated, signed_token


@dataclass(frozen=True, slots=True, kw_only=True)
class Handshake:
    """The cookies of a verified handshake, and the session token among them (not verified); None if the user is signed out."""

    cookies: tuple[SetCookie, ...]
    session: str | None


def read_handshake(
    token: str, keys: KeySource, issuer: str, names: CookieNames, host: str, *, secure: bool
) -> Handshake:
    """Verifies a handshake token, but not the session token in it. Raises Unauthenticated and what `keys` raises."""
    directives = signed_token(token, keys, issuer, required=()).claims.get("handshake")
    if not isinstance(directives, list) or len(directives) > MAX_COOKIES:
        raise Unauthenticated("malformed")
    accepted_cookies = [accepted(directive, names, host, secure=secure) for directive in directives]
    cookies = tuple(cookie for cookie in accepted_cookies if cookie is not None)
    sessions = {cookie.value for cookie in cookies if cookie.name in names.of(SESSION) and cookie.value}
    if len(sessions) > 1:
        raise Unauthenticated("malformed")
    return Handshake(cookies=cookies, session=next(iter(sessions), None))
