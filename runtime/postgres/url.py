"""What a DATABASE_URL says, and whether libpq accepts it: libpq itself parses it, and no other machine is contacted."""

import socket
from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg import pq
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.pq import Conninfo

from runtime.host_port import is_name, is_port

NUMBERS = (
    "connect_timeout",
    "keepalives",
    "keepalives_idle",
    "keepalives_interval",
    "keepalives_count",
    "tcp_user_timeout",
)
NO_REPLICATION = frozenset({"", "false", "off", "no", "0"})  # as libpq reads it
# These say where the server is; while the other settings are tried, our own address replaces them.
WHERE = frozenset({"host", "hostaddr", "port"})


def malformed(url: str) -> str | None:
    """Why `url` cannot be used to connect, without repeating any part of it, which may be a password. None if it can."""
    if not url.strip():
        return "is empty"
    try:
        settings = conninfo_to_dict(url)
    except (psycopg.ProgrammingError, UnicodeEncodeError):
        return "is no libpq URL or keyword string"
    if str({**_defaults(), **settings}.get("replication", "")).lower() not in NO_REPLICATION:
        return "asks for a replication connection: leave out replication"
    if fault := _misplaced(settings):
        return fault
    if fault := _misplaced({**_defaults(), **settings}):
        return f"{fault}, with what PGHOST, PGHOSTADDR, PGPORT or a service says"
    if bad := next((name for name in NUMBERS if not _number(str(settings.get(name, "0")))), None):
        return f"has a {bad} that is no number"
    return _refused(settings)


def servers_of(settings: Mapping[str, Any]) -> list[dict[str, str]]:
    """Host, hostaddr and port, as far as there are such, of each server that `settings`, or else the environment, names."""
    known = {
        name: str(value).split(",") for name, value in {**_defaults(), **settings}.items() if name in WHERE and value
    }
    count = max(len(known.get("host", "x")), len(known.get("hostaddr", "x")))
    return [{name: values[number % len(values)] for name, values in known.items()} for number in range(count)]


def _defaults() -> dict[str, str]:
    """What the environment, a service that it names, and libpq itself say where a URL does not."""
    return {option.keyword.decode(): (option.val or b"").decode(errors="replace") for option in Conninfo.get_defaults()}


def _misplaced(settings: Mapping[str, Any]) -> str | None:
    """What is wrong with hosts, addresses and ports, of which there must be one each for every server."""
    hosts, addresses, ports = (str(settings.get(name) or "").split(",") for name in ("host", "hostaddr", "port"))
    # A password that is not percent-encoded is split, and part of it would be looked up, and logged, as a host name.
    if any("@" in host[1:] or not _name(host) for host in hosts) or any(port and not is_port(port) for port in ports):
        return "has no proper host and port; are @ / : # ? of its password percent-encoded?"
    if not all(_address(address) for address in addresses):
        return "has a hostaddr that is no address"
    if any(hosts) and any(addresses) and len(hosts) != len(addresses):
        return "has another number of addresses than of hosts"
    if len(ports) not in {1, max(len(hosts), len(addresses))}:
        return "has another number of ports than of hosts"
    return None


def settings_of(url: str, options: Mapping[str, Any]) -> dict[str, str]:
    """What libpq would use for `url` and `options`: also what the environment, a service file or its defaults say."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        started = _start({**conninfo_to_dict(url), **options}, listener)
        libpq_settings = {
            option.keyword.decode(): (option.val or b"").decode(errors="replace") for option in started.info
        }
        started.finish()
    own_settings = {**conninfo_to_dict(url), **options}
    # A service names its server too; without one the place is what was given, or libpq's default.
    return {**libpq_settings, **{name: str(own_settings[name]) if name in own_settings else "" for name in WHERE}}


def _refused(settings: Mapping[str, Any]) -> str | None:
    """What libpq refuses: it checks its settings when a connection begins, before it opens one."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        if _takes(settings, listener):
            return None
        if not _takes({}, listener):
            return "cannot be used: libpq refuses what one of its environment variables says (PGSERVICE, PGSSLMODE …)"
        for name in settings.keys() - WHERE:
            if not _takes({name: settings[name]}, listener):
                return f"has a value of {name} that libpq does not take"
    return "has settings that libpq does not take together"


def _takes(settings: Mapping[str, Any], listener: socket.socket) -> bool:
    started = _start(settings, listener)
    taken = started.status != pq.ConnStatus.BAD
    started.finish()
    return taken


def _start(settings: Mapping[str, Any], listener: socket.socket) -> pq.abc.PGconn:
    host, port = listener.getsockname()
    elsewhere = {name: value for name, value in settings.items() if name not in WHERE}
    return pq.PGconn.connect_start(make_conninfo("", **elsewhere, host=host, hostaddr=host, port=port).encode())


def _name(host: str) -> bool:
    """Whether a folder of sockets, or what can be looked up."""
    return host.startswith(("/", "@")) or is_name(host)


def _address(text: str) -> bool:
    try:
        return not text or bool(socket.getaddrinfo(text, None, flags=socket.AI_NUMERICHOST))
    except (OSError, UnicodeError):
        return False


def _number(text: str) -> bool:
    return text.removeprefix("-").isascii() and text.removeprefix("-").isdecimal()
