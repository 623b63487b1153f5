"""Processes that stop without an end (SIGSTOP), as on a machine that hangs: their connections stay open, and they say nothing."""

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

import psycopg

from sandbox.services.postgres import PostgresServer

SESSIONS = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


@contextmanager
def frozen(*pids: int) -> Iterator[None]:
    """Within the block these processes do not run, but for those that had ended; they go on whatever ends the block."""
    with ExitStack() as stopped:
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)
                stopped.callback(_thaw, pid)
        yield


@contextmanager
def frozen_database(server: PostgresServer, url: str) -> Iterator[None]:
    """Within the block the server neither takes connections nor answers a session with the database of `url`."""
    with psycopg.connect(url, autocommit=True) as connection:
        sessions = [pid for (pid,) in connection.execute(SESSIONS)]
    assert server.pid is not None
    with frozen(server.pid, *sessions):
        yield


def _thaw(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGCONT)
