"""What libpq knows about a failed login and psycopg does not report: how far it got, and the server's SQLSTATE.

A session that never began has no result to read a SQLSTATE from. libpq puts it into its message if PQsetErrorVerbosity was
called before. psycopg has no call for that, so it is called here, in the libpq that psycopg has loaded.
"""

import ctypes
import re
import select
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from psycopg import pq
from psycopg.conninfo import make_conninfo

SQLSTATE_ONLY = 3  # PQERRORS_SQLSTATE of libpq-fe.h
# At this verbosity a message of the server's ends in its SQLSTATE, in whatever language its severity is.
_STATE = re.compile(r":  ([0-9A-Z]{5})$", re.MULTILINE)
_POLLS: dict[int, int] = {pq.PollingStatus.READING: select.POLLIN, pq.PollingStatus.WRITING: select.POLLOUT}
_ENDS = {pq.PollingStatus.OK, pq.PollingStatus.FAILED}
# What a connection is before the other side has taken it.
_OUTSIDE = {pq.ConnStatus.STARTED, pq.ConnStatus.NEEDED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """How a login went: accepted, or refused with this `sqlstate`; `reached`: the connection was established.

    `needs_password`: the server asks for a password, and none was given.
    """

    let_in: bool
    sqlstate: str | None
    reached: bool
    needs_password: bool


def attempt(settings: Mapping[str, object], seconds: float) -> Attempt:
    """Logs in once more, at one server, within `seconds`, and leaves again."""
    connection = pq.PGconn.connect_start(make_conninfo("", **settings).encode())  # type: ignore[arg-type]
    reached = False
    try:
        _say_sqlstate(connection)
        until, status = time.monotonic() + seconds, pq.PollingStatus.WRITING.value
        while connection.status != pq.ConnStatus.BAD and status not in _ENDS and (left := until - time.monotonic()) > 0:
            if _ready(connection.socket, _POLLS[status], left):
                status = connection.connect_poll()
            reached = reached or connection.status not in {*_OUTSIDE, pq.ConnStatus.BAD}
        states = _STATE.findall(connection.error_message.decode(errors="replace"))
        return Attempt(
            let_in=status == pq.PollingStatus.OK,
            sqlstate=states[-1] if states else None,
            reached=reached,
            needs_password=connection.needs_password,
        )
    finally:
        connection.finish()


def _ready(fileno: int, event: int, seconds: float) -> bool:
    poll = select.poll()
    poll.register(fileno, event)
    return bool(poll.poll(seconds * 1000))


def _say_sqlstate(connection: Any) -> None:
    if (library := _library()) is not None and connection.pgconn_ptr:
        library.PQsetErrorVerbosity(connection.pgconn_ptr, SQLSTATE_ONLY)


@cache
def _library() -> ctypes.CDLL | None:
    """The libpq of this process; None where it cannot be found: then no SQLSTATE is known, and what failed is waited for."""
    try:
        maps = Path("/proc/self/maps").read_text()
        path = next(line.split(maxsplit=5)[5] for line in maps.splitlines() if "/libpq" in line)
        library = ctypes.CDLL(path)
        library.PQsetErrorVerbosity.argtypes = [ctypes.c_void_p, ctypes.c_int]
    except (OSError, StopIteration, AttributeError):
        return None
    return library
