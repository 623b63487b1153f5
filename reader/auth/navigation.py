"""Navigations: which requests a browser sends to show a page to a person, and the URL of that page."""

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

MAX_URL = 6000  # characters; longer URLs are not passed on, since percent-encoding may triple the length

_HOST = re.compile(r"(?:\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::[0-9]{1,5})?")
_PATH = re.compile(r"/[\x21\x23-\x3b\x3d\x3f-\x7e]*")
_QUERY = re.compile(r"[\x21\x23-\x3b\x3d\x3f-\x7e]*")


def is_navigation(method: str, headers: Mapping[str, str]) -> bool:
    """Whether a browser requests a document for a person, so that it can be redirected.

    This depends on Sec-Fetch-Dest and Sec-Fetch-Mode (W3C Fetch Metadata Request Headers), or without these on Accept, as in
    @clerk/backend, isRequestEligibleForHandshake. The names in `headers` are in lower case.
    """
    if method not in ("GET", "HEAD") or "authorization" in headers:
        return False
    destination = headers.get("sec-fetch-dest")
    if destination is None:
        return headers.get("accept", "").startswith("text/html")
    return destination == "document" and headers.get("sec-fetch-mode", "navigate") == "navigate"


def own_url(scheme: str, host: str, path: bytes, query: bytes) -> str | None:
    """The absolute URL of a request; None if its parts are not valid in one. `host` is a Host header that was checked."""
    try:
        parts = host.lower(), path.decode("ascii"), query.decode("ascii")
    except UnicodeDecodeError:
        return None
    name, location, text = parts
    if not (_HOST.fullmatch(name) and _PATH.fullmatch(location) and _QUERY.fullmatch(text)):
        return None
    url = f"{scheme}://{name}{location}" + (f"?{text}" if text else "")
    return url if len(url) <= MAX_URL else None


def with_parameter(url: str, name: str, value: str) -> str:
    """`url` with one query parameter set; the other parameters and the fragment stay."""
    parts = urlsplit(url)
    kept = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] != name]
    return urlunsplit(parts._replace(query=urlencode([*kept, (name, value)])))
