"""`audit-consumer migrate`: makes the roles, and brings the schema to the version of this code (SPEC 5).

Rule of this module: any number of migrates may run at the same time in one cluster, and each succeeds. In a database
they queue at an advisory lock; roles belong to the cluster, which has no such lock: collisions are retried.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
from psycopg import errors
from psycopg.rows import TupleRow

import sql
from runtime.postgres import LoginRefused, login, malformed, one_line
from sql import Migration

OLDEST_SERVER = 15  # UNIQUE NULLS NOT DISTINCT
# Each collision means that someone else's transaction has moved on, so a handful would do.
ATTEMPTS = 100
# InternalError_ is how PostgreSQL says "tuple concurrently updated".
COLLISIONS = (errors.DuplicateObject, errors.UniqueViolation, errors.InternalError_)


class MigrationError(Exception):
    """The schema cannot be created or upgraded; the message says what a person must do."""


def migrate(dsn: str, echo: Callable[[str], None]) -> list[Migration]:
    """Brings the database at `dsn` to this code's schema; returns the migrations applied, and passes each to `echo`.

    The login needs CREATEROLE unless the roles exist and are granted to it, and must own the database unless
    `audit_owner` may already create in schema public. Raises MigrationError; what was applied before it stays.
    """
    if (fault := malformed(dsn)) is not None:
        raise MigrationError(f"DATABASE_URL {fault}")
    try:
        with login(dsn, "audit-consumer migrate") as connection:
            return _upgrade(connection, echo)
    except errors.InsufficientPrivilege as error:
        raise MigrationError(
            f"the login may not do what migrate needs: {error.diag.message_primary}. Run it with a login that has "
            "CREATEROLE and owns the database, or let an administrator create the audit roles, "
            "GRANT them to this login and GRANT CREATE ON SCHEMA public TO audit_owner"
        ) from error
    except LoginRefused as error:
        raise MigrationError(str(error)) from error
    except psycopg.OperationalError as error:
        raise MigrationError(f"the database cannot be used: {' '.join(str(error).split())}") from error
    except psycopg.Error as error:
        raise MigrationError(f"migrate failed: {one_line(error)}") from error


def _upgrade(connection: psycopg.Connection[TupleRow], echo: Callable[[str], None]) -> list[Migration]:
    _check_server(connection)
    _make_roles(connection)
    with connection.transaction():
        connection.execute(sql.query("runtime/migrate_lock"))
        connection.execute(sql.query("runtime/migrate_privileges"))
    applied = []
    while (migration := _apply_next(connection)) is not None:
        applied.append(migration)
        echo(f"applied {migration.version:04} {migration.name}")
    return applied


def _check_server(connection: psycopg.Connection[TupleRow]) -> None:
    major = connection.info.server_version // 10000
    if major < OLDEST_SERVER:
        raise MigrationError(f"the server is PostgreSQL {major}; {OLDEST_SERVER} or newer is needed")
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise MigrationError(f"the database's encoding is {encoding}; create one with ENCODING 'UTF8'")


def _make_roles(connection: psycopg.Connection[TupleRow]) -> None:
    for attempt in range(1, ATTEMPTS + 1):
        try:
            connection.execute(sql.query("runtime/migrate_roles"))
            break
        except COLLISIONS:
            if attempt == ATTEMPTS:
                raise
    unsafe = connection.execute(sql.query("runtime/migrate_unsafe_roles")).fetchall()
    if unsafe:
        todo = "; ".join(f"ALTER ROLE {role} NO{attribute}" for role, attribute in unsafe)
        raise MigrationError(f"the roles have attributes that undo their purpose: {todo}")


def _apply_next(connection: psycopg.Connection[TupleRow]) -> Migration | None:
    """Applies the first migration that is missing, as one transaction; None when there is none."""
    with connection.transaction(), _owner(connection):
        applied = _applied(connection)
        pending = sql.migrations()[len(applied) :]
        if not pending:
            return None
        migration = pending[0]
        connection.execute(migration.text)
        connection.execute(sql.query("runtime/migrate_record"), migration._asdict())
    return migration


@contextmanager
def _owner(connection: psycopg.Connection[TupleRow]) -> Iterator[None]:
    """As audit_owner, which the login is within this transaction only: no other session ever sees the membership."""
    connection.execute(sql.query("runtime/migrate_lock"))
    connection.execute(sql.query("runtime/migrate_become_owner"))
    connection.execute("SET LOCAL ROLE audit_owner")
    connection.execute("SET LOCAL search_path TO public")
    yield
    connection.execute("SET LOCAL ROLE NONE")  # RESET ROLE would become the role that ALTER ROLE … SET role names
    connection.execute(sql.query("runtime/migrate_leave_owner"))


def _applied(connection: psycopg.Connection[TupleRow]) -> list[TupleRow]:
    """What the database remembers, checked to be the beginning of what we have."""
    table = connection.execute("SELECT to_regclass('public.schema_migration')").fetchone()
    if table == (None,):
        return []
    rows = connection.execute(sql.query("runtime/migrate_applied")).fetchall()
    known = sql.migrations()
    if len(rows) > len(known):
        raise MigrationError(
            f"the database has schema version {rows[-1][0]}, this program knows up to {known[-1].version}: "
            "deploy the newer program"
        )
    for (version, name, sha256), migration in zip(rows, known, strict=False):
        if (version, sha256) != (migration.version, migration.sha256):
            raise MigrationError(
                f"migration {version:04} {name} was applied with another text than this program has: restore "
                "the file as it was released; a change of the schema is a new migration"
            )
    return rows
