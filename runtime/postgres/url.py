"""What a DATABASE_URL says, and whether libpq accepts it: libpq itself parses it, and no other machine is contacted."""

import socket
from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg import pq
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from runtime.port import is_port

NUMBERS = (
    "connect_timeout",
    "keepalives",
    "keepalives_idle",
    "keepalives_interval",
    "keepalives_count",
    "tcp_user_timeout",
)
# These say where the server is; they are replaced by an address of ours while the rest is tried.
WHERE = frozenset({"host", "hostaddr", "port"})


def malformed(url: str) -> str | None:
    """Why `url` cannot be used to connect, without repeating any part of it, which may be a password. None if it can."""
    try:
        given = conninfo_to_dict(url)
    except (psycopg.ProgrammingError, UnicodeEncodeError):
        return "is no libpq URL or keyword string"
    host, port = str(given.get("host", "")), str(given.get("port", ""))
    # A password that is not percent-encoded is split, and part of it would be looked up, and logged, as a host name.
    if "@" in host[1:] or any(part and not is_port(part) for part in port.split(",")):
        return "has no proper host and port; are @ / : # ? of its password percent-encoded?"
    if len(port.split(",")) not in {1, len((host or str(given.get("hostaddr", ""))).split(","))}:
        return "has another number of ports than of hosts"
    if bad := next((name for name in NUMBERS if not _number(str(given.get(name, "0")))), None):
        return f"has a {bad} that is no number"
    return _refused(given)


def settings_of(url: str, options: Mapping[str, Any]) -> dict[str, str]:
    """What libpq would use for `url` and `options`: also what the environment, a service file or its defaults say."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        started = _start({**conninfo_to_dict(url), **options}, listener)
        found = {option.keyword.decode(): (option.val or b"").decode(errors="replace") for option in started.info}
        started.finish()
    given = {**conninfo_to_dict(url), **options}
    # A service names its server too; without one the place is what was given, or libpq's default.
    return {**found, **{name: str(given[name]) if name in given else "" for name in WHERE}}


def _refused(given: Mapping[str, Any]) -> str | None:
    """What libpq refuses: it checks its settings when a connection begins, before it opens one."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        if _takes(given, listener):
            return None
        if not _takes({}, listener):
            return "cannot be used: libpq refuses what one of its environment variables says (PGSERVICE, PGSSLMODE …)"
        for name in given.keys() - WHERE:
            if not _takes({name: given[name]}, listener):
                return f"has a value of {name} that libpq does not take"
    return "has settings that libpq does not take together"


def _takes(given: Mapping[str, Any], listener: socket.socket) -> bool:
    started = _start(given, listener)
    taken = started.status != pq.ConnStatus.BAD
    started.finish()
    return taken


def _start(given: Mapping[str, Any], listener: socket.socket) -> pq.abc.PGconn:
    host, port = listener.getsockname()
    elsewhere = {name: value for name, value in given.items() if name not in WHERE}
    return pq.PGconn.connect_start(make_conninfo("", **elsewhere, host=host, hostaddr=host, port=port).encode())


def _number(text: str) -> bool:
    return text.removeprefix("-").isascii() and text.removeprefix("-").isdecimal()
