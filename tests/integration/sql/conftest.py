"""PostgreSQL servers, the database of a test, and connections in each of the roles."""

import itertools
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, LiteralString, TypeAlias

import psycopg
import pytest
from psycopg import sql as text

from runtime.migrations import migrate
from sandbox.services.postgres import PostgresServer, installations

Connection: TypeAlias = psycopg.Connection[tuple[Any, ...]]
Cursor: TypeAlias = psycopg.Cursor[tuple[Any, ...]]
Statement: TypeAlias = bytes | LiteralString | text.SQL | text.Composed
ROLES = ("audit_owner", "audit_writer", "audit_reader", "audit_operator", "audit_sealer", "audit_exporter")
NAMES = (f"test_{number}" for number in itertools.count())


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--write-schema` writes sql/schema.sql again instead of only comparing it."""
    parser.addoption("--write-schema", action="store_true", help="write sql/schema.sql again")


@pytest.fixture(scope="session", params=installations(), ids=lambda installation: f"pg{installation.major}")
def server(request: pytest.FixtureRequest) -> Iterator[PostgresServer]:
    """A server of each installed version, with a migrated database `audit_template` to clone."""
    with PostgresServer(installation=request.param, settings={"fsync": "off"}) as started:
        migrate(started.create_database("audit_template"), lambda _: None)
        yield started


@pytest.fixture(scope="module", params=installations(), ids=lambda installation: f"pg{installation.major}")
def cluster(request: pytest.FixtureRequest) -> Iterator[PostgresServer]:
    """A server whose roles belong to one test at a time, see `bare`."""
    with PostgresServer(installation=request.param, settings={"fsync": "off"}) as started:
        yield started


@pytest.fixture
def bare(cluster: PostgresServer) -> Iterator[PostgresServer]:
    """A server without our roles and databases, but with the logins `deploy` (CREATEROLE) and `plain` (nothing)."""
    with psycopg.connect(cluster.dsn, autocommit=True) as admin:
        admin.execute("CREATE ROLE deploy LOGIN CREATEROLE PASSWORD 'deploy'")
        admin.execute("CREATE ROLE plain LOGIN PASSWORD 'plain'")
        yield cluster
        for (name,) in admin.execute("SELECT datname FROM pg_database WHERE datname LIKE 'test%'").fetchall():
            cluster.drop_database(name)
        for role in (*ROLES, "deploy", "plain"):
            admin.execute(text.SQL("DROP ROLE IF EXISTS {}").format(text.Identifier(role)))


class Role:
    """One of the roles, each statement of which is a savepoint in the one transaction of the test, never committed."""

    def __init__(self, connection: Connection, name: str) -> None:
        self._connection = connection
        self._set_role = text.SQL("SET LOCAL ROLE {}").format(text.Identifier(name))

    def execute(self, statement: Statement, params: psycopg.abc.Params | None = None) -> Cursor:
        """Executes as this role; after an error the transaction goes on as if the statement had not been."""
        with self._connection.transaction():
            self._connection.execute(self._set_role)
            return self._connection.execute(statement, params)

    @contextmanager
    def session(self) -> Iterator[Connection]:
        """The connection as this role, for code that has statements of its own."""
        with self._connection.transaction():
            self._connection.execute(self._set_role)
            yield self._connection


@pytest.fixture
def own_database(server: PostgresServer) -> Iterator[str]:
    """The superuser's URL of a migrated database of the test's own, for what must be committed. Slow to make."""
    name = next(NAMES)
    yield server.create_database(name, "audit_template")
    server.drop_database(name)


@pytest.fixture
def as_role(server: PostgresServer) -> Iterator[Callable[[str], Role]]:
    """Gives a role in a migrated database that is empty, and is so again after the test."""
    with (
        psycopg.connect(server.url("audit_template"), autocommit=True) as connection,
        connection.transaction(force_rollback=True),
    ):
        yield lambda name: Role(connection, name)


@pytest.fixture
def owner(as_role: Callable[[str], Role]) -> Role:
    """The owner of all tables."""
    return as_role("audit_owner")


@pytest.fixture
def writer(as_role: Callable[[str], Role]) -> Role:
    """The consumer's role."""
    return as_role("audit_writer")


@pytest.fixture
def reader(as_role: Callable[[str], Role]) -> Role:
    """The role of page and API."""
    return as_role("audit_reader")


@pytest.fixture
def operator(as_role: Callable[[str], Role]) -> Role:
    """The operators' role."""
    return as_role("audit_operator")


@pytest.fixture
def sealer(as_role: Callable[[str], Role]) -> Role:
    """The role of `audit-export seal` and `check`."""
    return as_role("audit_sealer")


@pytest.fixture
def exporter(as_role: Callable[[str], Role]) -> Role:
    """The role of `audit-export create`."""
    return as_role("audit_exporter")


@pytest.fixture(scope="session")
def dump() -> Callable[..., str]:
    """Gives the schema of a database as pg_dump writes it, without what differs from one dump to the next."""

    def run(server: PostgresServer, url: str, *options: str) -> str:
        program = server.installation.bin / "pg_dump"
        process = subprocess.run([program, "--schema-only", *options, url], check=True, capture_output=True, text=True)
        noise = ("--", "SET ", "SELECT pg_catalog.set_config", "\\restrict", "\\unrestrict")
        lines = (line for line in process.stdout.splitlines() if not line.startswith(noise))
        blocks = "\n".join(lines).split("\n\n")
        return "\n\n".join(block.strip("\n") for block in blocks if block.strip()) + "\n"

    return run


POSITION = {"kafka_topic": "callmine.schedules", "kafka_topic_id": "t1", "kafka_partition": 0, "kafka_offset": 7}
RAW = {**POSITION, "kafka_timestamp": None, "key": b"org_a", "value": b"\xc3\x01", "headers": '[["ce_id", "YQ=="]]'}
IDENTITY = {"workspace_id": "org_a", "event_source": "/services/schedules", "event_id": "e1"}
ROWS: dict[str, dict[str, Any]] = {
    "audit_event": {
        **IDENTITY,
        "action": "schedule.lifecycle_changed",
        "facets": ["operation:paused"],
        "actor_type": "user",
        "actor_id": "user_1",
        "actor_email": "ann@example.com",
        "subject_type": "schedule",
        "subject_id": "sch_1",
        "subject_label": "Weekly",
        "channel": "web",
        "occurred_at": "2026-01-01T00:00:00Z",
        "diff": '{"changes":{}}',
        "kafka_topic": "callmine.schedules",
        "kafka_partition": 0,
        "kafka_offset": 7,
        "kafka_timestamp": None,
        "content_digest": bytes(32),
        "trace_id": None,
    },
    "parked_record": {**RAW, "reason": "unknown_type", "detail": "no one lists it"},
    "original_record": {**RAW, **IDENTITY},
    "conflicting_event": {**RAW, **IDENTITY, "content_digest": bytes(32)},
    "data_gap": {
        "kafka_topic": "callmine.schedules",
        "kafka_topic_id": "t1",
        "kafka_partition": 0,
        "from_offset": 0,
        "to_offset": None,
        "epoch": 1,
        "cause": "topic_recreated",
        "detail": "gone",
    },
    "operator_action": {
        "action": "resume",
        "kafka_topic": "callmine.schedules",
        "kafka_topic_id": "t1",
        "kafka_partition": 0,
        "reason": "the producer is fixed",
    },
    "partition_progress": {"kafka_topic": "callmine.schedules", "kafka_topic_id": "t1", "kafka_partition": 0},
    "audit_seal": {"seal": 0, "snapshot": "10:20:12", "record": "r", "accounts": "a", "checkpoint": "c"},
    "audit_sealed_workspace": {"workspace": bytes(32), "seal": 0, "days": bytes(32)},
    "audit_sealed_day": {"workspace": bytes(32), "day": "2026-01-01", "seal": 0, "entries": 1, "digest": bytes(32)},
    "audit_export": {
        "workspace_id": "org_a",
        "from_day": "2026-01-01",
        "to_day": "2026-02-01",
        "entries": 0,
        "manifest_sha256": bytes(32),
        "requested_by": "auditor@example.com",
        "reason": "SOC 2",
    },
    "audit_cell": {"number": 1, "cells": 2, "reason": "split"},
}


@pytest.fixture(scope="session")
def insert() -> Callable[..., None]:
    """Inserts a valid row into a table, with the given columns changed; `tail` follows VALUES (…)."""

    def run(connection: Connection | Role, table: str, tail: LiteralString = "", **changed: object) -> None:
        row = {**ROWS[table], **changed}
        statement = text.SQL("INSERT INTO {} ({}) VALUES ({}) ").format(
            text.Identifier(table),
            text.SQL(", ").join(map(text.Identifier, row)),
            text.SQL(", ").join(map(text.Placeholder, row)),
        )
        connection.execute(statement + text.SQL(tail), row)

    return run
