"""The machinery of `make maintenance`: ordinary work passes, an alert that fires ends the run, and the list is in order."""

import itertools
import random
import re
from collections.abc import Iterator

import pytest

from sandbox.services.process import wait_until
from tests.builders import event
from tests.e2e.world import operate
from tests.faults import maintenance
from tests.faults.deployment import Deployment, deployment_of
from tests.faults.environment import Environment
from tests.faults.maintenance import CALM, maintain, order
from tests.faults.work import Work
from tests.faults.works import RESTARTS, WORKS
from tests.ops.prometheus import program, shipped

QUICKLY = ("rewind to an offset", "rewind to a time", "restore", "third consumer")


@pytest.fixture(scope="module")
def deployment() -> Iterator[Deployment]:
    program("prometheus")  # skipped without it
    chance = random.Random(7)
    with Environment(shipped) as environment, deployment_of(environment, chance) as running:
        yield running


def _decided_after_a_while(deployment: Deployment) -> None:
    """The condition of AuditParked is true for seconds, and its alert needs minutes."""
    sent = deployment.world.send(deployment.topic, [event().with_headers(ce_type="member.unheard_of")], "parked")
    deployment.junk += sent
    assert wait_until(lambda: deployment.prometheus.waited().get("AuditParked", 0) >= 3, 60, 0.2)
    operate(deployment.world, "parked", "dismiss", *deployment.parked(sent), "--reason", "seen")


def _conflict(deployment: Deployment) -> None:
    first = event()
    deployment.world.send(deployment.other, [first])
    deployment.world.send(deployment.other, [first.with_headers(ce_time="2026-01-01T00:00:00Z")], "conflict")


def test_ordinary_work_fires_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was parked is parked again by a rewind; a condition that was true for seconds is on the page, like every work."""
    program("prometheus")  # skipped without it
    quick = [work for work in WORKS if work.name in QUICKLY]
    waits = Work(name="waits", how="dismissed late", do=_decided_after_a_while)
    monkeypatch.setattr(maintenance, "WORKS", [waits, *quick])
    monkeypatch.setattr(maintenance, "PAUSE", (3.0, 3.0))
    monkeypatch.setattr(maintenance, "order", lambda _: iter([waits, *quick]))
    page = maintenance.run(10, 7)
    assert "MINUTES=10 SEED=7" in page and f"{1 + len(quick)} works of {1 + len(quick)} kinds" in page
    assert all(f"| {work.name} | {work.how} | 1 |" in page for work in (waits, *quick))
    waited = re.search(r"AuditParked ([0-9]+) s of 5m", page)
    assert waited and int(waited[1]) >= 3
    assert re.search(r"found nothing: \S", page)  # answers and seals, counted from the logs of reader and sealer


def test_an_alert_that_fires_ends_the_run(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told by its name; the rule of a conflict does not wait."""
    conflict = Work(name="conflict", how="one identity with two contents", do=_conflict)
    monkeypatch.setattr(maintenance, "PAUSE", (3.0, 3.0))
    with pytest.raises(AssertionError, match=r"an alert fired: .*AuditConflict"):
        maintain(deployment, itertools.chain([conflict], itertools.repeat(CALM)), 1)


def test_each_work_comes_and_none_more_often_than_it_may() -> None:
    """A round has each work once, in an order that the seed decides; restarts are three in half an hour."""
    names = [work.name for work in WORKS]
    assert len(set(names)) == len(names)
    clock = itertools.count(step=20)
    rounds = list(itertools.islice(order(random.Random(1), lambda: next(clock)), len(names)))
    assert sorted(work.name for work in rounds) == sorted(names) != [work.name for work in rounds]
    clock, times = itertools.count(step=10), list[float]()
    for work in itertools.islice(order(random.Random(1), lambda: next(clock)), 1000):
        if work.pace == RESTARTS:
            times.append(next(clock))
    assert len(times) > 6
    assert all(
        late - early >= RESTARTS.seconds for early, late in zip(times, times[RESTARTS.max_times :], strict=False)
    )
