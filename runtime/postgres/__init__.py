"""The door to PostgreSQL: how we connect, as which role, with which settings, and what each kind of refusal asks of us.

* `url`: what DATABASE_URL says, and whether libpq takes it.
* `refusals`: why a connection did not come about; `libpq`: what libpq knows of that.
* `session`: the settings of every session, whatever an administrator has set.
* `pooler`: whether a pooler stands between, and which kind.
* `connection`: a session in one of our roles that does not wait for ever.
* `certificate_expiry`: until when the server's certificate is good.
* `errors`: what must be done about an error.
"""

from runtime.postgres.certificate_expiry import certificate_expiry
from runtime.postgres.connection import (
    ANSWER_SECONDS,
    MIGRATE,
    WATCHDOG_SECONDS,
    Connection,
    Cursor,
    Session,
    TransactionStatus,
    configure,
    connect,
    login,
    select,
    snapshot,
    watched,
)
from runtime.postgres.errors import (
    ConnectionUnclear,
    Error,
    Fault,
    LoginRefused,
    SchemaOutdated,
    SettingRefused,
    UniqueViolation,
    classify,
)
from runtime.postgres.url import malformed

__all__ = [
    "ANSWER_SECONDS",
    "MIGRATE",
    "WATCHDOG_SECONDS",
    "Connection",
    "ConnectionUnclear",
    "Cursor",
    "Error",
    "Fault",
    "LoginRefused",
    "SchemaOutdated",
    "Session",
    "SettingRefused",
    "TransactionStatus",
    "UniqueViolation",
    "certificate_expiry",
    "classify",
    "configure",
    "connect",
    "login",
    "malformed",
    "select",
    "snapshot",
    "watched",
]
