"""A session on a server that stops answering, and `migrate` that a person interrupts."""

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

import sql
from runtime.postgres import Connection, ErrorKind, classify, connect, select, snapshot, watched
from sandbox.services import freezing
from sandbox.services.postgres import PostgresServer
from sandbox.services.process import wait_until
from tests.repository import ROOT

LOCKED = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


@pytest.fixture
def frozen(database: str) -> Iterator[Connection]:
    """A session whose server process is stopped."""
    with connect(database, "audit_writer", "test") as connection:
        row = connection.execute("SELECT pg_backend_pid()").fetchone()
        assert row is not None
        with freezing.frozen(row[0]):
            yield connection


def test_without_a_free_descriptor_nothing_is_known_and_it_is_waited_for(database: str) -> None:
    """Neither the server nor DATABASE_URL is blamed for it, and no other error comes out."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    highest = max(int(entry.name) for entry in Path("/proc/self/fd").iterdir())
    taken = [os.open("/dev/null", os.O_RDONLY)]
    while taken[-1] < highest:
        taken.append(os.open("/dev/null", os.O_RDONLY))
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (taken[-1] + 1, hard))
        with pytest.raises(psycopg.OperationalError) as raised:
            connect(database, "audit_writer", "test")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        for descriptor in taken:
            os.close(descriptor)
    assert classify(raised.value) is ErrorKind.UNAVAILABLE


@pytest.mark.parametrize("work", ["a statement", "a copy"])
def test_a_frozen_server_is_given_up(frozen: Connection, work: str) -> None:
    """Within the time that was set, as an outage; the session is not used again."""

    def ask() -> None:
        if work == "a statement":
            frozen.execute("SELECT 1")
            return
        with frozen.cursor().copy("COPY parked_record FROM STDIN") as copy:
            while True:
                copy.write(b"x" * 100_000)

    began = time.monotonic()
    with pytest.raises(psycopg.OperationalError, match="has said nothing for 1 s") as raised, watched(frozen, 1.0):
        ask()
    assert 1 <= time.monotonic() - began < 8
    assert classify(raised.value) is ErrorKind.UNAVAILABLE
    assert frozen.closed


def test_a_slow_statement_is_not_frozen(database: str) -> None:
    """What the server itself ends by its timeout is said by it."""
    with connect(database, "audit_writer", "test") as connection, watched(connection, 5.0):
        connection.execute("SET statement_timeout TO 200")
        with pytest.raises(psycopg.errors.QueryCanceled):
            connection.execute("SELECT pg_sleep(3)")
        assert not connection.closed


class Version:
    def __init__(self, version: int) -> None:
        self.version = version


def test_select_within_one_snapshot(database: str) -> None:
    """Every statement of the block sees the same rows, and may write none."""
    text = "SELECT max(version) AS version FROM schema_migration"
    with connect(database, "audit_operator", "test") as connection, snapshot(connection):
        assert [version_row.version for version_row in select(connection, Version, text)] == [sql.wanted_version()]
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction), connection.transaction():
            connection.execute("CREATE TEMPORARY TABLE x ()")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_migrate_is_interrupted(server: PostgresServer, database: str, number: signal.Signals) -> None:
    """While it waits for another one: a line at most, no traceback, no exit code of success."""
    with psycopg.connect(database) as holder, psycopg.connect(database, autocommit=True) as watcher:
        holder.execute(sql.query("runtime/migrate_lock"))
        command = [sys.executable, "-m", "consumer", "migrate"]
        environ = {**os.environ, "DATABASE_URL": database}
        with subprocess.Popen(command, cwd=ROOT, env=environ, stderr=subprocess.PIPE, text=True) as program:
            assert wait_until(lambda: watcher.execute(LOCKED).fetchone() == (1,), 20)
            program.send_signal(number)
            assert program.wait(20) in {1, 130, -signal.SIGTERM}
            assert program.stderr is not None
            said = program.stderr.read()
    assert "Traceback" not in said
    assert said.strip().count("\n") == 0
