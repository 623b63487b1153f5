"""Whether a pooler gives our server session to other clients between transactions (decision 62).

Another client would then get our role, settings and prepared statements. PgBouncer answers logins itself, so the process id
that it reports is not that of the server process that runs our statements.
"""

import select
import threading
import time
from collections.abc import Callable
from contextlib import closing

import psycopg
import structlog
from psycopg.errors import QueryCanceled, error_from_result
from psycopg.pq import ExecStatus
from psycopg.rows import TupleRow

from runtime.postgres.connection import POOLER_SECONDS, Connection, watched
from runtime.postgres.errors import ConnectionUnclear, SettingRefused
from runtime.postgres.first_statements import retried

log = structlog.get_logger()

# Sessions of this program that are examined at the same time would take each other's server sessions.
_one_at_a_time = threading.Lock()

# On a busy pool other clients may use the server session between two queries.
ROUNDS = 10
# If a second session does not answer in time, the machine may only have been busy for that long.
TRIES = 3
# How often, and for how long each time, the second session is waited for while the first one is asked.
WAITS, WAIT_SECONDS = 3, 0.25
SERVER = "SELECT pg_catalog.pg_backend_pid()"
REFUSAL = (
    "a pooler before the database changes the server session between transactions (PgBouncer: pool_mode=transaction or "
    "statement): this program needs a session of its own; use pool_mode=session, or connect to PostgreSQL itself"
)
UNCLEAR = (
    "it is not known whether the pooler before the database keeps our session: a second session through it was not "
    "answered ({}); does it take another client (PgBouncer: max_client_conn, default_pool_size)?"
)


def is_pooled(connection: psycopg.Connection[TupleRow]) -> bool:
    """Whether there is a pooler in between: the server process is not the one that was named at login."""
    return connection.info.backend_pid != _server(connection)


def check(connection: Connection, another: Callable[[], Connection]) -> None:
    """Raises SettingRefused if other clients get the server session of `connection`; `another` opens a second session.

    Raises ConnectionUnclear if that cannot be found out now. Nothing is set before it is known: it would stay for the next
    client of the server session.
    """
    for _ in range(TRIES):
        try:
            with _one_at_a_time, closing(another()) as other:
                if _keeps(connection, other):
                    return
                raise SettingRefused(REFUSAL)
        except SettingRefused:
            raise
        except psycopg.OperationalError as error:
            unanswered = " ".join(str(error).split())
            if connection.closed:
                break
    words = UNCLEAR.format(unanswered)
    log.error("database_connection_unclear", error=words, hint="it is tried again")
    raise ConnectionUnclear(words)


def _keeps(connection: Connection, other: Connection) -> bool:
    """Whether the server session of `connection` is its own. Raises psycopg.OperationalError where that was not seen."""
    ours = _server(connection)
    if not _is_served(other):
        return _holds(connection, ours, other)
    try:
        return not _shared(connection, ours, other)
    except psycopg.errors.ProtocolViolation:  # statement mode has no transactions
        return False


def _holds(connection: Connection, ours: int, other: Connection) -> bool:
    """Whether `connection` is answered by its server again and again while `other` waits for one: the pool is full.

    In transaction mode the server would have gone to `other`, which was first to wait.
    """
    for _ in range(WAITS):
        with watched(connection, POOLER_SECONDS):
            if _server(connection) != ours:
                return False
        if _answer(other, WAIT_SECONDS):
            raise psycopg.OperationalError("it was answered late")
    return True


def _shared(connection: Connection, ours: int, other: Connection) -> bool:
    """Whether one server session was given to both, or `connection` was given two."""

    def is_shared() -> bool:
        return _server(other) == ours or _server(connection) != ours

    for _ in range(ROUNDS):
        with other.transaction():
            if is_shared():
                return True
        # A pool gives the server session that came back last. Two of them may go to the two of us again and again while
        # a transaction holds one; without, both of us get the same.
        if is_shared():
            return True
    return False


def _is_served(other: Connection) -> bool:
    """Whether a server answers `other` at once. If not, its statement is left waiting."""
    other.pgconn.send_query(SERVER.encode())
    return _answer(other, WAIT_SECONDS)


def _answer(other: Connection, seconds: float) -> bool:
    """Whether the statement of `other` is answered within `seconds`; a timeout of someone else's is an answer too."""
    pgconn, until = other.pgconn, time.monotonic() + seconds
    poll = select.poll()
    poll.register(pgconn.socket, select.POLLIN)
    while pgconn.flush() or pgconn.is_busy():
        if not poll.poll(max(until - time.monotonic(), 0) * 1000):
            return False
        pgconn.consume_input()
    while (result := pgconn.get_result()) is not None:
        if result.status == ExecStatus.FATAL_ERROR:
            error = error_from_result(result)
            if not isinstance(error, QueryCanceled):
                raise error
    return True


def _server(connection: psycopg.Connection[TupleRow]) -> int:
    # No timeout may be set before it is known whose session this is. Not prepared: in transaction mode the next server
    # would not know it.
    row = retried(lambda: connection.execute(SERVER, prepare=False).fetchone(), connection)
    assert row is not None
    return int(row[0])
