"""Whether a pooler gives our server session to other clients between transactions (decision 62).

Another client would then get our role, settings and prepared statements. PgBouncer answers logins itself, so the process id
that it reports is not that of the server process that runs our statements.
"""

import threading
from collections.abc import Callable

import psycopg
import structlog
from psycopg.rows import TupleRow

from runtime.postgres.errors import SettingRefused
from runtime.postgres.first_statements import retried

log = structlog.get_logger()

# Sessions of this program that are examined at the same time would take each other's server sessions.
_one_at_a_time = threading.Lock()

# On a busy pool other clients may use the server session between two queries.
ROUNDS = 10
# A second session that does not answer in time may meet a full pool, or a machine that was busy for that long.
TRIES = 3
SERVER = "SELECT pg_catalog.pg_backend_pid()"
REFUSAL = (
    "a pooler before the database changes the server session between transactions (PgBouncer: pool_mode=transaction or "
    "statement): this program needs a session of its own; use pool_mode=session, or connect to PostgreSQL itself"
)


def is_pooled(connection: psycopg.Connection[TupleRow]) -> bool:
    """Whether there is a pooler in between: the server process is not the one that was named at login."""
    return connection.info.backend_pid != _server(connection)


def check(connection: psycopg.Connection[TupleRow], another: Callable[[], psycopg.Connection[TupleRow]]) -> None:
    """Raises SettingRefused if other clients get the server session of `connection`; `another` opens a second session.

    Nothing is set before this is known: it would stay for the next client of the server session.
    """
    for _ in range(TRIES):
        try:
            with _one_at_a_time, another() as other:
                shared = _shared(connection, other)
        except psycopg.errors.ProtocolViolation as error:  # statement mode has no transactions
            raise SettingRefused(REFUSAL) from error
        except SettingRefused:
            raise
        except psycopg.OperationalError as error:
            if connection.closed:
                raise
            unanswered = " ".join(str(error).split())
        else:
            if shared:
                raise SettingRefused(REFUSAL)
            return
    # The pool may be full: in session mode that is no fault, and another session would have to wait.
    log.warning("pooler_not_asked", error=unanswered)


def _shared(connection: psycopg.Connection[TupleRow], other: psycopg.Connection[TupleRow]) -> bool:
    """Whether one server session was given to both, or `connection` was given two."""
    ours = _server(connection)

    def seen() -> bool:
        return _server(other) == ours or _server(connection) != ours

    for _ in range(ROUNDS):
        with other.transaction():
            if seen():
                return True
        # A pool gives the server session that came back last. Two of them may go to the two of us again and again while
        # a transaction holds one; without, both of us get the same.
        if seen():
            return True
    return False


def _server(connection: psycopg.Connection[TupleRow]) -> int:
    # No timeout may be set before it is known whose session this is. Not prepared: in transaction mode the next server
    # would not know it.
    row = retried(lambda: connection.execute(SERVER, prepare=False).fetchone(), connection)
    assert row is not None
    return int(row[0])
