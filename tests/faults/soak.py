"""`python -m tests.faults.soak [MINUTES [SEED]]`: faults in a random order, for as long as is asked.

Most happen to the same two consumers, in one experiment; those that cannot get one of their own in between, beside other services.
"""

import contextlib
import random
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterable

from tests.faults import report, seeded
from tests.faults.__main__ import line
from tests.faults.catalog import FAULTS
from tests.faults.choice import OWN, order
from tests.faults.environment import Environment
from tests.faults.exercise import Result, alone, exercise, experiment_of
from tests.faults.experiment import Experiment
from tests.faults.fault import Fault
from tests.faults.protocol import part, protocol
from tests.ops.load import BATCH

LITTLE = 5  # records at a time where much is recorded in all: the table is read whole after each fault
CALM = Fault(name="nothing", how="load alone", inject=lambda _: contextlib.nullcontext())


def soak(
    experiment: Experiment, apart: Environment, faults: Iterable[tuple[Fault, bool]], minutes: float
) -> list[Result]:
    """Faults until the time is over, each with whether its experiment is another one, in `apart`.

    Each ends in the oracle, of all that has been recorded in its experiment so far.
    """
    end, results = time.monotonic() + minutes * 60, list[Result]()
    for fault, own in faults:
        if time.monotonic() > end:
            break
        results.append(alone(apart, fault, BATCH) if own else exercise(experiment, fault, LITTLE))
        print(line(results[-1]), file=sys.stderr, flush=True)
    return results


def summary(results: list[Result], minutes: float, seed: int, beside: str, by: str = "consumer") -> str:
    """The part of docs/faults.md."""
    memory = [sample for result in results for sample in result.memory]
    names = [name for result in results for name in result.fault.name.split(" + ")]
    both = [result for result in results if " + " in result.fault.name]
    counts, own = Counter(names), {fault.name for fault in OWN}
    records = max((result.records for result in results if result.fault.name not in own), default=0)
    recoveries = [result.recovery for result in results]
    return "\n".join((
        f"## Soak{'' if by == 'consumer' else f', with the {by} group protocol'}", "",
        (f"`{'' if by == 'consumer' else f'PROTOCOL={by} '}make soak MINUTES={minutes:g} SEED={seed}`: {len(names)} faults of {len(counts)} kinds, of {len(FAULTS)}, "
         f"{len(both)} times two at once. {sum(name in own for name in names)} of them, of {len(counts.keys() & own)} kinds, had experiments "
         f"of their own; all others happened to the same two consumers, which read {records:,} records. Run on {report.machine()}, "
         f"with the {by} group protocol. "
         "Nothing lost, nothing doubled. A reader was asked up to five times a "
         "second all the while, and a sealer sealed every other second: each answer was right or 503, no entry vanished, after each "
         "fault all entries were shown and sealed, and at the end `audit-export check` found nothing."), "",
        f"* Recovery: median {statistics.median(recoveries):.1f} s, slowest {max(recoveries):.1f} s.",
        (f"* Memory of the consumer, {len(memory):,} samples: least {min(memory)} MiB, median {statistics.median(memory):.0f} MiB, "
         f"most {max(memory)} MiB."),
        f"* Beside the consumers: {beside}.",
        f"* Faults: {', '.join(f'{name} ({number})' for name, number in sorted(counts.items()))}.",
    ))  # fmt: skip


def run(minutes: float, seed: int) -> str:
    """The part of docs/faults.md, of a soak with an experiment that lasts as long as it does."""
    by = protocol()
    with (
        Environment(protocol=by) as environment,
        Environment(protocol=by) as apart,
        experiment_of(environment, CALM) as experiment,
    ):
        experiment.accompany()
        results = soak(experiment, apart, order(random.Random(seed)), minutes)
        experiment.stop()
        beside = experiment.beside.summary()
    return summary(results, minutes, seed, beside, by)


if __name__ == "__main__":
    sys.exit(seeded.main(part("soak", protocol()), 30.0, run))
