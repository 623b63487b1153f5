"""An operator's session with the database: as role audit_operator, on the schema of this code, with errors for people."""

from collections.abc import Iterator
from contextlib import contextmanager

from runtime.postgres import (
    MIGRATE,
    Connection,
    ConnectionUnclear,
    Error,
    ErrorKind,
    LoginRefused,
    SchemaOutdated,
    UndefinedColumn,
    UndefinedTable,
    classify,
    connect,
    one_line,
)


class SessionError(Exception):
    """The database cannot be used, or not now; one line that says why and what to do."""


@contextmanager
def session(url: str, *, read_only: bool = False) -> Iterator[Connection]:
    """A connection for one command; with `read_only` to a standby or a read-only server as well.

    Raises SessionError for whatever the database says, also inside the block.
    """
    try:
        with connect(
            url, "audit_operator", "audit-consumer operator", writable=not read_only, newer_schema=False
        ) as connection:
            yield connection
    except (SchemaOutdated, LoginRefused) as error:
        raise SessionError(str(error)) from None
    except Error as error:
        raise SessionError(_message(error)) from error


def _message(error: Error) -> str:
    words = one_line(error)
    match error:
        case UndefinedTable() | UndefinedColumn():
            return f"the database has no audit tables, or older ones ({words}): {MIGRATE}"
        case ConnectionUnclear():
            return f"the database cannot be connected to: {words}"
    if classify(error) is ErrorKind.UNAVAILABLE:
        return f"the database is unavailable or busy, try again: {words}"
    return f"the database refuses: {words}"
