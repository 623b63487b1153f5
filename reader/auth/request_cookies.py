"""The cookies of a request that Clerk or the renewal of sessions set: which are looked at, and what was sent in them.

Clerk's names: docs "SDK terminology" and @clerk/backend, constants.ts. Where several Clerk instances share a host, each has
cookies of its own, whose names end in a suffix made of its publishable key (@clerk/shared, keys.ts, getCookieSuffix).
"""

import base64
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

SESSION, CLIENT_UAT, REFRESH, HANDSHAKE = "__session", "__client_uat", "__refresh", "__clerk_handshake"
# Ours: how often a browser was redirected of late, so that it never is for ever.
REDIRECTS = "audit_redirects"


@dataclass(frozen=True, slots=True, kw_only=True)
class CookieNames:
    """The names that are looked at. `suffix` is None where no publishable key is known: then only the plain names are."""

    suffix: str | None

    def of(self, name: str) -> tuple[str, ...]:
        """The names that a cookie of Clerk's may have, the instance's own one first."""
        return (name,) if self.suffix is None else (f"{name}_{self.suffix}", name)


def cookie_suffix(publishable_key: str) -> str:
    """The suffix of an instance's cookies: eight characters of the key's SHA-1, in URL-safe base64."""
    return base64.urlsafe_b64encode(hashlib.sha1(publishable_key.encode(), usedforsecurity=False).digest()).decode()[:8]


def cookie_values(headers: Iterable[str], name: str) -> list[str]:
    """Each value that was sent under `name`, in order. RFC 6265 section 5.4: pairs are joined by semicolons."""
    found = []
    for header in headers:
        for pair in header.split(";"):
            key, equals, value = pair.strip(" \t").partition("=")
            if equals and key == name:
                found.append(value)
    return found
