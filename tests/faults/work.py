"""What a work of an operator is, and how often one does it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.faults.deployment import Deployment


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """At most `max_times` times in `seconds`: more often it is not ordinary, and `why` says what then is right to tell."""

    max_times: int
    seconds: float
    why: str

    def allows(self, times: Sequence[float], now: float) -> bool:
        """Whether it may be done now, after it was done at these times."""
        return sum(now - time < self.seconds for time in times) < self.max_times


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One line of the list: done under load, beside consumers at work. Works with one `pace` share it."""

    name: str
    how: str
    do: Callable[[Deployment], None]
    pace: Pace | None = None
