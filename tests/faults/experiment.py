"""One fault's own things: a database, topics, the consumers, and what is known of them."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from consumer.kafka.group_config import BASE
from sandbox.services.ports import free_port
from tests.e2e.program import Program
from tests.e2e.world import World
from tests.faults.beside import Beside
from tests.faults.readers import Reader
from tests.faults.services import Services
from tests.ops.load import has_joined
from tests.ops.prometheus import Prometheus

LIMIT = 90.0  # seconds that a recovery may take before it is given up
PARTITIONS = 3
# The tests shorten these; here the client waits as long as it does where it is deployed.
AS_DEPLOYED: Mapping[str, str] = {
    f"KAFKA_CONFIG_{name.upper().replace('.', '_')}": str(BASE[name])
    for name in ("topic.metadata.refresh.interval.ms", "reconnect.backoff.max.ms")
}


class Experiment:
    """`consumer` is the one that Prometheus looks at, `others` and `readers` may be beside it; `topic` is under load, `other` is not.

    `beside` are a reader and a sealer that are at work in each. `running` is for what a fault needs besides; it ends with the experiment.
    """

    def __init__(
        self, services: Services, world: World, running: ExitStack, prometheus: Prometheus, port: int, beside: Beside
    ) -> None:
        self.services, self.world, self.running, self.beside = services, world, running, beside
        self.prometheus = prometheus
        self.topic, self.other = world.topic(PARTITIONS), world.topic()
        self.others: list[Program] = []
        self.readers: list[Reader] = []
        self.exits: list[int] = []
        self._port = port
        self._targets = [self.metrics(0)]
        prometheus.set_targets(self._targets)
        world.environ |= {**AS_DEPLOYED, **services.settings}
        self.consumer = self.start()

    def start(self, *, failpoint: Sequence[str] = (), environ: Mapping[str, str] | None = None) -> Program:
        """Starts the consumer, whose predecessor has ended."""
        with self.services.machine(0).entered():
            self.consumer = self.world.consumer(
                failpoint=failpoint, **{"AUDIT_METRICS_BIND": self.metrics(0), **(environ or {})}
            )
        return self.consumer

    def metrics(self, number: int) -> str:
        """Where the consumer of this number shows its metrics."""
        return f"{self.services.machine(number).address}:{self._port}"

    def add(self, **environ: str) -> Program:
        """Starts another consumer of the group and waits until it has partitions."""
        with self.services.machine(len(self.others) + 1).entered():
            program = self.world.consumer(**environ)
        self.others.append(program)
        has_joined(self.world, program)
        return program

    def accompany(self) -> None:
        """Starts a second consumer of the group, which Prometheus looks at as well, for as long as the experiment lasts."""
        self._targets.append(f"{self.services.machine(1).address}:{free_port()}")
        self.prometheus.set_targets(self._targets)
        self.add(AUDIT_METRICS_BIND=self._targets[-1])

    def ended(self, program: Program) -> None:
        """Notes the exit code of a program that ends by itself, or has been made to."""
        self.exits.append(program.wait(LIMIT))

    def stop(self) -> None:
        """Asks all to end in order, which they must."""
        for program in (self.consumer, *self.others):
            code = program.stop()
            assert code == 0, f"asked to end, it exits with {code}\n{program.tail()}"
        self.beside.stop()

    def check(self) -> None:
        """The oracle: every record has its outcome, and each reader shows all that are recorded."""
        self.world.check()
        for reader in self.readers:
            reader.check(self.world.recorded)

    def until(self, condition: Callable[[], bool], wanted: str) -> None:
        """Waits, while the consumer runs."""
        self.world.until(condition, wanted, of=[self.consumer], limit=LIMIT)

    def repair(self, bootstrap: str = "", database_url: str = "") -> None:
        """Notes that a service is elsewhere now."""
        self.world.bootstrap = bootstrap or self.world.bootstrap
        self.world.database_url = database_url or self.world.database_url

    @property
    def folder(self) -> Path:
        """Where the programs' logs are."""
        return self.consumer.log.parent
