"""The services that a fault happens to: those that all share, or some of its own. The consumer reaches them by proxies."""

import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

from runtime.migrations import migrate
from sandbox.services.failing_disk import FailingDisk, failing_disk
from sandbox.services.kafka import LocalKafka
from sandbox.services.kafka_cluster import KafkaCluster
from sandbox.services.machine import HERE, Machine
from sandbox.services.postgres import PostgresServer
from sandbox.services.registry import SchemaRegistry
from sandbox.services.small_disk import SmallDisk, small_disk
from sandbox.services.standby import REPLICATION, standby_of
from sandbox.services.tcp_proxy import TcpProxy
from tests.conftest import SHORT, TEMPLATE
from tests.faults.machines import Machines

QUICK: Mapping[str, str] = {"fsync": "off"}
FORGETFUL: Mapping[str, str] = {"offsets.retention.minutes": "1", "offsets.retention.check.interval.ms": "1000"}
DISK = 600  # MB


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """`kafka_link` and `database_link` are the consumer's ways to Kafka and PostgreSQL; we go directly.

    `three_brokers`, `the_machines` and `the_registry` start what takes long when it is first asked for; then it runs on.
    """

    kafka: LocalKafka
    kafka_link: TcpProxy
    postgres: PostgresServer
    database_link: TcpProxy
    database: str
    three_brokers: Callable[[], KafkaCluster]
    the_machines: Callable[[], Machines]
    the_registry: Callable[[], SchemaRegistry]
    cluster: KafkaCluster | None = None
    machines: Machines | None = None
    standby: PostgresServer | None = None
    replication_link: TcpProxy | None = None
    registry_link: TcpProxy | None = None
    registry: SchemaRegistry | None = None
    disk: SmallDisk | None = None
    failing_disk: FailingDisk | None = None
    clock: Path | None = None

    @property
    def bootstrap(self) -> str:
        """For us."""
        return self.cluster.bootstrap if self.cluster else self.kafka.bootstrap

    @property
    def settings(self) -> dict[str, str]:
        """For the consumer."""
        through = f"127.0.0.1:{self.kafka_link.port}"
        url = self.postgres.url(self.database)
        if not self.machines:  # whose lines can be made bad without a proxy
            url = url.replace(f":{self.postgres.port}/", f":{self.database_link.port}/")
        registry = f"http://127.0.0.1:{self.registry_link.port}/apis/ccompat/v7" if self.registry_link else ""
        return {
            "KAFKA_BOOTSTRAP_SERVERS": self.cluster.bootstrap if self.cluster else through,
            "DATABASE_URL": url,
            **({"SCHEMA_REGISTRY_URL": registry} if registry else {}),
        }

    def machine(self, number: int) -> Machine:
        """Where the consumer of this number runs, from 0."""
        return self.machines.consumers[number] if self.machines else HERE


Where: TypeAlias = Callable[[Services], AbstractContextManager[Services]]


@contextmanager
def proxied_kafka(on: Machine = HERE, config: Mapping[str, str] = SHORT) -> Iterator[tuple[LocalKafka, TcpProxy]]:
    """A broker, and a proxy that it sends the consumer back to."""
    with TcpProxy() as link, LocalKafka(config=config, advertised=link.port, on=on) as kafka:
        link.target = kafka.proxied_port
        yield kafka, link


@contextmanager
def shared(base: Services) -> Iterator[Services]:
    """The services of all, and a database of one's own."""
    with TcpProxy(base.postgres.port) as link:
        yield replace(base, database=_new_database(base.postgres), database_link=link)


def _new_database(postgres: PostgresServer) -> str:
    """The name of one more copy of the template."""
    name = f"faults_{uuid.uuid4().hex[:8]}"
    postgres.create_database(name, TEMPLATE)
    return name


@contextmanager
def database(
    base: Services,
    settings: Mapping[str, str] = QUICK,
    disk: SmallDisk | None = None,
    environ: Mapping[str, str] | None = None,
) -> Iterator[Services]:
    """A PostgreSQL of one's own, on a disk of its own and with more variables in its environment if given."""
    on = replace(HERE, disk=disk.path if disk else None, environ=environ or {})
    with PostgresServer(settings=settings, on=on) as server, TcpProxy(server.port) as link:
        migrate(server.create_database("audit"), lambda _: None)
        yield replace(base, postgres=server, database="audit", database_link=link, disk=disk)


@contextmanager
def few_connections(base: Services) -> Iterator[Services]:
    """A PostgreSQL with two dozen connections."""
    with database(base, {**QUICK, "max_connections": "24", "superuser_reserved_connections": "0"}) as services:
        yield services


@contextmanager
def database_on_a_small_disk(base: Services) -> Iterator[Services]:
    """A PostgreSQL whose disk can be filled."""
    with small_disk(DISK) as disk, database(base, disk=disk) as services:
        yield services


@contextmanager
def database_on_a_failing_disk(base: Services) -> Iterator[Services]:
    """A PostgreSQL that waits for its disk, as it is deployed."""
    with failing_disk() as disk, database(base, {"fsync": "on"}, environ=disk.environ) as services:
        yield replace(services, failing_disk=disk)


@contextmanager
def pair(base: Services) -> Iterator[Services]:
    """A primary, and a standby that follows it through a proxy."""
    with ExitStack() as running:
        services = running.enter_context(database(base, REPLICATION))
        link = running.enter_context(TcpProxy(services.postgres.port))
        standby = running.enter_context(standby_of(services.postgres, link.port))
        yield replace(services, standby=standby, replication_link=link)


@contextmanager
def broker_on_a_small_disk(base: Services) -> Iterator[Services]:
    """A broker whose disk can be filled."""
    with ExitStack() as running:
        disk = running.enter_context(small_disk(DISK))
        kafka, link = running.enter_context(proxied_kafka(replace(HERE, disk=disk.path)))
        services = running.enter_context(shared(base))
        yield replace(services, kafka=kafka, kafka_link=link, disk=disk)


@contextmanager
def broker_that_forgets_offsets(base: Services) -> Iterator[Services]:
    """A broker that keeps the offsets of a group for a minute after its last commit."""
    with proxied_kafka(config={**SHORT, **FORGETFUL}) as (kafka, link), shared(base) as services:
        yield replace(services, kafka=kafka, kafka_link=link)


@contextmanager
def cluster(base: Services) -> Iterator[Services]:
    """Three brokers, without a proxy."""
    brokers = base.three_brokers()
    with shared(base) as services:
        yield replace(services, kafka=brokers.brokers[1], cluster=brokers)


@contextmanager
def machines(base: Services) -> Iterator[Services]:
    """Three brokers, PostgreSQL, consumers and readers, each on a machine of its own, without a proxy."""
    apart = base.the_machines()
    brokers, database = apart.cluster, _new_database(apart.postgres)
    yield replace(
        base, kafka=brokers.brokers[1], cluster=brokers, postgres=apart.postgres, database=database, machines=apart
    )


@contextmanager
def with_registry(base: Services) -> Iterator[Services]:
    """The services of all, and a registry."""
    registry = base.the_registry()
    with TcpProxy(registry.port) as link, shared(base) as services:
        yield replace(services, registry=registry, registry_link=link)
