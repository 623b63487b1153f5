"""Cases from a number upwards until the time is over, and what came of them."""

import time
import traceback
from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

from tests.fuzz.cases import case
from tests.fuzz.oracle import Oracle

FORGET = 2000  # cases after which the writer schemas are forgotten, for the sake of memory


class Tally(NamedTuple):
    """How often each outcome came, what the second implementation said how often, and how many rows the native code gave."""

    outcomes: Counter[str]
    second: Counter[str]
    native: int


def fuzz(seconds: float, seed: int, begins: Callable[[int], object]) -> Tally:
    """Runs cases until the time is over; `begins` is called with the number of each. AssertionError names the seed of a finding."""
    outcomes, second, native = Counter[str](), Counter[str](), 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if outcomes.total() % FORGET == 0:
            oracle = Oracle()
        begins(seed)
        try:
            answer = oracle.answer(case(seed))
        except Exception as error:
            error.add_note(f"again: make fuzz SECONDS=1 SEED={seed}")
            raise
        outcomes[answer.outcome] += 1
        second[answer.second] += 1
        native += answer.native
        seed += 1
    return Tally(outcomes, second, native)


def report(seconds: float, seed: int, begins: Callable[[int], object]) -> int:
    """Prints what came of the cases, or the finding; the exit code."""
    try:
        tally = fuzz(seconds, seed, begins)
    except Exception:  # noqa: BLE001 whatever it is, it is the finding
        traceback.print_exc()
        return 1
    for word, number in (*tally.outcomes.most_common(), *tally.second.most_common()):
        print(f"{number:8} {word}")
    if tally.native:
        print(f"{tally.native:8} answered by the native code, as the pipeline answers")
    print(f"{tally.outcomes.total()} records, nothing found", flush=True)
    return 0
