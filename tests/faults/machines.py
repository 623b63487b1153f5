"""Machines of a network of our own: three brokers, PostgreSQL, consumers and readers, each on one."""

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from runtime.migrations import migrate
from sandbox.services.kafka_cluster import SIZE, KafkaCluster
from sandbox.services.machine import Machine
from sandbox.services.network import Network
from sandbox.services.postgres import PostgresServer
from tests.conftest import SHORT, TEMPLATE

BROKERS = tuple(f"broker {number}" for number in range(1, SIZE + 1))
DATABASE = "database"
CONSUMERS = tuple(f"consumer {number}" for number in range(1, 5))
READERS = ("reader 1", "reader 2")
ALL = (*BROKERS, DATABASE, *CONSUMERS, *READERS)


class Machines:
    """`consumers` and `readers` are machines where nothing runs yet; `postgres` has a migrated template. We are on the network, too."""

    network: Network
    cluster: KafkaCluster
    postgres: PostgresServer

    def __init__(self, settings: Mapping[str, str]) -> None:
        self._settings = settings
        self._running = ExitStack()

    @property
    def consumers(self) -> Sequence[Machine]:
        """Where consumers run."""
        return [self.network.machines[name] for name in CONSUMERS]

    @property
    def readers(self) -> Sequence[Machine]:
        """Where readers run."""
        return [self.network.machines[name] for name in READERS]

    def tcp_counts(self, name: str) -> Counter[str]:
        """What a machine's kernel has counted of TCP since it is there, by its names: Tcp and TcpExt, as `nstat` shows them."""
        counts = Counter[str]()
        with self.network.machines[name].entered():
            for table, prefix in (("snmp", "Tcp:"), ("netstat", "TcpExt:")):
                lines = Path(f"/proc/thread-self/net/{table}").read_text("ascii").splitlines()
                names, numbers = (line.split()[1:] for line in lines if line.startswith(f"{prefix} "))
                counts.update(dict(zip(names, map(int, numbers), strict=True)))
        return counts

    def __enter__(self) -> Self:
        with ExitStack() as running:
            self.network = running.enter_context(Network(ALL))
            print(f"packets are lost, doubled and late by the seed {self.network.seed}", file=sys.stderr, flush=True)
            on = self.network.machines
            self.cluster = running.enter_context(KafkaCluster(SHORT, [on[name] for name in BROKERS]))
            self.postgres = running.enter_context(PostgresServer(settings=self._settings, on=on[DATABASE]))
            migrate(self.postgres.create_database(TEMPLATE), lambda _: None)
            self._running = running.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._running.close()
