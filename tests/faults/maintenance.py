"""`python -m tests.faults.maintenance [MINUTES [SEED]]`: ordinary works of an operator in a random order; no alert may fire.

The rules are those of deploy/prometheus as they are: what must last for minutes has minutes here.
"""

import random
import statistics
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import yaml

from sandbox.services.process import wait_until
from tests.faults import report, seeded
from tests.faults.deployment import Deployment, deployment_of
from tests.faults.environment import Environment
from tests.faults.exercise import MAX_MEMORY
from tests.faults.experiment import LIMIT
from tests.faults.watch import Watch
from tests.faults.work import Pace, Work
from tests.faults.works import WORKS
from tests.ops.load import load
from tests.ops.prometheus import RULES, shipped

BATCH = 5  # records at a time: the table is read whole after each work
CALM = Work(name="nothing", how="load alone", do=Deployment.flows)
PAUSE = (3.0, 15.0)  # seconds of load alone after a work: each partition gets some
LONGEST = 1200.0  # seconds: longer than any condition must last before its alert fires, but for the certificates'


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """What was done, in its order, with seconds for each; what was seen meanwhile."""

    works: Sequence[tuple[Work, float]]
    memory: Sequence[int]
    waited: dict[str, float]
    records: int


def order(chance: random.Random, now: Callable[[], float] = time.monotonic) -> Iterator[Work]:
    """All works in a random order, again and again; one whose pace does not allow it now is left out."""
    times = defaultdict[Pace, list[float]](list)
    while True:
        for work in chance.sample(WORKS, len(WORKS)):
            if work.pace is None:
                yield work
            elif work.pace.allows(times[work.pace], now()):
                yield work
                times[work.pace].append(now())


def maintain(deployment: Deployment, works: Iterable[Work], minutes: float) -> Shift:
    """Works until the time is over; each ends in the oracle. AssertionError where something is lost, or an alert fires."""
    end, finished = time.monotonic() + minutes * 60, list[tuple[Work, float]]()
    with Watch(deployment.world, deployment.prometheus) as watch:
        do(deployment, CALM, PAUSE[0])
        for work in works:
            if time.monotonic() > end:
                break
            finished.append((work, do(deployment, work, deployment.chance.uniform(*PAUSE))))
            print(f"{finished[-1][1]:6.1f} s  {_line(deployment, work, watch)}", file=sys.stderr, flush=True)
        do(deployment, Work(name="the rest", how="until no alert may fire of what was done", do=_settle))
    records = sum(deployment.world.expected.values())
    return Shift(works=finished, memory=watch.memory, waited=deployment.prometheus.waited(), records=records)


def do(deployment: Deployment, work: Work, pause: float = 0.0) -> float:
    """One work under load, which goes on for a while, then the oracle; the seconds that the work took."""
    world = deployment.world
    deployment.beside.begin()
    with load(world, [deployment.topic], BATCH):
        deployment.loads.append(time.time())
        deployment.flows()
        began = time.monotonic()
        work.do(deployment)
        seconds = time.monotonic() - began
        time.sleep(pause)
        deployment.flows()
    world.until_read(*deployment.consumers.values(), limit=LIMIT)
    world.check()
    deployment.beside.check(world)
    fired = deployment.prometheus.fired()
    assert not fired, f"{work.name}: an alert fired: {', '.join(fired)}"
    return seconds


def _settle(deployment: Deployment) -> None:
    wait_until(lambda: not deployment.prometheus.pending(), LONGEST, 1)


def _line(deployment: Deployment, work: Work, watch: Watch) -> str:
    pending = ", ".join(sorted(deployment.prometheus.pending())) or "nothing"
    assert max(watch.memory) <= MAX_MEMORY, f"{max(watch.memory)} MiB of memory"
    return (
        f"{work.name}; {sum(deployment.world.expected.values())} records, {max(watch.memory)} MiB, pending: {pending}"
    )


def summary(shift: Shift, minutes: float, seed: int, beside: str) -> str:
    """The part of docs/faults.md."""
    counts, seconds = Counter(work.name for work, _ in shift.works), defaultdict[str, list[float]](list)
    for work, lasted in shift.works:
        seconds[work.name].append(lasted)
    rows = [
        f"| {work.name} | {work.how} | {counts[work.name]} | {statistics.median(seconds[work.name]):.0f} |"
        for work in WORKS
        if counts[work.name]
    ]
    paces = dict.fromkeys(work.pace for work in WORKS if work.pace)
    return "\n".join((
        "## Maintenance", "",
        (f"`make maintenance MINUTES={minutes:g} SEED={seed}`: {len(shift.works)} works of {len(counts)} kinds in a random order, "
         f"under load, {shift.records:,} records read, on {report.machine()}. **No alert fired.** Nothing lost, nothing doubled."), "",
        "| work | how | times | median, s |", "|---|---|---|---|", *rows, "",
        ("* Two consumers of one group were scraped every second by a Prometheus with the rules of deploy/prometheus/alerts.yaml as "
         "they are shipped, durations too."),
        f"* Conditions that were true for a while, too short for their alerts: {_waited(shift.waited)}.",
        ("* A reader was asked five times a second, and a sealer sealed every other second, with their rules as well: each answer was "
         "right or 503, no entry vanished but by a restore, after each work all entries were shown and sealed, and at the end "
         f"`audit-export check` found nothing: {beside}."),
        (f"* Memory of the largest program, {len(shift.memory):,} samples: median {statistics.median(shift.memory):.0f} MiB, most "
         f"{max(shift.memory)} MiB."),
        *(f"* At most {pace.max_times} in {pace.seconds / 60:.0f} minutes of {_of(pace)}: {pace.why}." for pace in paces),
    ))  # fmt: skip


def _waited(waited: dict[str, float]) -> str:
    rules = [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]
    needed = {rule["alert"]: rule.get("for", "0s") for rule in rules}
    return ", ".join(f"{name} {longest:.0f} s of {needed[name]}" for name, longest in sorted(waited.items())) or "none"


def _of(pace: Pace) -> str:
    return " and ".join(work.name for work in WORKS if work.pace == pace)


def run(minutes: float, seed: int) -> str:
    """The part of docs/faults.md, of works at a deployment of their own."""
    chance = random.Random(seed)
    with Environment(shipped) as environment, deployment_of(environment, chance) as deployment:
        shift = maintain(deployment, order(chance), minutes)
        deployment.stop()
        return summary(shift, minutes, seed, deployment.beside.summary())  # it reads logs of this deployment


if __name__ == "__main__":
    sys.exit(seeded.main("maintenance", 60.0, run))
