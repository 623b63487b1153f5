"""Why a connection failed: classified by SQLSTATE and by how far the login got, never by the message (decision 60)."""

import os
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psycopg
import structlog
from psycopg.conninfo import conninfo_attempts, conninfo_to_dict

from runtime import certificate
from runtime.postgres.errors import ConnectionUnclear, LoginRefused
from runtime.postgres.libpq import attempt
from runtime.postgres.url import malformed, servers_of, settings_of

log = structlog.get_logger()

ASK_SECONDS = 3.0
DEFAULT_PORT = 5432
VERIFYING = {"verify-ca", "verify-full"}
TLS_ONLY = {"require", *VERIFYING}
# Classes of SQLSTATE that are temporary: no resources, starting or shutting down.
PASSING = ("53", "57")
# What only a person can fix, and how.
FINAL = {
    "28P01": "is the user or the password of DATABASE_URL wrong?",
    "28": "does the server want TLS (sslmode=verify-full), may this login connect from here (pg_hba.conf), and may it log "
    "in at all (ALTER ROLE … LOGIN)?",
    "3D": "create the database, or correct its name in DATABASE_URL",
    "42501": "GRANT CONNECT ON DATABASE … TO the login of DATABASE_URL",
    "42": "correct the setting that DATABASE_URL, PGOPTIONS, or the role or database asks for",
    "22": "correct the setting that DATABASE_URL, PGOPTIONS, or the role or database asks for",
    "0A": "does DATABASE_URL ask for something that this server does not have?",
}


def explained(url: str, options: Mapping[str, Any], error: psycopg.OperationalError) -> psycopg.OperationalError:
    """`error`, or its cause if logging in once more at each server that `url` names finds it."""
    if not _descriptor_left():  # whatever the server was asked, the fault would be in this process
        return error
    if (fault := malformed(url)) is not None:
        return LoginRefused(f"DATABASE_URL {fault}")
    words = " ".join(str(error).split())
    # Whether one of them is a primary does not matter here: only whether they accept the login.
    settings = conninfo_to_dict(url, **{**options, "target_session_attrs": "any"})
    explanations = [answer for server in servers_of(settings) for answer in _answers({**settings, **server})]
    if all(isinstance(explanation, str) for explanation in explanations):
        return LoginRefused(f"{words}; {explanations[-1]}")
    if all(explanation is None for explanation in explanations):
        return error
    log.error("database_connection_unclear", error=words, hint="if this persists, see the server's own log")
    return ConnectionUnclear(f"{words}; it is not known whether this passes by itself")


def _answers(settings: Mapping[str, Any]) -> list[str | bool | None]:
    """What `_explain` says of each address of one server; of a name that cannot be resolved now nothing is known."""
    try:
        attempts = conninfo_attempts(settings)
    except psycopg.OperationalError:
        return [True]
    return [_explain(server_attempt) for server_attempt in attempts]


def _descriptor_left() -> bool:
    """Whether this process may open what an attempt needs: a socket of ours, one of libpq's, and what waits for it."""
    try:
        with socket.socket(), socket.socket(), socket.socket():
            return True
    except OSError:
        return False


def _explain(settings: Mapping[str, Any]) -> str | bool | None:
    """What to do about this server's refusal; None where waiting helps, True where that is not known."""
    answer = attempt(settings, ASK_SECONDS)
    state = answer.sqlstate or ""
    if answer.let_in or state.startswith(PASSING):
        return None
    if advice := FINAL.get(state) or FINAL.get(state[:2]):
        return advice
    if answer.needs_password:
        return "the server wants a password: give it in DATABASE_URL, or in a file that PGPASSFILE names"
    if not state and (advice := _local(settings_of("", settings))) is not None:
        return advice
    return True if answer.reached else None


def _local(settings: Mapping[str, str]) -> str | None:
    """What is wrong with certificates and TLS, found without a session; None where nothing is."""
    mode, authority = settings["sslmode"], settings["sslrootcert"]
    host, port = settings["host"] or settings["hostaddr"], int(settings["port"] or DEFAULT_PORT)
    if mode not in TLS_ONLY or not host or host.startswith("/"):
        return None
    if mode in VERIFYING and authority != "system":
        authority = authority or str(Path.home() / ".postgresql" / "root.crt")
        if not os.access(authority, os.R_OK):
            return f"let sslrootcert of DATABASE_URL name a file that can be read, {authority} cannot"
    return certificate.postgresql_fault(
        host, port, None if authority == "system" else authority, verify=mode in VERIFYING
    )
