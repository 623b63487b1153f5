"""How fast the interpreter and PostgreSQL are on this machine at this moment, so that runs on different ones can be compared."""

import time
from collections.abc import Sequence
from statistics import median
from typing import NamedTuple

from sandbox.bench.baselines import RawCopy

ITERATIONS, TRIES = 1_000_000, 5


class Speed(NamedTuple):
    """Nanoseconds of processor time for one iteration of `_loop`, and rows a second of raw COPY."""

    python_ns: float
    copy_rows: float

    def __str__(self) -> str:
        return (
            f"Python takes {self.python_ns:.0f} ns for an iteration of a loop that adds integers, "
            f"PostgreSQL {self.copy_rows:,.0f} rows/s of raw COPY"
        )


def speed(copied: RawCopy) -> Speed:
    """The interpreter's now, and PostgreSQL's by a raw COPY."""
    return Speed(python_ns(), copied.rows / copied.seconds)


def medians(speeds: Sequence[Speed]) -> Speed:
    """Of several times in one run."""
    return Speed(*map(median, zip(*speeds, strict=True)))


def python_ns() -> float:
    """The best of some tries, in nanoseconds of processor time."""
    return min(_loop() for _ in range(TRIES))


def _loop() -> float:
    began = time.process_time_ns()
    total = 0
    for number in range(ITERATIONS):
        total += number & 7
    spent = time.process_time_ns() - began
    assert total == ITERATIONS * 7 / 2
    return spent / ITERATIONS
