"""Clocks: the database's an hour behind the consumer's, and a consumer's own that is set while it works."""

import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from sandbox.services.own_clock import OwnClock, own_clock
from tests.builders import ONE_OF_EACH, events
from tests.e2e.faketime import ENVIRON
from tests.faults.catalog.limits import restarted
from tests.faults.catalog.needs import c_compiler, faketime
from tests.faults.experiment import Experiment
from tests.faults.fault import Fault
from tests.faults.services import Services, database
from tests.ops.load import flows

HOUR = 3600
CLOCK = {**ENVIRON, "FAKETIME_NO_CACHE": "1"}
CLOCK_OFF = "AuditClockOff"
BEAT = 5.0  # seconds that the loop's last heartbeat may be old, or ahead of Prometheus' clock
NOW = "SELECT clock_timestamp()"
FIRST = "SELECT min(recorded_at) FROM audit_event"
COMPLETE = "SELECT bool_and(complete_through > %(since)s) FROM partition_progress"
WRONG_TIMES = """
SELECT (SELECT count(*) FROM audit_event WHERE recorded_at < %(first)s OR recorded_at > clock_timestamp())
     + (SELECT count(*) FROM partition_progress WHERE complete_through > clock_timestamp())
"""
SINCE_THE_BEAT = "time() - max(auditlog_loop_heartbeat_timestamp_seconds)"


@contextmanager
def _database_with_a_clock(base: Services) -> Iterator[Services]:
    """A database whose clock is set by a file."""
    with tempfile.TemporaryDirectory(prefix="callmine-clock-") as folder:
        clock = Path(folder, "clock")
        clock.write_text("+0s")
        Path(folder).chmod(0o755)
        with database(base, environ={**CLOCK, "FAKETIME_TIMESTAMP_FILE": str(clock)}) as services:
            yield replace(services, clock=clock)


@contextmanager
def _database_set_back(experiment: Experiment) -> Iterator[None]:
    """By an hour: the consumer's is then ahead of it."""
    clock = experiment.services.clock
    assert clock is not None
    clock.write_text(f"-{HOUR}s")
    yield
    clock.write_text("+0s")


@contextmanager
def _consumer_jumps(experiment: Experiment) -> Iterator[None]:
    """An hour ahead, right, an hour behind, right: nothing but the log lines and spans is by that clock."""
    world = experiment.world
    first = world.value(FIRST)
    with own_clock() as clock, restarted(lambda _: nullcontext(dict(clock.environ)))(experiment):
        for ahead in (HOUR, 0, -HOUR, 0):
            _jump(experiment, clock, ahead)
            assert world.value(WRONG_TIMES, first=first) == 0, f"the clock {ahead} s ahead is in the tables"
        yield
    sent = {dict(message.headers)["ce_time"] for message in events(len(ONE_OF_EACH), workspaces=1)}
    times = {row["occurred_at"] for row in world.rows("SELECT DISTINCT occurred_at FROM audit_event")}
    assert times <= {datetime.fromisoformat(str(time, "ascii")) for time in sent if time}, "occurred_at was changed"


def _jump(experiment: Experiment, clock: OwnClock, ahead: int) -> None:
    """Sets the clock. Recording, `complete_through`, the loop's timers and the probe go on, and no lag is negative.

    The alert fires if the clock is wrong now, or clears. Records keep coming: a consumer to which none comes, or that has
    paused its partitions, would stand still in its client when the clock is set back (decision 80).
    """
    world, prometheus = experiment.world, experiment.prometheus
    probe, since = f"http://{experiment.metrics(0)}/healthz", world.value(NOW)
    clock.set(ahead)

    def is_noticed() -> bool:
        assert min(lags := _lags(experiment), default=0) >= 0, f"the clock is {ahead} s ahead, and lags are {lags}"
        with urllib.request.urlopen(probe, timeout=5):  # an error unless the loop is alive
            return (CLOCK_OFF in prometheus.firing()) == bool(ahead)

    def beats() -> bool:
        age = prometheus.value(SINCE_THE_BEAT)
        return age is not None and abs(age) < BEAT

    flows(world, experiment.consumer)
    experiment.until(is_noticed, f"it is noticed that the clock is {ahead} s ahead")
    experiment.until(beats, "the loop's heartbeat is of now")
    flows(world, experiment.consumer)
    experiment.until(lambda: world.value(COMPLETE, since=since) is True, "what came before the jump is complete")


def _lags(experiment: Experiment) -> list[float]:
    """In seconds, of each partition, as the consumer shows them now."""
    with urllib.request.urlopen(f"http://{experiment.metrics(0)}/metrics", timeout=5) as answer:
        return [float(line.rpartition(b" ")[2]) for line in answer if line.startswith(b"auditlog_lag_seconds{")]


FAULTS = (
    Fault(
        name="clocks an hour apart",
        how="libfaketime sets PostgreSQL's clock back, and right again",
        inject=_database_set_back,
        alerts=frozenset({CLOCK_OFF}),
        where=_database_with_a_clock,
        mixes=False,
        needs=faketime,
    ),
    Fault(
        name="consumer's clock jumps",
        how="an hour ahead, right, an hour behind, right, each until it is noticed; by a library that is loaded before the C library",
        inject=_consumer_jumps,
        alerts=frozenset({CLOCK_OFF}),
        mixes=False,
        needs=c_compiler,
    ),
)
