"""An operator's session with the database: as role audit_operator, on the schema of this code, with errors for people."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import LiteralString, TypeVar

import psycopg
from psycopg import IsolationLevel, errors
from psycopg.rows import class_row

import sql
from runtime.postgres import Connection, Fault, LoginRefused, SchemaOutdated, classify, connect

SCHEMA_VERSION = sql.query("runtime/schema_version")
MIGRATE = "run `audit-consumer migrate`"

Kind = TypeVar("Kind")


class SessionError(Exception):
    """The database cannot be used, or not now; one line that says why and what to do."""


@contextmanager
def session(url: str, *, read_only: bool = False) -> Iterator[Connection]:
    """A connection for one command; with `read_only` to a standby or a read-only server as well. Raises SessionError for whatever the database says, also inside the block."""
    try:
        with connect(url, "audit_operator", "audit-consumer operator", writable=not read_only) as connection:
            _check_version(connection)
            yield connection
    except (SchemaOutdated, LoginRefused) as error:
        raise SessionError(str(error)) from None
    except psycopg.Error as error:
        raise SessionError(_message(error)) from error


@contextmanager
def snapshot(connection: Connection) -> Iterator[None]:
    """A transaction that only reads, and in which every statement sees the same state of the tables."""
    connection.isolation_level, connection.read_only = IsolationLevel.REPEATABLE_READ, True
    with connection.transaction():
        yield
    connection.isolation_level, connection.read_only = None, None


def select(connection: Connection, kind: type[Kind], query: LiteralString, **params: object) -> list[Kind]:
    """The rows of `query`, each made into a `kind` by the names of its columns."""
    with connection.cursor(row_factory=class_row(kind)) as cursor:
        return cursor.execute(query, params).fetchall()


def _check_version(connection: Connection) -> None:
    # Older ones are refused by `connect`. What a newer one means, a person should not have this program guess.
    row = connection.execute(SCHEMA_VERSION).fetchone()
    stored, wanted = row[0] if row else 0, sql.wanted_version()
    if stored > wanted:
        raise SessionError(f"the database has schema version {stored}, newer than this program's {wanted}: update it")


def _message(error: psycopg.Error) -> str:
    words = " ".join((error.diag.message_primary or str(error)).split())
    match error:
        case errors.UndefinedTable() | errors.UndefinedColumn():
            return f"the database has no audit tables, or older ones ({words}): {MIGRATE}"
        case errors.InvalidParameterValue() if "role" in words:
            return f"{words}: {MIGRATE}"
        case errors.InsufficientPrivilege() if "set role" in words:
            return f"{words}: the login of DATABASE_URL needs GRANT audit_operator TO it"
    if classify(error) is Fault.AWAY:
        return f"the database is unavailable or busy, try again: {words}"
    return f"the database refuses: {words}"
