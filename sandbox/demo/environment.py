"""Starts and ends what the demo runs on: services, topics, schema, consumer, reader, sealer."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from confluent_kafka import Producer

from catalog.topics import TOPICS
from runtime.migrations import migrate
from runtime.postgres import Connection, connect
from sandbox.demo import queries
from sandbox.demo.sealing import SealingPrograms, sealing
from sandbox.demo.steps import DemoSteps
from sandbox.services.environment import Sandbox
from sandbox.services.issuer import Issuer, Person
from sandbox.services.mock import MockKafka
from sandbox.services.process import SandboxError, Server
from sandbox.services.site import Site, site
from sandbox.services.temporary_folder import TemporaryFolder
from sandbox.traffic.publisher import create_topics
from sandbox.traffic.sample import sample

PARTITIONS = 3


@dataclass(frozen=True, slots=True)
class DemoEnvironment:
    """What is running.

    `connection` has the operator's role, `program` is the path of audit-consumer, `page` the URL of the reader.
    """

    sandbox: Sandbox
    consumer: Server
    connection: Connection
    program: Path
    issuer: Issuer
    page: str
    sealing: SealingPrograms

    @property
    def environ(self) -> dict[str, str]:
        """The settings with which audit-consumer reaches these services."""
        return _environ(self.sandbox)

    def check(self) -> None:
        """SandboxError when the consumer has ended, or a partition is halted: the demo itself shows neither."""
        if self.consumer.pid is None:
            raise SandboxError(f"audit-consumer has ended; the end of its log:\n{self.consumer.tail()}")
        if halted := queries.halted(self.connection):
            raise SandboxError("audit-consumer halted " + "; ".join(halted))


@contextmanager
def demo_environment(environ: Mapping[str, str], steps: DemoSteps) -> Iterator[DemoEnvironment]:
    """Everything, for the time of a `with`; it is ended in reverse order, whatever happens inside. SandboxError."""
    program, export = (Path(sys.executable).with_name(name) for name in ("audit-consumer", "audit-export"))
    with _services(environ, steps) as sandbox:
        with steps.step("the topics are created"):
            partitions = _create_topics(sandbox)
        with steps.step("audit-consumer migrate") as notes:
            migrate(sandbox.database_url, notes.append)
        with (
            connect(sandbox.database_url, "audit_operator", "demo") as connection,
            TemporaryFolder("consumer") as folder,
        ):
            consumer = Server("audit-consumer", folder, lambda: queries.active(connection) == partitions)
            with steps.step(f"audit-consumer run, until it has claimed all {partitions} partitions"):
                consumer.start([program, "run"], _environ(sandbox))
            try:
                with _page(sandbox, steps) as page, sealing(_environ(sandbox), export, steps) as sealer:
                    yield DemoEnvironment(sandbox, consumer, connection, program, page.issuer, page.url, sealer)
            finally:
                with steps.step("audit-consumer drains and ends"):
                    consumer.stop()


@contextmanager
def _page(sandbox: Sandbox, steps: DemoSteps) -> Iterator[Site]:
    """The reader, and the demo's own sign-in service."""
    with ExitStack() as stack:
        with steps.step("audit-reader, and a sign-in service for the demo"):
            page = stack.enter_context(site(sandbox.database_url, people()))
        yield page


def workspaces() -> list[str]:
    """The ids of the sample's workspaces."""
    events = sample(datetime.now(UTC), timedelta(seconds=1))
    return list(dict.fromkeys(emission.key.decode() for emission in events))


def people() -> tuple[Person, ...]:
    """Who can sign in: an admin and a member of the first workspace of the sample, and the admin of the second."""
    first, second = workspaces()[:2]
    return (
        Person("Dana, admin of the first workspace", "user_2demodana", first, "first-workspace", "admin"),
        Person("Max, member of the first workspace", "user_2demomax", first, "first-workspace", "member"),
        Person("Olga, admin of another workspace", "user_2demoolga", second, "other-workspace", "admin"),
    )


@contextmanager
def _services(environ: Mapping[str, str], steps: DemoSteps) -> Iterator[Sandbox]:
    with ExitStack() as stack:
        with steps.step("Kafka and PostgreSQL start (the first run downloads Kafka, 54 MB)") as notes:
            services = stack.enter_context(Sandbox(environ))
            notes.extend(services.describe())
        try:
            yield services
        finally:
            with steps.step("Kafka and PostgreSQL end, and their folders are removed"):
                stack.close()


def _environ(services: Sandbox) -> dict[str, str]:
    return {"DATABASE_URL": services.database_url, "KAFKA_BOOTSTRAP_SERVERS": services.kafka_bootstrap}


def _create_topics(services: Sandbox) -> int:
    """Creates the seven topics; the number of their partitions."""
    if isinstance(services.broker, MockKafka):
        client = Producer(
            {"bootstrap.servers": services.kafka_bootstrap, "log_level": 0}
        )  # the mock creates a topic when its metadata is queried
        return sum(len(client.list_topics(topic, timeout=10).topics[topic].partitions) for topic in TOPICS)
    create_topics(services.kafka_bootstrap, TOPICS, PARTITIONS)
    return PARTITIONS * len(TOPICS)
