"""Hosts and origins as browsers send them. They are compared letter by letter, so one that is written otherwise matches nothing."""

import ipaddress
import re

from runtime.host_port import is_name, is_port

FORM = (
    "an origin as browsers send it: https:// and the host in lower case and ASCII (xn--… for other letters), then :port "
    "unless that is 443, and nothing else, such as https://app.example.com"
)

_ORIGIN = re.compile(r"https://(?P<host>\[[0-9a-f:]+\]|[a-z0-9_.-]+)(?::(?P<port>[1-9][0-9]{0,4}))?")
_NAME = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")  # as the last part of a host it makes an IPv4 address of it (WHATWG URL)


def check(origins: tuple[str, ...]) -> tuple[str, ...]:
    """The origins. Raises ValueError, without a password, if there are none or one of them is none that a browser sends."""
    if not origins:
        raise ValueError(f"names no origin; give those of the pages that sign people in, each {FORM}")
    # Not repeated in the message: before the @ may be a password, and a comma in it separates.
    if any("@" in origin for origin in origins):
        raise ValueError(f"has an @; a user and a password are no part of {FORM}")
    for origin in origins:
        match = _ORIGIN.fullmatch(origin)
        port = match["port"] if match else None
        if match is None or not is_host(match["host"]) or port == "443" or (port is not None and not is_port(port)):
            raise ValueError(f"{origin!r} is not {FORM}")
    return origins


def is_host(text: str) -> bool:
    """Whether a browser sends this host: a name, or an address in the one form that browsers make of all of its forms."""
    if text.startswith("["):
        return re.fullmatch(r"\[[0-9a-f]*:[0-9a-f:]*\]", text) is not None and _is_address(text[1:-1])
    if _NUMBER.fullmatch(text.rpartition(".")[2]):
        return _is_address(text)
    return _NAME.fullmatch(text) is not None and is_name(text)


def _is_address(text: str) -> bool:
    try:
        return str(ipaddress.ip_address(text)) == text
    except ValueError:
        return False
