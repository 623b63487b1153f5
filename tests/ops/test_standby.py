"""Readers go to a standby by docs/runbook.md, line by line, under load: all that is recorded is shown there, and nothing is asked of the primary."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import cast

import psycopg
import pytest
from psycopg.rows import TupleRow

from runtime.migrations import migrate
from sandbox.services.postgres import PostgresServer
from sandbox.services.service import KafkaBroker
from sandbox.services.standby import REPLICATION
from tests.builders import WORKSPACE
from tests.e2e.world import World
from tests.integration.reader.program import Program
from tests.integration.reader.site import ADMIN
from tests.ops.load import flows, load
from tests.ops.runbook import Procedure

PASSWORD = "of-a-test"
NEAR = 1_000_000  # bytes of WAL
FOLLOWS = {**REPLICATION, "hot_standby_feedback": "on"}
PERSON = ADMIN._replace(workspace_id=f"{WORKSPACE}0")  # of the only workspace that the load has


@pytest.fixture
def primary() -> Iterator[PostgresServer]:
    """A server that a standby can stream from."""
    with PostgresServer(settings=REPLICATION) as server:
        migrate(server.create_database("audit"), lambda _: None)
        yield server


@pytest.fixture
def world(kafka: KafkaBroker, primary: PostgresServer, tmp_path: Path) -> Iterator[World]:
    """Topics that are recorded there."""
    with World(kafka.bootstrap, primary.url("audit"), tmp_path) as running:
        yield running


def shown(reader: Program) -> int:
    """How many entries the reader has for the admin."""
    answer = reader.get("/v1/audit-events", PERSON)
    assert answer.status_code == 200, answer.text
    return int(answer.json()["total"])


def replayed(standby: psycopg.Connection[TupleRow]) -> datetime:
    """When the newest transaction that a standby has replayed was committed."""
    row = standby.execute("SELECT pg_last_xact_replay_timestamp()").fetchone()
    assert row is not None
    return cast(datetime, row[0])


def copied(drill: Procedure, primary: PostgresServer, folder: Path) -> Path:
    """The lines that make a login for replication, and a copy with it."""
    login = drill.line("CREATE ROLE").replace("NEW_PASSWORD", PASSWORD).replace("NEW_LOGIN", "follower")
    with psycopg.connect(primary.dsn, autocommit=True) as admin:
        admin.execute(login.encode())
    url = primary.url(user="follower", password=PASSWORD)
    line = drill.line("pg_basebackup").replace("REPLICATION_URL", url).replace("FOLDER", str(folder))
    program, *words = line.replace("SLOT", "follower").split()
    primary.run(program, *words)
    return folder


def test_readers_go_to_a_standby(world: World, primary: PostgresServer, tmp_path: Path) -> None:
    """A copy is made and follows while records come; the reader's restart on it costs no entry, and the primary its sessions."""
    drill = Procedure("Readers on a standby")
    topic = world.topic(3)
    consumer = world.consumer("run")
    with Program(world.database_url) as reader, ExitStack() as opened:
        with load(world, [topic], workspaces=1):
            flows(world, consumer)
            before = shown(reader)
            assert before > 0
            copy = copied(drill, primary, tmp_path / "copy")
            server = PostgresServer(settings=FOLLOWS, data_from=copy, password=primary.password)
            standby = opened.enter_context(server).url("audit")
            behind = drill.line("SELECT pg_wal_lsn_diff")
            world.until(lambda: (left := world.value(behind)) is not None and left < NEAR, "the standby follows")
            drill.line("kill -TERM READER_PID")
            assert reader.stop() == 0
            reader.environ["DATABASE_URL"] = standby
            drill.line("audit-reader serve")
            reader.start()
            drill.line("curl ")
            world.until(lambda: reader.get("/readyz", None).status_code == 200, "the reader is ready")
            assert shown(reader) >= before
            sessions = drill.line("SELECT count(*) FROM pg_stat_activity")
            world.until(lambda: world.value(sessions) == 0, "the primary has no session of a reader")
            drill.over()
            with psycopg.connect(standby) as there:
                assert there.execute(sessions.encode()).fetchone() != (0,)
            flows(world, consumer)
        world.until_read(consumer)
        world.until(lambda: shown(reader) == world.expected["recorded"], "everything is shown", of=[consumer])
        with psycopg.connect(standby, autocommit=True) as there:
            first = replayed(there)
            later = first + timedelta(seconds=5)
            world.until(
                lambda: replayed(there) > later, "an idle consumer commits, so the lag stays small", of=[consumer]
            )
        lag = reader.figure('auditlog_reader_replay_lag_seconds{cell="1/1"}')
        assert 0 < lag < 10
    assert consumer.stop() == 0
    world.check()
