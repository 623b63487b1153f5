"""What a machine's line does to packets: it delays, loses and doubles them, and lets them overtake each other, by a seed."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

LATE_SECONDS = 0.005  # more than the segments of a window are apart, less than any timeout after which TCP sends again


@dataclass(frozen=True, slots=True, kw_only=True)
class LineQuality:
    """`delay` in seconds, one way; the others are shares of packets, from 0 to 1. All count in both directions.

    A packet that is late takes LATE_SECONDS more than the others: those that are sent meanwhile overtake it. Of a packet that is
    doubled each copy may be late.
    """

    delay: float = 0.0
    loss: float = 0.0
    doubled: float = 0.0
    late: float = 0.0


GOOD = LineQuality()


class LineCount(NamedTuple):
    """Packets that a line has passed and lost; of those that it has passed, how many it has doubled, and copies that were late."""

    passed: int = 0
    lost: int = 0
    doubled: int = 0
    late: int = 0


@dataclass(slots=True)
class MachineLink:
    """Between a machine's device and the router."""

    device: int
    quality: LineQuality = GOOD
    passed: int = 0
    lost: int = 0
    doubled: int = 0
    late: int = 0

    def delays(self, chance: random.Random) -> Sequence[float]:
        """What becomes of a packet: the seconds that each of its copies takes. None is left of one that is lost."""
        quality = self.quality
        if quality.loss and chance.random() < quality.loss:
            self.lost += 1
            return ()
        self.passed += 1
        if quality.doubled and chance.random() < quality.doubled:
            self.doubled += 1
            return self._delay(chance), self._delay(chance)
        return (self._delay(chance),)

    def count(self) -> LineCount:
        """So far."""
        return LineCount(self.passed, self.lost, self.doubled, self.late)

    def _delay(self, chance: random.Random) -> float:
        quality = self.quality
        if quality.late and chance.random() < quality.late:
            self.late += 1
            return quality.delay + LATE_SECONDS
        return quality.delay
