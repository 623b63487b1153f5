"""The connections to PostgreSQL: in which role, with which settings, and how each kind of error is to be handled.

* `url`: what DATABASE_URL says, and whether libpq accepts it.
* `refusals`: why a connection failed; `libpq`: what libpq knows about that.
* `session`: the settings of every session, whatever an administrator has set.
* `first_statements`: those that come before our settings, which a timeout of someone else's may end.
* `pooler`: whether there is a pooler in between, and which kind.
* `connection`: a session with a timeout on the client's side; `opening`: opens one in one of our roles, with our settings.
* `certificate_expiry`: until when the server's certificate is good, and where our own is.
* `errors`: what must be done about an error.
"""

from runtime.postgres.certificate_expiry import certificate_expiry, client_certificate
from runtime.postgres.connection import (
    ANSWER_SECONDS,
    WATCHDOG_SECONDS,
    Connection,
    Cursor,
    Session,
    TransactionStatus,
    select,
    snapshot,
    watched,
)
from runtime.postgres.errors import (
    ConnectionUnclear,
    Error,
    ErrorKind,
    LoginRefused,
    SchemaOutdated,
    SettingRefused,
    UndefinedColumn,
    UndefinedTable,
    UniqueViolation,
    classify,
    one_line,
)
from runtime.postgres.opening import MIGRATE, configure, connect, login
from runtime.postgres.url import malformed

__all__ = [
    "ANSWER_SECONDS",
    "MIGRATE",
    "WATCHDOG_SECONDS",
    "Connection",
    "ConnectionUnclear",
    "Cursor",
    "Error",
    "ErrorKind",
    "LoginRefused",
    "SchemaOutdated",
    "Session",
    "SettingRefused",
    "TransactionStatus",
    "UndefinedColumn",
    "UndefinedTable",
    "UniqueViolation",
    "certificate_expiry",
    "classify",
    "client_certificate",
    "configure",
    "connect",
    "login",
    "malformed",
    "one_line",
    "select",
    "snapshot",
    "watched",
]
