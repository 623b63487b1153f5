"""Real services for the tests that need them: each starts once in a session, and only when a test asks for it."""

import os
import signal
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from runtime.migrations import migrate
from sandbox.services.container import ContainerKafka
from sandbox.services.environment import kinds
from sandbox.services.kafka import LocalKafka
from sandbox.services.postgres import PostgresServer
from sandbox.services.registry import SchemaRegistry
from sandbox.services.service import KafkaBroker
from tests.e2e.world import World

pytest_plugins = ["tests.skips", "tests.order"]

# How fast examples are made says something of the machine's other work only.
settings.register_profile("busy machine", suppress_health_check=[HealthCheck.too_slow], deadline=None)
settings.load_profile("busy machine")
# Where the same properties were tried already, on the same code: by tests that run the unit tests once more.
settings.register_profile("few", settings.get_profile("busy machine"), max_examples=5)

# A shell that starts the tests in its background has SIGINT ignored, and so would every program that they interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)

TEMPLATE = "audit_template"
# A member that has died is missed after seconds, not after the minute that suits production.
SHORT: Mapping[str, str] = {
    "group.consumer.min.session.timeout.ms": "1000",
    "group.consumer.session.timeout.ms": "3000",
    "group.consumer.min.heartbeat.interval.ms": "100",
    "group.consumer.heartbeat.interval.ms": "300",
    "group.min.session.timeout.ms": "1000",
    "message.max.bytes": str(12 * 1024 * 1024),
}


def start_kafka(config: Mapping[str, str]) -> KafkaBroker:
    """The broker of these tests. They stop it, kill it and shorten its timeouts, so it is always one of our own."""
    kind = "local" if not os.environ.get("AUDIT_SANDBOX") else kinds(os.environ)[0]
    match kind:
        case "local":
            return LocalKafka(config={**SHORT, **config})
        case "docker":
            return ContainerKafka(config={**SHORT, **config})
        case _:
            pytest.fail(f"AUDIT_SANDBOX={kind}: the end-to-end tests need a real broker, `local` or `docker`")


@pytest.fixture(scope="session")
def kafka() -> Iterator[KafkaBroker]:
    """One broker for the session; whoever stops it starts it again."""
    with start_kafka({}) as broker:
        yield broker


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """One PostgreSQL for the session, with a migrated template; whoever stops it starts it again."""
    # The machine does not lose power in a test: what a killed PostgreSQL has written, the system still has.
    with PostgresServer(settings={"fsync": "off"}) as server:
        migrate(server.create_database(TEMPLATE), lambda _: None)
        yield server


@pytest.fixture(scope="session")
def registry() -> Iterator[SchemaRegistry]:
    """One schema registry for the session; it forgets its schemas when it is stopped."""
    with SchemaRegistry() as server:
        yield server


@pytest.fixture
def database_url(postgres: PostgresServer) -> Iterator[str]:
    """A migrated database of the test's own."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    yield postgres.create_database(name, TEMPLATE)
    postgres.drop_database(name)


@pytest.fixture
def world(kafka: KafkaBroker, database_url: str, tmp_path: Path) -> Iterator[World]:
    """A broker, a database, topics and a group of the test's own, and what is expected of them."""
    with World(kafka.bootstrap, database_url, tmp_path) as running:
        yield running
