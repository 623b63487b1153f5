"""`python -m tests.faults.soak [MINUTES [SEED]]`: faults in a random order under the same consumers, for as long as is asked.

One in three is of two at once (tests.faults.pairs).
"""

import contextlib
import random
import statistics
import sys
import time
from collections import Counter

from tests.faults import report, seeded
from tests.faults.__main__ import line
from tests.faults.catalog import FAULTS
from tests.faults.environment import Environment
from tests.faults.exercise import Result, exercise, experiment_of
from tests.faults.experiment import Experiment
from tests.faults.fault import Fault
from tests.faults.pairs import pairs, together
from tests.faults.services import shared

AT_ONCE = 1 / 3
BATCH = 5  # records at a time: the table is read whole after each fault
MIXED = [fault for fault in FAULTS if fault.mixes and fault.where is shared and not fault.needs()]
PAIRS = pairs(MIXED)
CALM = Fault(name="nothing", how="load alone", inject=lambda _: contextlib.nullcontext())


def soak(experiment: Experiment, minutes: float, seed: int) -> list[Result]:
    """Faults in a random order until the time is over; each ends in the oracle, of all that has been recorded so far."""
    chance, end, results = random.Random(seed), time.monotonic() + minutes * 60, list[Result]()
    while time.monotonic() < end:
        fault = together(*chance.choice(PAIRS)) if chance.random() < AT_ONCE else chance.choice(MIXED)
        result = exercise(experiment, fault, BATCH)
        results.append(result)
        print(line(result), file=sys.stderr, flush=True)
    return results


def summary(results: list[Result], minutes: float, seed: int, beside: str) -> str:
    """The part of docs/faults.md."""
    memory = [sample for result in results for sample in result.memory]
    names = [name for result in results for name in result.fault.name.split(" + ")]
    both = [result for result in results if " + " in result.fault.name]
    counts = Counter(names)
    recoveries = [result.recovery for result in results]
    return "\n".join((
        "## Soak", "",
        (f"`make soak MINUTES={minutes:g} SEED={seed}`: {len(names)} faults of {len(counts)} kinds, {len(both)} times two "
         f"at once, {results[-1].records:,} records, on {report.machine()}. Nothing lost, nothing doubled. A reader was asked up to five times a "
         "second all the while, and a sealer sealed every other second: each answer was right or 503, no entry vanished, after each "
         "fault all entries were shown and sealed, and at the end `audit-export check` found nothing."), "",
        f"* Recovery: median {statistics.median(recoveries):.1f} s, slowest {max(recoveries):.1f} s.",
        (f"* Memory of the consumer, {len(memory):,} samples: least {min(memory)} MiB, median {statistics.median(memory):.0f} MiB, "
         f"most {max(memory)} MiB."),
        f"* Beside the consumers: {beside}.",
        f"* Faults: {', '.join(f'{name} ({number})' for name, number in sorted(counts.items()))}.",
    ))  # fmt: skip


def run(minutes: float, seed: int) -> str:
    """The part of docs/faults.md, of a soak in an experiment of its own."""
    with Environment() as environment, experiment_of(environment, CALM) as experiment:
        results = soak(experiment, minutes, seed)
        experiment.stop()
        beside = experiment.beside.summary()
    return summary(results, minutes, seed, beside)


if __name__ == "__main__":
    sys.exit(seeded.main("soak", 30.0, run))
