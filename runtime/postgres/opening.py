"""Opens a session in one of our roles, with our settings, on the schema of this code."""

from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg import sql

from runtime.postgres import pooler, session
from runtime.postgres.connection import POOLER_SECONDS, WATCHDOG_SECONDS, Connection
from runtime.postgres.errors import LoginRefused, SchemaOutdated, SettingRefused
from runtime.postgres.first_statements import retried
from sql import query, wanted_version

SCHEMA_VERSION = query("runtime/schema_version")
MIGRATE = "run `audit-consumer migrate`"
# What a program that writes, and an operator's command, may take.
TIMEOUTS: Mapping[str, str] = {
    "statement_timeout": "15s",
    "lock_timeout": "5s",
    "idle_in_transaction_session_timeout": "30s",
    # A batch is staged and sorted in memory; by default half of one would go through files.
    "temp_buffers": "32MB",
    "work_mem": "32MB",
}
NETWORK: Mapping[str, Any] = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15000,
    # Not read-write: that would also refuse a primary where default_transaction_read_only is set, which is ours to set.
    "target_session_attrs": "primary",
}


def connect(url: str, role: str, application: str, *, newer_schema: bool = True, writable: bool = True) -> Connection:
    """A connection that runs as `role`, with our settings and timeouts, whatever its login may do.

    A schema newer than this code is taken unless `newer_schema` is False: a migration only adds, and runs before the
    programs are replaced one by one. Unless it must be `writable`, a standby will do. Raises SchemaOutdated,
    LoginRefused, ConnectionUnclear or another psycopg.Error.
    """
    network = NETWORK if writable else {**NETWORK, "target_session_attrs": "any"}
    options = {"application_name": application, **network}
    connection = retried(lambda: _open(url, options, role, TIMEOUTS, WATCHDOG_SECONDS))
    try:
        _check_version(connection, newer_schema=newer_schema)
    except BaseException:
        connection.close()
        raise
    return connection


def login(url: str, application: str) -> Connection:
    """A connection as the login of `url` itself, with our settings and without timeouts. Raises as `connect` does."""
    options = {"application_name": application, **NETWORK}
    return retried(lambda: _open(url, options, None, {}, None))


def configure(connection: Connection, url: str, role: str | None, settings: Mapping[str, str]) -> None:
    """Sets up a new session: settings, then `role` (None: the login itself). In autocommit; closed if that fails."""
    connection.autocommit = True
    try:
        if pooler.is_pooled(connection):
            pooler.check(connection, lambda: _another(url, connection))
            connection.pooled = True
        session.prepare(connection, settings)
        _become(connection, role)
    except psycopg.errors.IdleSessionTimeout:
        connection.close()
        raise SettingRefused(
            "the server ended the session before it was used: idle_session_timeout of this login or database is too short"
        ) from None
    except BaseException:
        connection.close()
        raise


def _open(
    url: str, options: Mapping[str, Any], role: str | None, settings: Mapping[str, str], answer_timeout: float | None
) -> Connection:
    connection = Connection.connect(url, autocommit=True, **options)
    connection.answer_timeout = answer_timeout
    configure(connection, url, role, settings)
    return connection


def _become(connection: Connection, role: str | None) -> None:
    try:
        connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(role) if role else sql.SQL("NONE")))
    except psycopg.errors.InvalidParameterValue:
        raise SchemaOutdated(f"the server has no role {role}: {MIGRATE}") from None
    except psycopg.errors.InsufficientPrivilege:
        raise LoginRefused(f"the login of DATABASE_URL may not be {role}: GRANT {role} TO it") from None


def _another(url: str, connection: Connection) -> Connection:
    """A second session to the address that `connection` has reached.

    Another host of `url`, or the primary where this is a standby, would say nothing of its pooler.
    """
    info = connection.info
    where = {"host": info.host, "port": info.port, **({"hostaddr": info.hostaddr} if info.hostaddr else {})}
    options = {**NETWORK, "connect_timeout": POOLER_SECONDS, "target_session_attrs": "any"}
    other = Connection.connect(url, autocommit=True, **options, **where)
    other.answer_timeout = POOLER_SECONDS
    return other


def _check_version(connection: Connection, *, newer_schema: bool) -> None:
    wanted = wanted_version()
    try:
        row = connection.execute(SCHEMA_VERSION).fetchone()
    except psycopg.errors.UndefinedTable:
        row = None
    except psycopg.errors.InsufficientPrivilege:
        raise SchemaOutdated(f"the role may not read schema_migration, as in an earlier version: {MIGRATE}") from None
    version = row[0] if row and row[0] else 0
    if version < wanted:
        raise SchemaOutdated(f"the database has schema version {version}, this program needs {wanted}: {MIGRATE}")
    if version > wanted and not newer_schema:
        raise SchemaOutdated(
            f"the database has schema version {version}, newer than this program's {wanted}: update it"
        )
