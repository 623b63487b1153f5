"""One fault from the first record to the oracle."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sandbox.services.process import wait_until
from tests.e2e.world import World
from tests.faults.beside import beside
from tests.faults.fault import Fault
from tests.faults.scene import LIMIT, Scene
from tests.faults.stage import Stage
from tests.faults.watch import Watch
from tests.ops.load import flows, load

MAX_MEMORY = 300  # MiB


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came of a fault: seconds from its end until all was caught up, and what was seen meanwhile."""

    fault: Fault
    recovery: float
    exits: tuple[int, ...]
    alerts: frozenset[str]
    memory: tuple[int, ...]
    records: int
    beside: str


@contextmanager
def scene_of(stage: Stage, fault: Fault) -> Iterator[Scene]:
    """The fault's own scene, with a consumer at work."""
    with ExitStack() as running:
        folder = Path(running.enter_context(tempfile.TemporaryDirectory(prefix="callmine-faults-")))
        place = running.enter_context(fault.where(stage.base))
        url, copies = place.postgres.url(place.database), len(place.cluster.brokers) if place.cluster else 1
        world = running.enter_context(World(place.bootstrap, url, folder, copies))
        world.environ |= fault.environ
        along = running.enter_context(beside(place.settings["DATABASE_URL"], folder, stage.prometheus))
        yield Scene(place, world, running.enter_context(ExitStack()), stage.prometheus, stage.port, along)


def exercise(scene: Scene, fault: Fault, batch: int) -> Result:
    """Makes the fault under load and shows that everything promised is so; AssertionError says what is not."""
    scene.exits.clear()
    with Watch(scene.world, scene.prometheus) as watch, load(scene.world, [scene.topic], batch):
        flows(scene.world, scene.consumer)
        _until_scraped(scene)
        _until_quiet(scene, "before it")
        watch.alerts.clear()
        scene.beside.begin()
        with fault.inject(scene):
            until = time.monotonic() + fault.seconds
            seen = wait_until(lambda: time.monotonic() > until and watch.alerts >= fault.alerts, LIMIT, 0.1)
            assert seen, f"not fired: {sorted(fault.alerts - watch.alerts)}, fired: {sorted(watch.alerts)}"
        recovery = _caught_up(scene)
        if fault.loses:
            scene.beside.accept_restore()
        _until_quiet(scene, "after it")
    exits, alerts = tuple(scene.exits), frozenset(watch.alerts)
    assert exits == fault.exits, f"exit codes {exits}, promised {fault.exits}"
    assert max(watch.memory) <= MAX_MEMORY, f"{max(watch.memory)} MiB of memory"
    scene.world.until_read(scene.consumer, *scene.others, limit=LIMIT)
    scene.check()
    told = scene.beside.check(scene.world)
    return Result(
        fault=fault, recovery=recovery, exits=exits, alerts=alerts, memory=tuple(watch.memory),
        records=sum(scene.world.expected.values()), beside=told,
    )  # fmt: skip


def _caught_up(scene: Scene) -> float:
    """Seconds until all that Kafka has now is in the tables."""
    began, ends = time.monotonic(), scene.world.ends()
    scene.until(lambda: not scene.world.behind(ends), "it is caught up with")
    return time.monotonic() - began


def _until_scraped(scene: Scene) -> None:
    """A rule reads what changes between two scrapes: what comes before the first one fires nothing."""
    series = f'auditlog_records_total{{topic="{scene.topic}"}}'
    scene.until(lambda: bool(scene.prometheus.query(series)), "Prometheus has seen the consumer")


def _until_quiet(scene: Scene, when: str) -> None:
    quiet = wait_until(lambda: not scene.prometheus.firing(), LIMIT, 0.1)
    assert quiet, f"{when} fires {sorted(scene.prometheus.firing())}"
