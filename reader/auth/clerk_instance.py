"""What a publishable key says of a Clerk instance.

It is `pk_live_` or `pk_test_` and the base64 of the Frontend API's host and a dollar sign (Clerk's page "How Clerk works", section
"The frontend API"; @clerk/shared, keys.ts). It is public.
"""

import base64
import binascii
import re
from urllib.parse import urlsplit

DEVELOPMENT_HOSTS = ".accounts.dev"

_KEY = re.compile(r"pk_(live|test)_([A-Za-z0-9+/]+={0,2})")
_HOST = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+(:[0-9]{1,5})?")


def frontend_host(publishable_key: str) -> str:
    """The host of the Frontend API that a publishable key names. Raises ValueError."""
    match = _KEY.fullmatch(publishable_key)
    if match is None:
        raise ValueError("is not a publishable key: pk_live_ and letters, as Clerk's dashboard shows it")
    try:
        text = base64.b64decode(match[2] + "=" * (-len(match[2]) % 4), validate=True).decode("ascii")
    except (binascii.Error, UnicodeDecodeError):
        text = ""
    host = text.removesuffix("$")
    if not text.endswith("$") or not _HOST.fullmatch(host):
        raise ValueError("is not a publishable key: it does not hold the host of a Frontend API")
    return host


def is_development(issuer: str, publishable_key: str | None) -> bool:
    """Whether this is a development instance, which passes session data in URLs."""
    host = urlsplit(issuer).hostname or ""
    return host.endswith(DEVELOPMENT_HOSTS) or (publishable_key or "").startswith("pk_test_")
