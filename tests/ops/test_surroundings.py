"""What the alerts say of what is around the programs, on real ones: instances that are gone or restart, a registry, a certificate."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

import schemas
from sandbox.services.ports import free_port
from sandbox.services.registry import SchemaRegistry
from sandbox.services.service import KafkaBroker
from sandbox.services.tcp_proxy import TcpProxy
from tests.builders import event
from tests.e2e.program import Program
from tests.e2e.world import World
from tests.ops.prometheus import RULES, Prometheus, quick
from tests.security.authority import Authority
from tests.security.gate import gate

LIMIT = 90.0


@pytest.fixture
def ports() -> list[int]:
    """Where two consumers are scraped."""
    return [free_port(), free_port()]


@pytest.fixture
def prometheus(ports: list[int]) -> Iterator[Prometheus]:
    with Prometheus([f"127.0.0.1:{port}" for port in ports], "auditlog-surroundings") as started:
        yield started


@pytest.fixture
def world(kafka: KafkaBroker, database_url: str, tmp_path: Path) -> Iterator[World]:
    with World(kafka.bootstrap, database_url, tmp_path) as running:
        running.topic(2)
        yield running


def consumer(world: World, port: int, **environ: str) -> Program:
    return world.consumer("run", AUDIT_METRICS_BIND=f"127.0.0.1:{port}", **environ)


def until_firing(world: World, prometheus: Prometheus, *alerts: str, of: list[Program]) -> None:
    """Waits until exactly these fire; says what does where it takes too long."""
    try:
        world.until(lambda: prometheus.firing() == set(alerts), f"{alerts} alone fire", of=of, limit=LIMIT)
    except AssertionError as error:
        raise AssertionError(f"{error}; firing: {prometheus.firing()}") from None


def fires(world: World, prometheus: Prometheus, alert: str, of: list[Program]) -> None:
    """Waits until it fires, whatever else does."""
    world.until(lambda: alert in prometheus.firing(), f"{alert} fires", of=of, limit=LIMIT)


def test_one_of_two_that_is_gone_is_told(world: World, prometheus: Prometheus, ports: list[int]) -> None:
    """AuditInstanceGone for the one that was killed, until it is scraped again; nothing for the one that goes on."""
    stays, goes = (consumer(world, port) for port in ports)
    world.until(lambda: prometheus.value("sum(up)") == 2, "both are scraped", of=[stays, goes], limit=LIMIT)
    until_firing(world, prometheus, of=[stays])
    goes.kill()
    until_firing(world, prometheus, "AuditInstanceGone", of=[stays])
    back = consumer(world, ports[1])
    until_firing(world, prometheus, of=[stays, back])


def test_one_that_is_gone_with_its_target_is_told(world: World, prometheus: Prometheus, ports: list[int]) -> None:
    """AuditFewerInstances, where Prometheus forgets what is gone, until there are as many again."""
    stays, goes = (consumer(world, port) for port in ports)
    mostly = "quantile_over_time(0.2, count(auditlog_build_info)[60s:1s])"
    world.until(lambda: prometheus.value(mostly) == 2, "there were two most of the time", of=[stays, goes], limit=LIMIT)
    prometheus.set_targets([f"127.0.0.1:{ports[0]}"])
    until_firing(world, prometheus, "AuditFewerInstances", of=[stays, goes])
    prometheus.set_targets([f"127.0.0.1:{port}" for port in ports])
    until_firing(world, prometheus, of=[stays, goes])


def test_one_that_restarts_again_and_again_is_told(world: World, ports: list[int]) -> None:
    """AuditRestarting at the fifth start within its window, which is a minute here; it is over when the last one stays."""
    started: set[float | None] = {None}
    minute = "[1d]"  # as quick makes it
    rules = quick(RULES.read_text().replace("[30m]", minute))
    with Prometheus([f"127.0.0.1:{ports[0]}"], "auditlog-surroundings", rules=lambda _: rules) as prometheus:

        def is_new() -> bool:
            return prometheus.value("process_start_time_seconds") not in started

        for number in range(5):
            assert "AuditRestarting" not in prometheus.firing()
            program = consumer(world, ports[0])
            world.until(is_new, "it is scraped", of=[program], limit=LIMIT)
            started.add(prometheus.value("process_start_time_seconds"))
            if number < 4:
                program.kill()
        fires(world, prometheus, "AuditRestarting", of=[program])
        until_firing(world, prometheus, of=[program])


def test_a_registry_that_cannot_be_reached_is_told(
    world: World, prometheus: Prometheus, ports: list[int], registry: SchemaRegistry
) -> None:
    """AuditRegistryTrouble while a record waits for its schema, until the registry answers; then the record is recorded."""
    with TcpProxy(registry.port) as link:
        url = registry.url.replace(f":{registry.port}/", f":{link.port}/")
        programs = [consumer(world, port, SCHEMA_REGISTRY_URL=url) for port in ports]
        number = registry.register(world.topics[0], schemas.latest("member.removed").text)
        link.refuse()
        world.send(world.topics[0], [event("member.removed", schema_id=number)])
        until_firing(world, prometheus, "AuditRegistryTrouble", of=programs)
        link.accept()
        world.until_read(*programs)
        until_firing(world, prometheus, of=programs)
        assert [program.stop() for program in programs] == [0, 0]
        world.check()


def test_a_certificate_that_ends_is_told(
    world: World, prometheus: Prometheus, ports: list[int], tmp_path: Path
) -> None:
    """AuditCertificateExpiring for a registry whose certificate is good for a week, until it is renewed."""
    authority = Authority(tmp_path / "authority")
    other = consumer(world, ports[1])
    with ExitStack() as gates:

        def started(file: str, days: int) -> Program:
            url = gates.enter_context(gate("http://127.0.0.1:1", authority.issue(file, days=days), "a", "b"))
            return consumer(world, ports[0], SCHEMA_REGISTRY_URL=url, AUDIT_REGISTRY_CA=str(authority.path))

        ending = started("week.pem", 7)
        until_firing(world, prometheus, "AuditCertificateExpiring", of=[ending, other])
        start = f'process_start_time_seconds{{instance="127.0.0.1:{ports[0]}"}}'
        started_before = {None, prometheus.value(start)}
        assert ending.stop() == 0
        renewed = started("year.pem", 365)
        world.until(
            lambda: prometheus.value(start) not in started_before, "it is scraped", of=[renewed, other], limit=LIMIT
        )
        until_firing(world, prometheus, of=[renewed, other])
        assert renewed.stop() == 0
