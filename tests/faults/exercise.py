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
from tests.faults.environment import Environment
from tests.faults.experiment import LIMIT, Experiment
from tests.faults.fault import Fault
from tests.faults.protocol import settings
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
def experiment_of(environment: Environment, fault: Fault) -> Iterator[Experiment]:
    """The fault's own experiment, with a consumer at work."""
    with ExitStack() as running:
        folder = Path(running.enter_context(tempfile.TemporaryDirectory(prefix="callmine-faults-")))
        services = running.enter_context(fault.where(environment.base))
        url, copies = services.postgres.url(services.database), len(services.cluster.brokers) if services.cluster else 1
        world = running.enter_context(World(services.bootstrap, url, folder, copies, forks=False))
        world.environ |= settings(environment.protocol, fault.environ)
        along = running.enter_context(beside(services.settings["DATABASE_URL"], folder, environment.prometheus))
        yield Experiment(
            services, world, running.enter_context(ExitStack()), environment.prometheus, environment.port, along
        )


def alone(environment: Environment, fault: Fault, batch: int) -> Result:
    """The fault in an experiment of its own, whose programs end in order."""
    with experiment_of(environment, fault) as experiment:
        result = exercise(experiment, fault, batch)
        experiment.stop()
    return result


def exercise(experiment: Experiment, fault: Fault, batch: int) -> Result:
    """Makes the fault under load and shows that everything promised is so; AssertionError says what is not."""
    experiment.exits.clear()
    with Watch(experiment.world, experiment.prometheus) as watch, load(experiment.world, [experiment.topic], batch):
        flows(experiment.world, experiment.consumer)
        _until_scraped(experiment)
        _until_quiet(experiment, "before it")
        watch.alerts.clear()
        experiment.beside.begin()
        with fault.inject(experiment):
            until = time.monotonic() + fault.seconds
            have_fired = wait_until(lambda: time.monotonic() > until and watch.alerts >= fault.alerts, LIMIT, 0.1)
            assert have_fired, f"not fired: {sorted(fault.alerts - watch.alerts)}, fired: {sorted(watch.alerts)}"
        recovery = _caught_up(experiment)
        if fault.loses:
            experiment.beside.accept_restore()
        _until_quiet(experiment, "after it")
    exits, alerts = tuple(experiment.exits), frozenset(watch.alerts)
    assert exits == fault.exits, f"exit codes {exits}, promised {fault.exits}"
    assert max(watch.memory) <= MAX_MEMORY, f"{max(watch.memory)} MiB of memory"
    experiment.world.until_read(experiment.consumer, *experiment.others, limit=LIMIT)
    experiment.check()
    noticed = experiment.beside.check(experiment.world)
    return Result(
        fault=fault, recovery=recovery, exits=exits, alerts=alerts, memory=tuple(watch.memory),
        records=sum(experiment.world.expected.values()), beside=noticed,
    )  # fmt: skip


def _caught_up(experiment: Experiment) -> float:
    """Seconds until all that Kafka has now is in the tables."""
    began, ends = time.monotonic(), experiment.world.ends()
    experiment.until(lambda: not experiment.world.behind(ends), "it is caught up with")
    return time.monotonic() - began


def _until_scraped(experiment: Experiment) -> None:
    """A rule reads what changes between two scrapes: what comes before the first one fires nothing."""
    series = f'auditlog_records_total{{topic="{experiment.topic}"}}'
    experiment.until(lambda: bool(experiment.prometheus.query(series)), "Prometheus has seen the consumer")


def _until_quiet(experiment: Experiment, when: str) -> None:
    quiet = wait_until(lambda: not experiment.prometheus.firing(), LIMIT, 0.1)
    assert quiet, f"{when} fires {sorted(experiment.prometheus.firing())}"
