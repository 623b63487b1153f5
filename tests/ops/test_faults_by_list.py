"""The machinery of `make faults`: a fault that is as promised passes, and each promise that is broken is told.

The faults themselves are in tests/e2e and tests/ops as tests; `make faults` makes all of the list.
"""

import itertools
import random
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from tests.builders import events
from tests.faults import exercise as exercises
from tests.faults import report
from tests.faults.catalog import FAULTS
from tests.faults.choice import MIXED, OWN, PAIRS, order
from tests.faults.environment import GROUPS, Environment
from tests.faults.exercise import Result, alone, experiment_of
from tests.faults.experiment import Experiment
from tests.faults.pairs import together
from tests.faults.protocol import NAME, part, protocol, settings
from tests.faults.report import NOT_HERE, PAGE, faults
from tests.faults.services import shared
from tests.faults.soak import CALM, soak, summary
from tests.ops.prometheus import RULES, program

BATCH = 5
KILLED = next(fault for fault in FAULTS if fault.name == "consumer killed")


@pytest.fixture(scope="module")
def environment() -> Iterator[Environment]:
    program("prometheus")  # skipped without it
    with Environment() as running:
        yield running


def test_a_fault_is_made_and_its_recovery_measured(environment: Environment) -> None:
    """The consumer is killed and started again; the page gets a line of it."""
    result = alone(environment, KILLED, BATCH)
    assert result.exits == (-9,) and result.alerts >= KILLED.alerts
    assert 0 < result.recovery < 60 and result.records > 0 and max(result.memory) > 30
    page = faults(
        [replace(result, alerts=KILLED.alerts | {"AuditStalled"})],
        [replace(KILLED, name="a third")],
        [("another", "it is missing")],
    )
    seen = "exit -9; AuditConsumerDown fired and cleared; fired too: AuditStalled"
    assert f"| consumer killed | {KILLED.how} | {seen} | {result.beside} | {result.recovery:.1f} |" in page
    assert "Not as promised: a third" in page
    assert "| another | it is missing |" in page and all(name in page for name, _ in NOT_HERE)


@contextmanager
def _lost(experiment: Experiment) -> Iterator[None]:
    """A record is noted that no one has sent."""
    experiment.world.recorded[events(1)[0].identity] += 1
    yield


@contextmanager
def _nothing(experiment: Experiment) -> Iterator[None]:
    yield


@pytest.mark.parametrize(
    ("inject", "changed", "said"),
    [
        (_lost, {}, "lost: "),
        (_nothing, {"exits": (1,)}, "exit codes"),
        (_nothing, {"alerts": {"AuditConflict"}}, "not fired"),
    ],
    ids=["a record is missing", "no exit", "no alert"],
)
def test_a_broken_promise_is_told(
    environment: Environment,
    monkeypatch: pytest.MonkeyPatch,
    inject: Callable[[Experiment], object],
    changed: dict[str, object],
    said: str,
) -> None:
    """Whatever it is: the run says what was promised and what was seen."""
    monkeypatch.setattr(exercises, "LIMIT", 5.0)
    broken = replace(KILLED, inject=inject, **{"exits": (), "alerts": frozenset[str](), **changed})  # type: ignore[arg-type]
    with pytest.raises(AssertionError, match=said):
        alone(environment, broken, BATCH)


def test_too_much_memory_is_told(environment: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    """The largest consumer counts, with its children."""
    monkeypatch.setattr(exercises, "MAX_MEMORY", 10)
    with pytest.raises(AssertionError, match="MiB of memory"):
        alone(environment, replace(KILLED, inject=_nothing, exits=(), alerts=frozenset()), BATCH)


def test_the_list_is_in_order() -> None:
    """Each name is there once, and each alert that is promised is a rule."""
    names = [fault.name for fault in FAULTS]
    assert len(set(names)) == len(names) > 50
    groups = yaml.safe_load(RULES.read_text())["groups"]
    loaded = {rule["alert"] for group in groups if group["name"] in GROUPS for rule in group["rules"]}
    assert {alert for fault in FAULTS for alert in fault.alerts} <= loaded


def test_the_page_is_of_this_list() -> None:
    """docs/faults.md has a line of each fault, or says that it was not as promised, and the reason of each that is not made."""
    page = PAGE.read_text(encoding="utf-8")
    for fault in FAULTS:
        assert f"| {fault.name} | {fault.how} |" in page or f"Not as promised: {fault.name}." in page, fault.name
    for name, why in NOT_HERE:
        assert f"| {name} | {why} |" in page, name


@pytest.mark.parametrize(("command", "minutes"), [("soak", 30), ("maintenance", 60)])
def test_the_page_is_of_a_run_that_was_long_enough(command: str, minutes: int) -> None:
    """A shorter one, to try something, is not what the page shows."""
    run = re.search(rf"^`make {command} MINUTES=(\d+) SEED=", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert run is not None and int(run[1]) >= minutes


def test_two_at_once_beside_a_second_consumer(environment: Environment) -> None:
    """The consumer is killed while its database is away: both promises are kept, and reader and sealer went on."""
    by_name = {fault.name: fault for fault in MIXED}
    database, consumer = by_name["database stopped"], by_name["consumer killed"]
    with experiment_of(environment, CALM) as experiment:
        experiment.accompany()
        (result,) = soak(experiment, environment, [(together(database, consumer), False)], 5)
        assert {len(program.logged("claimed")) > 0 for program in (experiment.consumer, *experiment.others)} == {True}
        experiment.stop()
    assert result.exits == consumer.exits and result.alerts >= database.alerts | {"AuditInstanceGone"}
    assert result.beside.startswith("reader 200, 503, at most ")
    assert f"MINUTES=5 SEED=1`: 2 faults of 2 kinds, of {len(FAULTS)}, 1 times two at once" in summary(
        [result], 5, 1, ""
    )


def test_a_soak_comes_to_each_fault() -> None:
    """The seed decides the order. Whatever needs services, settings or a group of its own has an experiment of its own."""
    first, again, another = (list(itertools.islice(order(random.Random(seed)), 1000)) for seed in (1, 1, 2))
    assert (
        [fault.name for fault, _ in first] == [fault.name for fault, _ in again] != [fault.name for fault, _ in another]
    )
    own = [fault for fault, apart in first if apart]
    mixed = {name for fault, apart in first if not apart for name in fault.name.split(" + ")}
    by_name = {fault.name: fault for fault in FAULTS if not fault.needs()}
    assert mixed | {fault.name for fault in own} == by_name.keys() and not mixed & {fault.name for fault in own}
    assert all(by_name[name].where is shared and by_name[name].mixes and not by_name[name].sole for name in mixed)
    assert 200 < len(own) < 300 and len({fault.name for fault in own[: len(OWN)]}) == len(OWN)


def test_what_may_overlap() -> None:
    """Of different sides, the consumer's own second; what needs it at work only where it can work. Each fault of a soak is in a pair."""
    names = {(first.name, second.name) for first, second in PAIRS}
    assert ("Kafka silent", "database stopped") in names and ("database stopped", "Kafka silent") in names
    assert ("database stopped", "consumer killed") in names and ("consumer killed", "database stopped") not in names
    assert ("database stopped", "database killed") not in names
    assert ("slow network to Kafka", "group grown and shrunk") in names
    assert ("Kafka silent", "group grown and shrunk") not in names
    assert {name for pair in names for name in pair} == {fault.name for fault in MIXED}


def test_a_run_by_the_classic_protocol_has_a_part_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It leaves the table of the usual run alone; a fault that names a protocol has that one in each run."""
    monkeypatch.setattr(report, "PAGE", tmp_path / "faults.md")
    result = Result(fault=KILLED, recovery=2.5, exits=(-9,), alerts=KILLED.alerts, memory=(90,), records=7, beside="")
    report.write("faults", report.faults([result], [], []))
    report.write(part("faults", "classic"), report.briefly([result], [replace(KILLED, name="a third")], [], "classic"))
    page = report.PAGE.read_text(encoding="utf-8")
    assert "## 1 faults" in page and "with the consumer group protocol" in page
    assert "## With the classic group protocol" in page and "1 of 2 as promised" in page
    assert "Findings: a third is not as promised." in page
    assert part("soak", "consumer") == "soak" and settings("classic", {})[NAME] == "classic"
    assert all(dict(settings("classic", fault.environ)) == fault.environ for fault in FAULTS if NAME in fault.environ)
    monkeypatch.setenv("PROTOCOL", "newest")
    with pytest.raises(SystemExit, match="use consumer or classic"):
        protocol()
