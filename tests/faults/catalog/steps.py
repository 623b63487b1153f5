"""The consumer killed at each step of its loop, which no signal from outside can hit, or at random; frozen within a transaction."""

import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager

from sandbox.services.process import wait_until
from tests.e2e.program import Program
from tests.faults.catalog.processes import DOWN, KILLED
from tests.faults.experiment import LIMIT, PARTITIONS, Experiment
from tests.faults.fault import Fault

# By tests.e2e.failpoint; the last ones are passed by a consumer that is asked to end. before_commit and after_commit have their own faults.
# The wheel's compiled modules call each other where no trap can lie (`taken`): of these none is here.
STEPS: Sequence[str] = (
    "starting", "assigned", "claiming:2", "claimed:2", "polled:30", "before_transaction:5", "after_fence:5", "before_insert:2", "mid_copy:5",
    "after_insert:2", "before_commit_async:5", "after_commit_async:5",
)  # fmt: skip
LAST_STEPS: Sequence[str] = ("closing", "revoking", "revoked", "releasing")
KILLS, MAX_SECONDS = 100, 4.0


def _killed_at(point: str) -> Callable[[Experiment], AbstractContextManager[None]]:
    @contextmanager
    def inject(experiment: Experiment) -> Iterator[None]:
        assert experiment.consumer.stop() == 0
        experiment.ended(experiment.start(failpoint=[point, "kill"]))
        yield
        experiment.start()

    return inject


@contextmanager
def _killed_at_each(experiment: Experiment) -> Iterator[None]:
    assert experiment.consumer.stop() == 0
    for step in STEPS:
        _dies(experiment.start(failpoint=[step, "kill"]), step)
    for step in LAST_STEPS:
        program = experiment.start(failpoint=[step, "kill"])
        experiment.until(lambda now=program: bool(now.logged("claimed")), "it has partitions")  # type: ignore[misc]
        program.stop()
        _dies(program, step)
    yield
    experiment.start()


@contextmanager
def _killed_at_random(experiment: Experiment) -> Iterator[None]:
    """Each is killed up to MAX_SECONDS after its start, which takes one of them. `seed` is of these times."""
    seed = random.SystemRandom().randrange(10**6)
    print(f"consumers are killed by the seed {seed}", file=sys.stderr, flush=True)
    chance = random.Random(seed)
    for _ in range(KILLS):
        program, at = experiment.consumer, time.monotonic() + chance.uniform(0, MAX_SECONDS)
        wait_until(lambda until=at: time.monotonic() > until, LIMIT, 0.01)  # type: ignore[misc]
        program.kill()
        _dies(program, f"at random, seed {seed}")
        experiment.start()
    yield


def _dies(program: Program, where: str) -> None:
    code = program.wait(LIMIT)
    assert code == KILLED, f"{where}: it exits with {code}\n{program.tail()}"


@contextmanager
def _frozen_in_a_transaction(experiment: Experiment) -> Iterator[None]:
    """Its rows are sent, and locked by it until PostgreSQL ends its session; then another one has all of its partitions."""
    assert experiment.consumer.stop() == 0
    zombie = experiment.start(failpoint=["before_commit_of_entries:5", "stop"])
    assert wait_until(lambda: zombie.frozen, LIMIT), "it does not freeze"
    heir = experiment.add()
    experiment.world.until(
        lambda: _claimed(heir) == PARTITIONS + 1, "another one has all partitions", of=[heir], limit=LIMIT
    )
    yield
    zombie.thaw()
    experiment.until(lambda: bool(zombie.logged("fenced")), "it is refused")
    experiment.others.remove(heir)
    assert heir.stop() == 0


def _claimed(program: Program) -> int:
    return len({(line["topic"], line["partition"]) for line in program.logged("claimed")})


FAULTS = (
    Fault(
        name="consumer killed in a transaction",
        how="SIGKILL to itself between its rows and COMMIT",
        inject=_killed_at("before_commit:5"),
        exits=(KILLED,),
    ),
    Fault(
        name="consumer killed after a COMMIT",
        how="SIGKILL to itself before Kafka is told of the offset",
        inject=_killed_at("after_commit:5"),
        exits=(KILLED,),
    ),
    Fault(
        name="consumer killed at each step",
        how=f"SIGKILL to itself at {len(STEPS) + len(LAST_STEPS)} other steps, from its start to its leaving the group, one after the other",
        inject=_killed_at_each,
        mixes=False,
    ),
    Fault(
        name="consumer killed at random",
        how=f"{KILLS} times SIGKILL, each up to {MAX_SECONDS:g} s after the start of the one before, by a seed that is printed",
        inject=_killed_at_random,
        mixes=False,
    ),
    Fault(
        name="consumer frozen in a transaction",
        how="SIGSTOP to itself between its rows and COMMIT; another one takes its partitions; SIGCONT: it commits nothing",
        inject=_frozen_in_a_transaction,
        alerts=DOWN,
        mixes=False,
    ),
)  # fmt: skip
