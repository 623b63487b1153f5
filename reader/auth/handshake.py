"""What Clerk's handshake brings back: a token that the issuer signed, with a list of Set-Cookie values for the browser.

Sources: clerk-docs "How Clerk works", The Handshake; @clerk/backend, tokens/handshake.ts (verifyHandshakeToken); the example
of a payload in clerk-docs pull request 577. In production it comes in the cookie `__clerk_handshake`. (A development instance
puts it in the address, where whoever makes a link could put another; nothing is taken from there.)
"""

from dataclasses import dataclass

from reader.auth.request_cookies import SESSION, CookieNames
from reader.auth.set_cookie import MAX_COOKIES, SetCookie, accepted
from reader.auth.signed_token import KeySource, Unauthenticated, signed_token


@dataclass(frozen=True, slots=True, kw_only=True)
class Handshake:
    """A handshake whose signature holds. `session` is the session token that it sets; None: the person is signed out."""

    cookies: tuple[SetCookie, ...]
    session: str | None


def read_handshake(
    token: str, keys: KeySource, issuer: str, names: CookieNames, host: str, *, secure: bool
) -> Handshake:
    """The handshake that `token` is. Its session is not judged here. Raises Unauthenticated, and what `keys` raises."""
    directives = signed_token(token, keys, issuer, required=()).claims.get("handshake")
    if not isinstance(directives, list) or len(directives) > MAX_COOKIES:
        raise Unauthenticated("malformed")
    found = [accepted(directive, names, host, secure=secure) for directive in directives]
    cookies = tuple(cookie for cookie in found if cookie is not None)
    sessions = {cookie.value for cookie in cookies if cookie.name in names.of(SESSION) and cookie.value}
    if len(sessions) > 1:
        raise Unauthenticated("malformed")
    return Handshake(cookies=cookies, session=next(iter(sessions), None))
