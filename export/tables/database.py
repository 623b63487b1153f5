"""How `seal`, `create` and `check` use PostgreSQL: long readings in one snapshot, and what its errors mean for an exit code."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from export.format.errors import PersonNeeded
from runtime.postgres import Connection, Cursor, Error, ErrorKind, TransactionStatus, classify, connect, one_line
from sql import query

__all__ = ["PREFER_INDEX", "Connection", "Cursor", "Error", "begin", "reading", "refused", "roll_back", "session"]

# A first sealing or a long export sorts and reads for as long as it takes; the server may say nothing for this long.
SORTING_SECONDS = 3600.0
CANCEL_SECONDS = 2.0
SESSION, PREFER_INDEX = query("export/session"), query("export/prefer_index")
EXPORTED = re.compile(r"[0-9A-F-]+")


class DatabaseUnavailable(PersonNeeded):
    """The database cannot be used, or not now."""

    def __init__(self, message: str, *, passing: bool) -> None:
        super().__init__(message)
        self.passing = passing
        """Whether waiting helps."""


def refused(error: Error) -> DatabaseUnavailable:
    """What an error of PostgreSQL's means for a command, in one line."""
    if classify(error) is ErrorKind.UNAVAILABLE:
        return DatabaseUnavailable(f"the database is unavailable or busy: {one_line(error)}", passing=True)
    return DatabaseUnavailable(f"the database refuses: {one_line(error)}", passing=False)


@contextmanager
def session(url: str, role: str, application: str) -> Iterator[Connection]:
    """A connection in `role` without limits on how long a statement takes. Raises DatabaseUnavailable if there can be none."""
    try:
        connection = connect(url, role, application)
    except Error as error:
        raise refused(error) from None
    connection.answer_timeout = SORTING_SECONDS
    try:
        connection.execute(SESSION)
        yield connection
    finally:
        connection.close()


def begin(connection: Connection, *, read_only: bool, snapshot: str | None = None) -> None:
    """Begins a transaction whose statements all see one state; of an exported `snapshot` if given."""
    connection.execute(f"BEGIN ISOLATION LEVEL REPEATABLE READ{' READ ONLY' if read_only else ''}".encode())
    if snapshot is not None:
        assert EXPORTED.fullmatch(snapshot) is not None
        connection.execute(f"SET TRANSACTION SNAPSHOT '{snapshot}'".encode())


def roll_back(connection: Connection) -> None:
    """Ends the transaction whatever has failed in it: leaves a session that can be used again, or a closed one."""
    try:
        if connection.info.transaction_status == TransactionStatus.ACTIVE:
            connection.cancel_safe(timeout=CANCEL_SECONDS)
            connection.close()
        elif connection.info.transaction_status != TransactionStatus.IDLE:
            connection.execute("ROLLBACK")
    except Error:
        connection.close()


@contextmanager
def reading(url: str, role: str, application: str) -> Iterator[Connection]:
    """A session with one transaction that only reads, for the whole block. Raises DatabaseUnavailable for any database error."""
    try:
        with session(url, role, application) as connection:
            begin(connection, read_only=True)
            connection.execute(PREFER_INDEX)
            yield connection
    except Error as error:
        raise refused(error) from None
