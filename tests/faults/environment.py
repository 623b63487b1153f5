"""The services that all faults share, and a real Prometheus that looks at their consumers."""

import json
from collections.abc import Callable
from contextlib import ExitStack
from functools import cache
from types import TracebackType
from typing import Self

import yaml

from runtime.migrations import migrate
from sandbox.services.kafka_cluster import KafkaCluster
from sandbox.services.ports import free_port
from sandbox.services.postgres import PostgresServer
from sandbox.services.registry import SchemaRegistry
from sandbox.services.tcp_proxy import TcpProxy
from tests.conftest import SHORT, TEMPLATE
from tests.faults.beside import GROUPS as BESIDE
from tests.faults.machines import Machines
from tests.faults.services import QUICK, Services, proxied_kafka
from tests.ops.prometheus import CONSUMER, Prometheus, quick

GROUPS = (*CONSUMER, *BESIDE, "auditlog-surroundings")
# Quick, it would be due every 12 seconds; one is made at the end of an experiment. tests/ops/test_sealing_alerts.py has it.
LEFT_OUT = "AuditCheckMissing"


def brisk(rules: str) -> str:
    """The rules with short durations, without LEFT_OUT."""
    groups = yaml.safe_load(quick(rules))["groups"]
    return json.dumps(
        {
            "groups": [
                {**group, "rules": [rule for rule in group["rules"] if rule["alert"] != LEFT_OUT]} for group in groups
            ]
        }
    )


class Environment:
    """`base` has the services, `port` is where a consumer shows its metrics, `protocol` is its group's.

    `rules` is what becomes of the alerts' rules.
    """

    base: Services
    prometheus: Prometheus

    def __init__(self, rules: Callable[[str], str] = brisk, protocol: str = "consumer") -> None:
        self.port = free_port()
        self.protocol = protocol
        self._rules = rules
        self._running = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as running:
            kafka, link = running.enter_context(proxied_kafka())
            postgres = running.enter_context(PostgresServer(settings=QUICK))
            migrate(postgres.create_database(TEMPLATE), lambda _: None)
            direct = running.enter_context(TcpProxy(postgres.port))
            self.base = Services(
                kafka=kafka, kafka_link=link, postgres=postgres, database_link=direct, database=TEMPLATE,
                three_brokers=cache(lambda: self._running.enter_context(KafkaCluster(SHORT))),
                the_machines=cache(lambda: self._running.enter_context(Machines(QUICK))),
                the_registry=cache(lambda: self._running.enter_context(SchemaRegistry())),
            )  # fmt: skip
            targets = [f"127.0.0.1:{self.port}"]
            self.prometheus = running.enter_context(Prometheus(targets, *GROUPS, rules=self._rules))
            self._running = running.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._running.close()
