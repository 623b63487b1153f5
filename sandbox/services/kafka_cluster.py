"""Several Kafka brokers as one cluster, on 127.0.0.1 or on machines of a network: each record is on all of them, and one may be missing."""

import uuid
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from sandbox.services.kafka import LocalKafka
from sandbox.services.machine import HERE, Machine

SIZE = 3
REPLICATED: Mapping[str, str] = {
    "default.replication.factor": "3",
    "min.insync.replicas": "2",
    "offsets.topic.replication.factor": "3",
    "transaction.state.log.replication.factor": "3",
    "transaction.state.log.min.isr": "2",
    "share.coordinator.state.topic.replication.factor": "3",
    "share.coordinator.state.topic.min.isr": "2",
    "controller.quorum.election.timeout.ms": "1000",
    "controller.quorum.fetch.timeout.ms": "2000",
}


class KafkaCluster:
    """Three brokers, each of them a controller as well, by their numbers from 1, each `on` its machine."""

    def __init__(self, config: Mapping[str, str], on: Sequence[Machine] = (HERE,) * SIZE) -> None:
        self.brokers = {
            number: LocalKafka(config={**config, **REPLICATED, "node.id": str(number)}, on=machine)
            for number, machine in enumerate(on, 1)
        }
        cluster_id = str(uuid.uuid4())
        voters = ",".join(f"{number}@{broker.controller}" for number, broker in self.brokers.items())
        for broker in self.brokers.values():
            broker.join(cluster_id, voters)
        self._running = ExitStack()

    @property
    def bootstrap(self) -> str:
        """All of them, so that any may be missing."""
        return ",".join(broker.bootstrap for broker in self.brokers.values())

    def __enter__(self) -> Self:
        for broker in self.brokers.values():
            self._running.callback(broker.close)
        try:
            with ThreadPoolExecutor(SIZE) as pool:  # the first does not answer before the second is there
                list(pool.map(LocalKafka.start, self.brokers.values()))
        except BaseException:
            self._running.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._running.close()
