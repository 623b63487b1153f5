"""What an operator works on: two consumers of one group, a reader, a sealer, a topic under load, a registry, and a PostgreSQL that can be replaced."""

import random
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from sandbox.services.ports import free_port
from sandbox.services.registry import SchemaRegistry
from tests.e2e.program import Program
from tests.e2e.world import Produced, World
from tests.faults.beside import Beside, beside
from tests.faults.environment import Environment
from tests.faults.experiment import AS_DEPLOYED, LIMIT, PARTITIONS
from tests.faults.services import Services, database
from tests.ops.load import flows, has_joined
from tests.ops.prometheus import Prometheus


class Deployment:
    """`topic` is under load, `other` is not; `consumers` are those at work, by the port of their metrics.

    `loads` has the times at which load began, `junk` what will never be recorded. `postgres` is the server behind the
    address; what takes its place is closed with `running`.
    """

    def __init__(
        self,
        services: Services,
        world: World,
        prometheus: Prometheus,
        running: ExitStack,
        chance: random.Random,
        beside: Beside,
    ) -> None:
        self.services, self.world, self.prometheus, self.beside = services, world, prometheus, beside
        self.running, self.chance = running, chance
        self.postgres = services.postgres
        self.topic, self.other = world.topic(PARTITIONS), world.topic()
        self.consumers: dict[int, Program] = {}
        self.loads: list[float] = []
        self.junk: list[Produced] = []

    @property
    def registry(self) -> SchemaRegistry:
        """The registry that the consumers ask."""
        return self.services.the_registry()

    def start(self, port: int) -> None:
        """Starts a consumer, which Prometheus is told of, and waits until it has partitions."""
        self.consumers[port] = program = self.world.consumer(AUDIT_METRICS_BIND=f"127.0.0.1:{port}")
        self._tell()
        has_joined(self.world, program)

    def add(self) -> int:
        """Starts another one, at an address that was never used, as a pod has one; its port."""
        port = free_port()
        self.start(port)
        return port

    def restart_each(self) -> None:
        """One after the other, at the same address; the next when the one before is at work. Then sealer and reader."""
        for port, program in list(self.consumers.items()):
            self._end(program)
            self.start(port)
            self.flows()
        self.beside.restart()

    def remove(self, port: int) -> None:
        """Prometheus is told that it is gone for good, as where a pod is deleted."""
        program = self.consumers.pop(port)
        self._tell()
        self._end(program)

    def stop(self) -> None:
        """Asks all to end in order."""
        for program in self.consumers.values():
            self._end(program)
        self.beside.stop()

    def flows(self) -> None:
        """Returns once more is recorded than there was."""
        flows(self.world, *self.consumers.values())

    def parked(self, sent: Sequence[Produced]) -> list[str]:
        """The ids of these parked records, once all of them are parked."""
        ids: dict[Produced, str] = {}

        def there() -> bool:
            for row in self.world.rows("SELECT * FROM parked_record"):
                at = Produced(row["kafka_topic"], row["kafka_partition"], row["kafka_offset"])
                ids[at] = str(row["id"])
            return ids.keys() >= set(sent)

        self.world.until(there, "they are parked", of=[*self.consumers.values()], limit=LIMIT)
        return [ids[position] for position in sent]

    def _tell(self) -> None:
        self.prometheus.set_targets([f"127.0.0.1:{port}" for port in self.consumers])

    def _end(self, program: Program) -> None:
        code = program.stop()
        assert code == 0, f"asked to end, it exits with {code}\n{program.tail()}"


@contextmanager
def deployment_of(environment: Environment, chance: random.Random) -> Iterator[Deployment]:
    """A site with two consumers at work."""
    with ExitStack() as running:
        folder = Path(running.enter_context(tempfile.TemporaryDirectory(prefix="callmine-maintenance-")))
        services = running.enter_context(database(environment.base))
        world = running.enter_context(
            World(services.bootstrap, services.postgres.url(services.database), folder, forks=False)
        )
        world.environ |= {**AS_DEPLOYED, **services.settings, "SCHEMA_REGISTRY_URL": services.the_registry().url}
        along = running.enter_context(beside(services.settings["DATABASE_URL"], folder, environment.prometheus))
        deployment = Deployment(services, world, environment.prometheus, running, chance, along)
        for port in (environment.port, free_port()):
            deployment.start(port)
        yield deployment
