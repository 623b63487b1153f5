"""The settings of every session of every program, whatever an administrator has set elsewhere (SPEC 5, decision 61).

For the server, the database, the role, in the URL or in the environment: what our statements depend on is set here, or the
session is refused. What is tuning (memory, costs, logging) stays the administrator's.
"""

from collections.abc import Mapping

import psycopg
from psycopg.rows import TupleRow

from runtime.postgres.errors import ErrorKind, SettingRefused, classify
from runtime.postgres.first_statements import retried
from sql import query

# First, and one by one, written so that they mean the same under any setting: those that decide how the next statement is
# read, and how long it may take.
FIRST = (
    "SET statement_timeout TO 0",
    "SET search_path TO public",
    "SET standard_conforming_strings TO on; SET array_nulls TO on; SET exit_on_error TO off; SET row_security TO on",
)
# Of these, those that the server's version has are set.
EVERY: Mapping[str, str] = {
    # How text and values are read and written.
    "client_encoding": "UTF8",
    "backslash_quote": "safe_encoding",
    "escape_string_warning": "on",
    "quote_all_identifiers": "off",
    "transform_null_equals": "off",
    "bytea_output": "hex",
    "extra_float_digits": "1",
    "xmlbinary": "base64",
    "xmloption": "content",
    "DateStyle": "ISO, MDY",
    "IntervalStyle": "postgres",
    "TimeZone": "UTC",
    "timezone_abbreviations": "Default",
    "lc_monetary": "C",
    "lc_numeric": "C",
    "lc_time": "C",
    "default_text_search_config": "pg_catalog.simple",
    # Transactions, and how long anything may take.
    "default_transaction_isolation": "read committed",
    "default_transaction_read_only": "off",
    "default_transaction_deferrable": "off",
    "synchronous_commit": "on",
    "statement_timeout": "0",
    "lock_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "idle_session_timeout": "0",
    "transaction_timeout": "0",
    "tcp_user_timeout": "0",
    # A session whose client has vanished keeps its locks until the server's keepalives notice: by the system's default after two hours.
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    "client_connection_check_interval": "0",
    # What objects are made of, and what a statement may see.
    "check_function_bodies": "on",
    "createrole_self_grant": "",
    "default_tablespace": "",
    "temp_tablespaces": "",
    "default_table_access_method": "heap",
    "default_toast_compression": "pglz",
    "gin_fuzzy_search_limit": "0",
    "restrict_nonsystem_relation_kind": "",
    "client_min_messages": "notice",
    "plpgsql.extra_errors": "none",
    "plpgsql.extra_warnings": "none",
    # How a plan is made: one that a switch forbids would run into a timeout.
    "constraint_exclusion": "partition",
    "debug_parallel_query": "off",
    "force_parallel_mode": "off",
    "from_collapse_limit": "8",
    "join_collapse_limit": "8",
    "jit": "off",
    "plan_cache_mode": "auto",
    **dict.fromkeys(
        (
            "enable_bitmapscan",
            "enable_hashagg",
            "enable_hashjoin",
            "enable_indexonlyscan",
            "enable_indexscan",
            "enable_material",
            "enable_memoize",
            "enable_mergejoin",
            "enable_nestloop",
            "enable_partition_pruning",
            "enable_seqscan",
            "enable_sort",
            "enable_tidscan",
        ),
        "on",
    ),
}
# Settings that our login may not change, and what they must be: with others, triggers do not fire and damage is not seen.
REQUIRED: Mapping[str, str] = {
    "session_replication_role": "origin",
    "ignore_checksum_failure": "off",
    "zero_damaged_pages": "off",
    "server_encoding": "UTF8",
}
TRANSACTION_TIMEOUT_SINCE = 170000
SETTINGS, UNSAFE = query("runtime/session_settings"), query("runtime/session_unsafe")


def prepare(connection: psycopg.Connection[TupleRow], own: Mapping[str, str]) -> None:
    """Sets EVERY setting, with the program's `own` in place of some. Raises SettingRefused, or psycopg.Error."""
    try:
        retried(lambda: _first(connection), connection)
        wanted = {**EVERY, **own}
        connection.execute(SETTINGS, {"names": list(wanted), "values": list(wanted.values())})
        unsafe = connection.execute(UNSAFE, {"names": list(REQUIRED), "values": list(REQUIRED.values())}).fetchall()
    except psycopg.Error as error:
        if classify(error) is ErrorKind.UNAVAILABLE:
            raise
        raise SettingRefused(f"a setting of the session cannot be set: {error.diag.message_primary}") from error
    if unsafe:
        todo = "; ".join(f"{name} is {value}, it must be {wanted}" for name, value, wanted in unsafe)
        raise SettingRefused(f"{todo} (ALTER ROLE … RESET, ALTER DATABASE … RESET, or the server's configuration)")


def _first(connection: psycopg.Connection[TupleRow]) -> None:
    for statement in FIRST:
        connection.execute(statement.encode())
    if connection.info.server_version >= TRANSACTION_TIMEOUT_SINCE:
        connection.execute("SET transaction_timeout TO 0")
