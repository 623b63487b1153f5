"""When to halt a partition instead of parking all of its records: many parked records mean a broken producer (SPEC 4)."""

from collections import deque
from typing import NamedTuple


class Limits(NamedTuple):
    """Halt after `in_a_row` parked records in sequence, or `of_window` among the last `window` records."""

    in_a_row: int = 20
    of_window: int = 50
    window: int = 1000


class Breaker:
    """What one partition has parked since it was claimed or resumed."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._row = 0
        self._parked: deque[int] = deque()

    def parked(self, number: int) -> str | None:
        """Counts a parked record; gives the reason to halt, or None.

        `number` counts the records of the partition, without holes; it is not called for those that were not parked.
        """
        follows = bool(self._parked) and self._parked[-1] == number - 1
        self._row = self._row + 1 if follows else 1
        self._parked.append(number)
        while self._parked[0] <= number - self._limits.window:
            self._parked.popleft()
        if self._row >= self._limits.in_a_row:
            return f"{self._row} records parked in a row"
        if len(self._parked) >= self._limits.of_window:
            return f"{len(self._parked)} of the last {self._limits.window} records parked"
        return None
