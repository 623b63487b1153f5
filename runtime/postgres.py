"""The door to PostgreSQL: how we connect, in which role, and what each kind of refusal asks of us."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from typing import Any, TypeAlias

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import TupleRow

from runtime import certificate
from sql import query, wanted_version

Connection: TypeAlias = psycopg.Connection[TupleRow]
Cursor: TypeAlias = psycopg.Cursor[TupleRow]
Error = psycopg.Error
UniqueViolation = psycopg.errors.UniqueViolation
__all__ = [
    "Connection",
    "Cursor",
    "Error",
    "Fault",
    "LoginRefused",
    "SchemaOutdated",
    "UniqueViolation",
    "classify",
    "connect",
    "login",
    "malformed",
    "watched",
]

SCHEMA_VERSION = query("runtime/schema_version")
ROLES = frozenset({"audit_writer", "audit_operator"})
# Set by the program: what ALTER ROLE says does not apply behind SET ROLE.
SESSION = {
    "statement_timeout": "15s",
    "lock_timeout": "5s",
    "idle_in_transaction_session_timeout": "30s",
    "synchronous_commit": "on",
    # A batch is staged and sorted in memory; by default half of one would go through files.
    "temp_buffers": "32MB",
    "work_mem": "32MB",
    "timezone": "UTC",
}
NETWORK: dict[str, Any] = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15000,
    "target_session_attrs": "read-write",
}
# Longer than statement_timeout: it fires only where the server itself has stopped answering.
WATCHDOG_SECONDS = 25.0


class SchemaOutdated(psycopg.ProgrammingError):
    """The database has no audit tables, or those of an earlier version: `audit-consumer migrate` has not been run."""


class LoginRefused(psycopg.OperationalError):
    """The server, or this machine, does not let us in, and waiting does not mend it; one line that says what to do."""


class Fault(Enum):
    """What must be done about a database error."""

    AWAY = "wait and try the whole transaction again"
    ROW = "find the row that the database refuses"
    DEPLOYMENT = "stop loudly: the schema, a privilege or the code is wrong"


SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
# Before a session exists an error has no SQLSTATE: these are the words of libpq and of the server, and what to do.
REFUSALS = {
    "password authentication failed": "is the user or the password of DATABASE_URL wrong?",
    "no pg_hba.conf entry": "does the server want TLS (sslmode=verify-full), or is this machine or login not let in?",
    "is not permitted to log in": "DATABASE_URL needs a login, ALTER ROLE … LOGIN",
    "certificate verify failed": "is sslrootcert of DATABASE_URL the authority that signed the server's certificate?",
    "does not match host name": "connect by the name that the certificate has",
    "root certificate file": "let sslrootcert of DATABASE_URL name a file that can be read",
    "server does not support SSL": "enable TLS on the server",
}
UNTRUSTED = {"certificate verify failed", "does not match host name"}
ROW_STATES = ("22", "23502", "23514", "54000", "54001")
# Everything here ends with time or with an operator's work on the database, none of it is a record's fault.
AWAY_STATES = ("08", "57P", "57014", "40", "55P03", "53", "25006", "25P03", "58")


def classify(error: BaseException) -> Fault:
    """Sorts an error by what the operator must do: by SQLSTATE, and by class where the client raised it itself."""
    state = getattr(error, "sqlstate", None) or ""
    if state.startswith(ROW_STATES) or isinstance(error, UnicodeEncodeError):
        return Fault.ROW
    if state.startswith(AWAY_STATES):
        return Fault.AWAY
    if not state and isinstance(error, psycopg.DataError):
        return Fault.ROW
    if not state and isinstance(error, psycopg.OperationalError) and not isinstance(error, LoginRefused):
        return Fault.AWAY  # a pooler or a proxy in between hangs up without a state
    return Fault.DEPLOYMENT


def malformed(url: str) -> str | None:
    """What makes `url` no way to connect, without a word of it: it may hold a password. None if nothing does."""
    try:
        given = conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        return "is no libpq URL or keyword string"
    host, port, mode = (str(given.get(name, "")) for name in ("host", "port", "sslmode"))
    # A password that is not percent-encoded comes apart, and part of it would be looked up, and told, as a host.
    if "@" in host[1:] or not all(part.isdecimal() or not part for part in port.split(",")):
        return "has no proper host and port; are @ / : # ? of its password percent-encoded?"
    return f"has an unknown sslmode; use one of {', '.join(SSL_MODES)}" if mode not in {"", *SSL_MODES} else None


def login(url: str, **options: Any) -> Connection:
    """A connection as its login, in autocommit. Raises LoginRefused where only a person can help, else psycopg.Error."""
    try:
        return psycopg.connect(url, autocommit=True, **options)
    except psycopg.OperationalError as error:
        words = " ".join(str(error).split())
        for known, advice in REFUSALS.items():
            if known in words:
                why = _untrusted(url) if known in UNTRUSTED else None
                raise LoginRefused(f"{words}; {why or advice}") from None
        raise


def _untrusted(url: str) -> str | None:
    """What is wrong with the server's certificate, asked of it once more: libpq does not say."""
    given = conninfo_to_dict(url)
    host, port = str(given.get("host", "")), str(given.get("port", "")) or "5432"
    if given.get("sslmode") not in {"verify-ca", "verify-full"} or "," in f"{host}{port}" or not host:
        return None
    authority = given.get("sslrootcert")
    return certificate.fault(host, int(port), None if authority == "system" else str(authority), postgresql=True)


def connect(url: str, role: str, application: str, *, writable: bool = True) -> Connection:
    """A connection that runs as `role` (one of ROLES) with our timeouts, whatever its login may do. Raises psycopg.Error.

    Unless it must be `writable`, a standby or a read-only server will do.
    """
    if role not in ROLES:
        raise ValueError(f"{role} is not a role of ours")
    network = NETWORK if writable else {**NETWORK, "target_session_attrs": "any"}
    connection = login(url, application_name=application, **network)
    try:
        connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(role)))
        for name, value in SESSION.items():
            connection.execute("SELECT set_config(%s, %s, false)", (name, value))
        _check_version(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _check_version(connection: Connection) -> None:
    # A newer one is taken: a migration only adds, and runs before the programs are replaced one by one.
    try:
        row = connection.execute(SCHEMA_VERSION).fetchone()
    except psycopg.errors.UndefinedTable:
        row = None
    if (found := row[0] if row and row[0] else 0) < wanted_version():
        text = f"the database has schema version {found}, this program needs {wanted_version()}"
        raise SchemaOutdated(f"{text}: run `audit-consumer migrate`")


@contextmanager
def watched(connection: Connection, seconds: float = WATCHDOG_SECONDS) -> Iterator[Connection]:
    """Shuts the socket down when the block takes longer: statement_timeout is the server's, and a stopped server has none."""
    with socket.socket(fileno=socket.dup(connection.fileno())) as twin:
        timer = threading.Timer(seconds, twin.shutdown, (socket.SHUT_RDWR,))
        timer.daemon = True
        timer.start()
        try:
            yield connection
        finally:
            timer.cancel()
