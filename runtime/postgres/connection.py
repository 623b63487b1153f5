"""A session of PostgreSQL with a timeout on the client's side."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, LiteralString, Self, TypeAlias, TypeVar

import psycopg
from psycopg import IsolationLevel
from psycopg.abc import PQGen
from psycopg.pq import TransactionStatus as TransactionStatus  # noqa: PLC0414 offered to others
from psycopg.rows import TupleRow, class_row

from runtime.postgres.refusals import explained

T = TypeVar("T")

# How long the server may send nothing. Longer than statement_timeout, which a working server enforces itself.
WATCHDOG_SECONDS = 25.0
# For a reader, whose statements end within 3 s.
ANSWER_SECONDS = 5.0
# How long a session may take to reset itself for its pooler, and how long we wait for another session of that pooler.
POOLER_SECONDS = 2.0


class Connection(psycopg.Connection[TupleRow]):
    """A session that is closed if the server sends nothing for `answer_timeout` seconds: a frozen server enforces no timeout.

    `connect` raises what runtime.postgres.refusals does.
    """

    answer_timeout: float | None = WATCHDOG_SECONDS
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
        """As psycopg's, but closes the session if the server has sent nothing for `answer_timeout` seconds."""
        began = time.monotonic()
        try:
            return super().wait(gen, interval, self.answer_timeout if timeout is None else timeout)
        except psycopg.OperationalError as error:
            answer_timeout = self.answer_timeout
            if answer_timeout is not None and error.sqlstate is None and time.monotonic() - began >= answer_timeout:
                super().close()
                raise psycopg.OperationalError(f"the server has said nothing for {answer_timeout:g} s") from error
            raise

    def retire(self) -> None:
        """Has the pool end this session when it gets it back: libpq keeps a buffer as large as the largest row it has read."""
        self._expire_at = 0.0

    def forget_statements(self) -> None:
        """Has psycopg and the server forget what was prepared; where the server cannot, the pool ends this session."""
        try:
            if not self.closed:
                self.execute("DEALLOCATE ALL")
        except psycopg.Error:
            self.retire()

    def close(self) -> None:
        """Ends the session. Behind a pooler its server session is reset first, whatever the pooler does itself."""
        if self.pooled and not self.closed and self.info.transaction_status == TransactionStatus.IDLE:
            self.answer_timeout = POOLER_SECONDS
            with suppress(psycopg.Error):
                self.execute("DISCARD ALL")
        super().close()


# Arguments of psycopg beside libpq's own settings.
NO_SETTING = frozenset({"autocommit", "prepare_threshold", "context", "row_factory", "cursor_factory"})
Cursor: TypeAlias = psycopg.Cursor[TupleRow]
# Any session of psycopg, also one that is not of our roles.
Session: TypeAlias = psycopg.Connection[TupleRow]


@contextmanager
def watched(connection: Connection, seconds: float = WATCHDOG_SECONDS) -> Iterator[Connection]:
    """Within the block, the session is closed if the server sends nothing for `seconds`."""
    before, connection.answer_timeout = connection.answer_timeout, seconds
    try:
        yield connection
    finally:
        connection.answer_timeout = before


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
