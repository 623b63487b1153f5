"""Names and values of the cookies that a session depends on.

Names: Clerk's page "SDK terminology", and @clerk/backend, constants.ts. Each Clerk instance has cookies of its own as well, whose
names end in a suffix made from its publishable key (@clerk/shared, keys.ts, getCookieSuffix), so that instances can share a host.
"""

import base64
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

SESSION, CLIENT_UAT, REFRESH, HANDSHAKE = "__session", "__client_uat", "__refresh", "__clerk_handshake"
# The only cookies that the reader itself sets. They count redirects, so that there is no endless loop of them; and they say that
# the session was renewed, and that its new token has no `azp` either.
REDIRECTS = "audit_redirects_"  # and the page, see `reader.auth.renewal.redirects_name`
RENEWED = "audit_renewed"


@dataclass(frozen=True, slots=True, kw_only=True)
class CookieNames:
    """The names that the reader accepts. Without a publishable key, `suffix` is None, and there are no suffixed names."""

    suffix: str | None

    def of(self, name: str) -> tuple[str, ...]:
        """The names of one cookie, the suffixed one first."""
        return (name,) if self.suffix is None else (f"{name}_{self.suffix}", name)


def cookie_suffix(publishable_key: str) -> str:
    """The suffix of the cookies of an instance: the first eight characters of its key's SHA-1 in URL-safe base64."""
    return base64.urlsafe_b64encode(hashlib.sha1(publishable_key.encode(), usedforsecurity=False).digest()).decode()[:8]


def cookie_values(headers: Iterable[str], name: str) -> list[str]:
    """All values of a cookie in these Cookie headers. RFC 6265 section 5.4: pairs are joined by semicolons."""
    values = []
    for header in headers:
        for pair in header.split(";"):
            key, equals, value = pair.strip(" \t").partition("=")
            if equals and key == name:
                values.append(value)
    return values
