"""Settings as an administrator may have them for a database, each far from what our statements expect."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from runtime.postgres.session import REQUIRED

# What has no smallest or largest value of its own.
TEXTS: Mapping[str, str] = {
    "client_encoding": "LATIN1",
    "DateStyle": "German",
    "TimeZone": "Pacific/Apia",
    "timezone_abbreviations": "India",
    "search_path": "app, pg_catalog",
    "default_text_search_config": "pg_catalog.turkish",
    "createrole_self_grant": "set, inherit",
    "restrict_nonsystem_relation_kind": "view, foreign-table",
    "temp_tablespaces": "pg_default",
    "application_name": "someone else's",
    "role": "hostile",
    "plpgsql.extra_errors": "all",
    "audit.workspace_id": "org_of_someone_else",
}
# Milliseconds: a login is a transaction too, and a busy machine takes seconds for what an idle one does at once.
TIMEOUTS = {"transaction_timeout": "5000", "tcp_user_timeout": "20000"}
# Not among those that are all set at once. REQUIRED and idle_session_timeout are tried each on its own, since a session is refused
# or ended by them: see the tests. The others are not tried: libraries that are not there keep a session from beginning, and the
# last two make each statement take seconds. A low max_stack_depth has statements refused, which stops the consumer.
ALONE = {
    *REQUIRED,
    "idle_session_timeout",
    "local_preload_libraries",
    "session_preload_libraries",
    "max_stack_depth",
    "debug_discard_caches",
    "post_auth_delay",
}
# These name files and places of the server's, or say what its log holds.
LOGGING = ("log_", "debug_print", "debug_pretty", "trace_", "lc_", "dynamic_library_path", "backtrace_functions")
LISTED = """
SELECT name, vartype, setting, boot_val, min_val, max_val, enumvals, unit
FROM pg_settings WHERE context IN ('user', 'superuser', 'backend', 'superuser-backend') ORDER BY name
"""


class Setting(NamedTuple):
    """One setting, and the values that it is tried with."""

    name: str
    minimum: str
    maximum: str


def settings(dsn: str) -> Iterator[Setting]:
    """Each setting of the server that a role or a database may have."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        rows = connection.execute(LISTED).fetchall()
    for name, kind, setting, boot, minimum, maximum, words, _ in rows:
        if name in ALONE or name.startswith(LOGGING):
            continue
        if kind == "bool":
            yield Setting(name, "off" if boot == "on" else "on", "off" if boot == "on" else "on")
        elif kind == "enum":
            others = [word for word in words if word != setting] or words
            yield Setting(name, others[0], others[-1])
        elif kind in {"integer", "real"}:
            yield Setting(name, TIMEOUTS.get(name, "1") if name.endswith("_timeout") else minimum, maximum)
        elif name in TEXTS:
            yield Setting(name, TEXTS[name], TEXTS[name])
    for name in TEXTS.keys() - {row[0] for row in rows}:
        if "." in name or name == "role":
            yield Setting(name, TEXTS[name], TEXTS[name])


@contextmanager
def set_for(url: str, dsn: str, values: Mapping[str, str]) -> Iterator[list[str]]:
    """The database of `url` with these settings, set by the superuser of `dsn`; gives those that the server refuses to set."""
    name = sql.Identifier(str(conninfo_to_dict(url)["dbname"]))
    refused = []
    with psycopg.connect(dsn, autocommit=True) as admin:
        for setting, value in values.items():
            kind, where = (
                (sql.SQL("ROLE hostile_login IN DATABASE"), name) if setting == "role" else (sql.SQL("DATABASE"), name)
            )
            text = sql.SQL("ALTER {} {} SET {} TO {}").format(
                kind, where, sql.SQL(".").join(map(sql.Identifier, setting.split("."))), _value(setting, value)
            )
            try:
                admin.execute(text)
            except psycopg.Error:
                refused.append(setting)
        try:
            yield refused
        finally:
            admin.execute(sql.SQL("ALTER DATABASE {} RESET ALL").format(name))
            admin.execute(sql.SQL("ALTER ROLE hostile_login IN DATABASE {} RESET ALL").format(name))


def _value(setting: str, value: str) -> sql.Composable:
    if setting == "search_path":
        return sql.SQL(", ").join(map(sql.Identifier, value.split(", ")))
    return sql.Literal(value)
