"""What must be done about an error of PostgreSQL's: decided by SQLSTATE, never by the words of a message."""

from enum import Enum

import psycopg

Error = psycopg.Error
UniqueViolation = psycopg.errors.UniqueViolation
# What a statement finds in a database that was not migrated, or not far enough.
UndefinedTable, UndefinedColumn = psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn

# Not 54001, a stack that is too deep: no value of ours is deep, so it is max_stack_depth, which no record may pay for.
ROW_STATES = ("22", "23502", "23514", "54000")
# Everything here ends with time or with an operator's work on the database, none of it is a record's fault.
# 25P03 and 25P04: idle_in_transaction_session_timeout and transaction_timeout.
UNAVAILABLE_STATES = ("08", "57P", "57014", "40", "55P03", "53", "25006", "25P03", "25P04", "58")


class SchemaOutdated(psycopg.ProgrammingError):
    """The database has no audit tables, or those of another version than this program needs; one line that says what to do."""


class LoginRefused(psycopg.OperationalError):
    """The login is refused, by the server or on this machine, and waiting does not help; one line that says what to do."""


class SettingRefused(LoginRefused):
    """The session has a setting that we cannot work with and may not change, or a pooler that would not keep our settings."""


class ConnectionUnclear(psycopg.OperationalError):
    """No connection, and it is unknown whether the cause is temporary: retried, and each attempt is logged as an error."""


class ErrorKind(Enum):
    """What must be done about a database error."""

    UNAVAILABLE = "wait and try the whole transaction again"
    ROW = "find the row that the database refuses"
    DEPLOYMENT = "stop loudly: the schema, a privilege or the code is wrong"


def classify(error: BaseException) -> ErrorKind:
    """Sorts an error by what the operator must do: by SQLSTATE, and by class where the client raised it itself."""
    if isinstance(error, LoginRefused | SchemaOutdated):
        return ErrorKind.DEPLOYMENT
    state = getattr(error, "sqlstate", None) or ""
    if state.startswith(ROW_STATES) or isinstance(error, UnicodeEncodeError):
        return ErrorKind.ROW
    if state.startswith(UNAVAILABLE_STATES):
        return ErrorKind.UNAVAILABLE
    if not state and isinstance(error, psycopg.DataError):
        return ErrorKind.ROW
    if not state and isinstance(error, psycopg.OperationalError):
        return ErrorKind.UNAVAILABLE  # a pooler or a proxy in between closes the connection without an SQLSTATE
    return ErrorKind.DEPLOYMENT


def one_line(error: Error) -> str:
    """What PostgreSQL or libpq says, for a message to people: the primary message, in one line."""
    return " ".join((error.diag.message_primary or str(error)).split())
