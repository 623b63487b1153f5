"""Checks the Set-Cookie values of a handshake before they are sent to the browser.

Rule of this module: a value is parsed and written again from lists of allowed names, attributes and characters. If a name, a
character or the value of a listed attribute is not allowed, the whole cookie is dropped. An attribute that is not listed is left out, as
browsers do with those that they do not know (RFC 6265 section 5.2): Clerk may begin to send one at any time.
"""

import re
from dataclasses import dataclass

from reader.auth.request_cookies import CLIENT_UAT, HANDSHAKE, REFRESH, SESSION, CookieNames

MAX_COOKIES = 16
MAX_LENGTH = 4096  # what browsers keep of a cookie, RFC 6265 section 6.1

_NAME = re.compile(r"[A-Za-z0-9_-]+")
_VALUE = re.compile(r"[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*")  # cookie-octet, RFC 6265 section 4.1.1
_PRINTABLE = re.compile(r"[\x20-\x7e]*")
_EXPIRES = re.compile(r"[A-Za-z]{3}, [0-9]{2}[ -][A-Za-z]{3}[ -][0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2} GMT")
_MAX_AGE = re.compile(r"-?[0-9]{1,10}")
_DOMAIN = re.compile(r"\.?([a-z0-9-]+(?:\.[a-z0-9-]+)+)")
_SAME_SITE = {"lax": "Lax", "strict": "Strict", "none": "None"}
_VALUED = frozenset({"path", "samesite", "expires", "max-age", "domain"})
_FLAGS = {"secure": "Secure", "httponly": "HttpOnly", "partitioned": "Partitioned"}


@dataclass(frozen=True, slots=True, kw_only=True)
class SetCookie:
    """A cookie to set; `attributes` are in the form of the header."""

    name: str
    value: str
    attributes: tuple[str, ...]

    @property
    def header(self) -> str:
        """The value of a Set-Cookie header."""
        return "; ".join((f"{self.name}={self.value}", *self.attributes))


def accepted(directive: object, names: CookieNames, host: str, *, secure: bool) -> SetCookie | None:
    """The cookie that a value from a handshake sets; None if it is not allowed.

    `host` is that of the request, without a port: a Domain attribute must be that host or a parent of it. With `secure`,
    the cookie gets the attribute Secure, even if the value has none.
    """
    if not isinstance(directive, str) or len(directive) > MAX_LENGTH:
        return None
    first, *rest = directive.split(";")
    name, equals, value = first.strip(" ").partition("=")
    if not equals or not _NAME.fullmatch(name) or not _VALUE.fullmatch(value) or not _is_listed(name, value, names):
        return None
    if not all(_PRINTABLE.fullmatch(text) for text in rest):
        return None
    attributes = [
        _attribute(text, name, host, names) for text in (attribute.strip(" ") for attribute in rest) if _is_known(text)
    ]
    if None in attributes:
        return None
    kept = [text for text in attributes if text is not None and text not in ("Secure", "Path=/")]
    return SetCookie(name=name, value=value, attributes=("Path=/", *kept, *(("Secure",) if secure else ())))


def _is_listed(name: str, value: str, names: CookieNames) -> bool:
    if name == HANDSHAKE:
        return value == ""  # it is only ever deleted
    return any(name in names.of(known) for known in (SESSION, CLIENT_UAT, REFRESH))


def _is_known(text: str) -> bool:
    """Whether it is an attribute of the lists, whatever its value."""
    key = text.partition("=")[0].strip(" ").lower()
    return key in _FLAGS or key in _VALUED


def _attribute(text: str, name: str, host: str, names: CookieNames) -> str | None:
    """An attribute in the form of the header; None if it is not allowed."""
    key, _, value = text.partition("=")
    key = key.lower()
    if key in _FLAGS and text.lower() == key:
        return _FLAGS[key]
    if key == "path" and value == "/":
        return "Path=/"
    if key == "samesite" and value.lower() in _SAME_SITE:
        return f"SameSite={_SAME_SITE[value.lower()]}"
    if key == "expires" and _EXPIRES.fullmatch(value):
        return f"Expires={value}"
    if key == "max-age" and _MAX_AGE.fullmatch(value):
        return f"Max-Age={value}"
    if key == "domain":
        return _domain(value.lower(), name, host, names)
    return None


def _domain(value: str, name: str, host: str, names: CookieNames) -> str | None:
    """A session cookie must have no Domain: Clerk restricts it to one host, and subdomains must not get it."""
    match = _DOMAIN.fullmatch(value)
    if match is None or name in names.of(SESSION) or not f".{host}".endswith(f".{match[1]}"):
        return None
    return f"Domain={match[1]}"
