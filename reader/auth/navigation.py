"""Navigations: whether a browser asks for a page that a person will see, and the address that it is to come back to."""

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

MAX_URL = 6000  # characters of an address that is handed on; the parameter that carries it may be three times as long

_HOST = re.compile(r"(?:\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::[0-9]{1,5})?")
_PATH = re.compile(r"/[\x21\x23-\x3b\x3d\x3f-\x7e]*")
_QUERY = re.compile(r"[\x21\x23-\x3b\x3d\x3f-\x7e]*")


def is_navigation(method: str, headers: Mapping[str, str]) -> bool:
    """Whether a person's browser asks for a document, and can be sent elsewhere for it.

    Fetch metadata (W3C Fetch Metadata Request Headers, Sec-Fetch-Dest and Sec-Fetch-Mode) decides where it is sent, and
    else Accept, as in @clerk/backend, isRequestEligibleForHandshake. `headers` are looked up in lower case.
    """
    if method not in ("GET", "HEAD") or "authorization" in headers:
        return False
    destination = headers.get("sec-fetch-dest")
    if destination is None:
        return headers.get("accept", "").startswith("text/html")
    return destination == "document" and headers.get("sec-fetch-mode", "navigate") == "navigate"


def own_url(scheme: str, host: str, path: bytes, query: bytes) -> str | None:
    """The absolute address of a request, or None where it cannot be one of ours. `host` is a Host header that we listed."""
    try:
        parts = host.lower(), path.decode("ascii"), query.decode("ascii")
    except UnicodeDecodeError:
        return None
    name, where, what = parts
    if not (_HOST.fullmatch(name) and _PATH.fullmatch(where) and _QUERY.fullmatch(what)):
        return None
    url = f"{scheme}://{name}{where}" + (f"?{what}" if what else "")
    return url if len(url) <= MAX_URL else None


def with_parameter(url: str, name: str, value: str) -> str:
    """`url` with one parameter set; others of its query, and its fragment, stay."""
    parts = urlsplit(url)
    kept = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] != name]
    return urlunsplit(parts._replace(query=urlencode([*kept, (name, value)])))
