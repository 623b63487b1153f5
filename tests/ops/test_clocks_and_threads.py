"""The alerts of a database's clock that is ahead and of a thread that died, on real ones: each fires, and clears."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from runtime.migrations import migrate
from sandbox.services.ports import free_port
from sandbox.services.postgres import PostgresServer
from sandbox.services.service import KafkaBroker
from tests.builders import events
from tests.e2e.program import Program
from tests.e2e.world import World
from tests.faults.catalog.clocks import CLOCK
from tests.faults.catalog.needs import faketime
from tests.ops.prometheus import Prometheus

LIMIT = 90.0
AHEAD = 75  # seconds: the rule tells of more than 60, and complete_through stays until its time has come


@pytest.fixture
def clock() -> Iterator[Path]:
    """The file that says how far the clock of `database` is off; its server, another user, reads it."""
    with tempfile.TemporaryDirectory(prefix="callmine-clock-") as folder:
        Path(folder).chmod(0o755)
        path = Path(folder, "clock")
        path.write_text(f"+{AHEAD}s")
        yield path


@pytest.fixture
def database(clock: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PostgresServer]:
    """A server with a clock of its own."""
    if why := faketime():
        pytest.skip(why)
    for name, value in {**CLOCK, "FAKETIME_TIMESTAMP_FILE": str(clock)}.items():
        monkeypatch.setenv(name, value)
    with PostgresServer(settings={"fsync": "off"}) as server:
        monkeypatch.undo()
        migrate(server.create_database("audit"), lambda _: None)
        yield server


def fires(world: World, prometheus: Prometheus, consumer: Program, *alerts: str) -> None:
    """Waits until all of these fire, and then until none does."""
    world.until(lambda: set(alerts) <= prometheus.firing(), f"{alerts} fire", of=[consumer], limit=LIMIT)


def clears(world: World, prometheus: Prometheus, consumer: Program) -> None:
    """Waits until nothing fires."""
    world.until(lambda: not prometheus.firing(), "nothing fires", of=[consumer], limit=LIMIT)


def test_a_clock_that_is_ahead_is_told(
    kafka: KafkaBroker, database: PostgresServer, clock: Path, tmp_path: Path
) -> None:
    """AuditCompleteThroughAhead and AuditClockOff, until the clock is right and the time that was stated has come."""
    port = free_port()
    with (
        World(kafka.bootstrap, database.url("audit"), tmp_path) as world,
        Prometheus([f"127.0.0.1:{port}"]) as prometheus,
    ):
        topic = world.topic()
        consumer = world.consumer(AUDIT_METRICS_BIND=f"127.0.0.1:{port}")
        world.send(topic, events(3))
        fires(world, prometheus, consumer, "AuditCompleteThroughAhead", "AuditClockOff")
        clock.write_text("+0s")
        clears(world, prometheus, consumer)
        world.until_read(consumer)
        assert consumer.stop() == 0
        world.check()


def test_a_thread_that_died_is_told(kafka: KafkaBroker, database_url: str, tmp_path: Path) -> None:
    """AuditThreadRestarted for the poller, which has told its figures twice before, until a while has passed."""
    port = free_port()
    with World(kafka.bootstrap, database_url, tmp_path) as world, Prometheus([f"127.0.0.1:{port}"]) as prometheus:
        world.topic()
        consumer = world.consumer(failpoint=["poller:3", "raise"], AUDIT_METRICS_BIND=f"127.0.0.1:{port}")
        fires(world, prometheus, consumer, "AuditThreadRestarted")
        clears(world, prometheus, consumer)
        assert consumer.stop() == 0
