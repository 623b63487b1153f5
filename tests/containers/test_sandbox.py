"""The sandbox where an engine answers: Kafka in a container, and the consumer's tables in the image's PostgreSQL.

That a broker in a container comes back with its records is shown by tests/e2e, which `make containers` runs on one.
"""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from docker import DockerClient  # type: ignore[import-untyped]
from testcontainers.community.postgres import PostgresContainer

from runtime.migrations import migrate
from sandbox.services.container import ContainerKafka
from sandbox.services.environment import KINDS, Sandbox
from sandbox.services.ports import listens
from sandbox.services.process import SandboxError
from sandbox.services.service import KafkaBroker
from tests.builders import events
from tests.e2e.world import World

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    """A migrated database in the image that compose.yaml takes."""
    image = os.environ["AUDIT_POSTGRES_IMAGE"]
    with PostgresContainer(image, username="audit_admin", password="of-a-test", dbname="audit", driver=None) as server:
        url = server.get_connection_url()
        migrate(url, print)
        yield url


def unforced() -> Mapping[str, str]:
    """The environment of someone who has an engine and has chosen nothing."""
    return {name: value for name, value in os.environ.items() if name != "AUDIT_SANDBOX"}


def test_an_engine_that_answers_is_preferred(engine: DockerClient) -> None:
    """Unforced, Kafka is a container: said so, on loopback only, and gone at the end."""
    before = {container.id for container in engine.containers.list(all=True)}
    with Sandbox({**unforced(), "DATABASE_URL": "postgresql://db/audit"}) as sandbox:
        assert KINDS[0] == "docker" and isinstance(sandbox.broker, ContainerKafka)
        assert f"Kafka: Kafka in a container of {os.environ['AUDIT_KAFKA_IMAGE']}" in "\n".join(sandbox.describe())
        (container,) = (started for started in engine.containers.list() if started.id not in before)
        ports = container.attrs["NetworkSettings"]["Ports"]
        assert [binding["HostIp"] for bound in ports.values() for binding in bound or []] == ["127.0.0.1"]
        port = sandbox.broker.port
        assert listens(port)

    assert {container.id for container in engine.containers.list(all=True)} == before
    assert not listens(port)


def test_an_image_that_cannot_be_had_is_one_clear_error() -> None:
    """The next kind is tried only where none was forced."""
    environ = {**os.environ, "AUDIT_KAFKA_IMAGE": "callmine-standin/no-such-image:1"}
    with pytest.raises(SandboxError, match="no-such-image"), ContainerKafka(environ=environ):
        pass


def test_the_demo_runs_on_containers() -> None:
    """`make demo ARGS=--once` with a broker in a container: its own check passes."""
    process = subprocess.run(
        [sys.executable, "-m", "sandbox.demo", "--once"], check=False, cwd=ROOT, capture_output=True, text=True
    )

    assert process.returncode == 0, process.stdout[-3000:] + process.stderr[-2000:]
    assert "Kafka in a container" in process.stdout + process.stderr


def test_the_consumer_writes_to_the_images_postgresql(kafka: KafkaBroker, database: str, tmp_path: Path) -> None:
    """Broker and database both in containers: each of the fourteen types is recorded, and the books balance."""
    with World(kafka.bootstrap, database, tmp_path) as world:
        topic = world.topic(3)
        world.send(topic, events(140))
        world.run_until_end()
        world.check()
