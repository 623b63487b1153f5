"""A session in one of our roles, with our settings, on the schema of this code, with a timeout on the client's side."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, LiteralString, Self, TypeAlias, TypeVar

import psycopg
from psycopg import IsolationLevel, sql
from psycopg.abc import PQGen
from psycopg.pq import TransactionStatus as TransactionStatus  # noqa: PLC0414 offered to others
from psycopg.rows import TupleRow, class_row

from runtime.postgres import pooler, session
from runtime.postgres.errors import LoginRefused, SchemaOutdated, SettingRefused
from runtime.postgres.refusals import explained
from sql import query, wanted_version

T = TypeVar("T")

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
# How long the server may send nothing. Longer than statement_timeout, which a working server enforces itself.
WATCHDOG_SECONDS = 25.0
# For a reader, whose statements end within 3 s.
ANSWER_SECONDS = 5.0
# How long a session may take to reset itself for its pooler, and how long we wait for another session of that pooler.
POOLER_SECONDS = 2.0


class Connection(psycopg.Connection[TupleRow]):
    """A session that is closed if the server sends nothing for `patience` seconds: a frozen server enforces no timeout.

    `connect` raises what runtime.postgres.refusals does.
    """

    patience: float | None = WATCHDOG_SECONDS
    pooled = False

    @classmethod
    def connect(cls, conninfo: str = "", **kwargs: Any) -> Self:
        """As psycopg's, in UTF-8, with a reason where it fails."""
        options = {"client_encoding": "UTF8", **kwargs}
        try:
            return super().connect(conninfo, **options)
        except psycopg.OperationalError as error:
            options = {name: value for name, value in options.items() if name not in NO_SETTING}
            raise explained(conninfo, options, error) from None
        except OSError as error:  # no descriptor left to wait with
            raise psycopg.OperationalError(f"this process cannot open a connection: {error.strerror}") from error

    def wait(self, gen: PQGen[T], interval: float = 0.1, timeout: float | None = None) -> T:
        """As psycopg's, but closes the session if the server has sent nothing for `patience` seconds."""
        began = time.monotonic()
        try:
            return super().wait(gen, interval, self.patience if timeout is None else timeout)
        except psycopg.OperationalError as error:
            patience = self.patience
            if patience is not None and error.sqlstate is None and time.monotonic() - began >= patience:
                super().close()
                raise psycopg.OperationalError(f"the server has said nothing for {patience:g} s") from error
            raise

    def retire(self) -> None:
        """Has the pool end this session when it gets it back: libpq keeps a buffer as large as the largest row it has read."""
        self._expire_at = 0.0

    def close(self) -> None:
        """Ends the session. Behind a pooler its server session is reset first, whatever the pooler does itself."""
        if self.pooled and not self.closed and self.info.transaction_status == TransactionStatus.IDLE:
            self.patience = POOLER_SECONDS
            with suppress(psycopg.Error):
                self.execute("DISCARD ALL")
        super().close()


# Arguments of psycopg beside libpq's own settings.
NO_SETTING = frozenset({"autocommit", "prepare_threshold", "context", "row_factory", "cursor_factory"})
Cursor: TypeAlias = psycopg.Cursor[TupleRow]
# Any session of psycopg, also one that is not of our roles.
Session: TypeAlias = psycopg.Connection[TupleRow]


def connect(url: str, role: str, application: str, *, newer_schema: bool = True, writable: bool = True) -> Connection:
    """A connection that runs as `role`, with our settings and timeouts, whatever its login may do.

    A schema newer than this code is taken unless `newer_schema` is False: a migration only adds, and runs before the
    programs are replaced one by one. Unless it must be `writable`, a standby will do. Raises SchemaOutdated,
    LoginRefused, ConnectionUnclear or another psycopg.Error.
    """
    network = NETWORK if writable else {**NETWORK, "target_session_attrs": "any"}
    connection = Connection.connect(url, autocommit=True, application_name=application, **network)
    configure(connection, url, role, TIMEOUTS)
    try:
        _check_version(connection, newer_schema=newer_schema)
    except BaseException:
        connection.close()
        raise
    return connection


def login(url: str, application: str) -> Connection:
    """A connection as the login of `url` itself, with our settings and without timeouts. Raises as `connect` does."""
    connection = Connection.connect(url, autocommit=True, application_name=application, **NETWORK)
    connection.patience = None
    configure(connection, url, None, {})
    return connection


def configure(connection: Connection, url: str, role: str | None, settings: Mapping[str, str]) -> None:
    """Sets up a new session: settings, then `role` (None: the login itself). In autocommit; closed if that fails."""
    connection.autocommit = True
    try:
        if pooler.is_pooled(connection):
            pooler.check(connection, lambda: _another(url))
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


def _become(connection: Connection, role: str | None) -> None:
    try:
        connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(role) if role else sql.SQL("NONE")))
    except psycopg.errors.InvalidParameterValue:
        raise SchemaOutdated(f"the server has no role {role}: {MIGRATE}") from None
    except psycopg.errors.InsufficientPrivilege:
        raise LoginRefused(f"the login of DATABASE_URL may not be {role}: GRANT {role} TO it") from None


def _another(url: str) -> Connection:
    connection = Connection.connect(url, autocommit=True, **{**NETWORK, "connect_timeout": POOLER_SECONDS})
    connection.patience = POOLER_SECONDS
    return connection


def _check_version(connection: Connection, *, newer_schema: bool) -> None:
    wanted = wanted_version()
    try:
        row = connection.execute(SCHEMA_VERSION).fetchone()
    except psycopg.errors.UndefinedTable:
        row = None
    except psycopg.errors.InsufficientPrivilege:
        raise SchemaOutdated(f"the role may not read schema_migration, as in an earlier version: {MIGRATE}") from None
    found = row[0] if row and row[0] else 0
    if found < wanted:
        raise SchemaOutdated(f"the database has schema version {found}, this program needs {wanted}: {MIGRATE}")
    if found > wanted and not newer_schema:
        raise SchemaOutdated(f"the database has schema version {found}, newer than this program's {wanted}: update it")


@contextmanager
def watched(connection: Connection, seconds: float = WATCHDOG_SECONDS) -> Iterator[Connection]:
    """Within the block, the session is closed if the server sends nothing for `seconds`."""
    before, connection.patience = connection.patience, seconds
    try:
        yield connection
    finally:
        connection.patience = before


@contextmanager
def snapshot(connection: Connection) -> Iterator[None]:
    """A transaction that only reads, and in which every statement sees the same state of the tables."""
    connection.isolation_level, connection.read_only = IsolationLevel.REPEATABLE_READ, True
    with connection.transaction():
        yield
    connection.isolation_level, connection.read_only = None, None


def select(connection: Connection, kind: type[T], statement: LiteralString, **values: object) -> list[T]:
    """The rows of `statement`, each made into a `kind` by the names of its columns."""
    with connection.cursor(row_factory=class_row(kind)) as cursor:
        return cursor.execute(statement, values).fetchall()
