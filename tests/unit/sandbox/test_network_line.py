"""What a line does to packets: the shares that are asked for, by the seed, and nothing that is not asked for."""

import random
from collections.abc import Sequence

from sandbox.services.network_line import LATE_SECONDS, LineCount, LineQuality, MachineLink

PACKETS = 10_000
MIXED = LineQuality(delay=0.001, loss=0.01, doubled=0.05, late=0.2)


def _carried(link: MachineLink, seed: int) -> list[Sequence[float]]:
    chance = random.Random(seed)
    return [link.delays(chance) for _ in range(PACKETS)]


def test_the_shares_that_are_asked_for() -> None:
    """Each is of the packets that got so far: only what is passed can be doubled, and each copy can be late."""
    link = MachineLink(0, MIXED)
    carried = _carried(link, 7)
    copies = [delay for delays in carried for delay in delays]
    count = LineCount(
        passed=sum(len(delays) > 0 for delays in carried),
        lost=carried.count(()),
        doubled=sum(len(delays) == 2 for delays in carried),
        late=copies.count(MIXED.delay + LATE_SECONDS),
    )
    assert link.count() == count and set(copies) == {MIXED.delay, MIXED.delay + LATE_SECONDS}
    assert abs(count.lost / PACKETS - MIXED.loss) < 0.005
    assert abs(count.doubled / count.passed - MIXED.doubled) < 0.01
    assert abs(count.late / len(copies) - MIXED.late) < 0.02


def test_a_copy_may_be_overtaken_by_the_other() -> None:
    """Chance is asked for each: of those that are doubled, each of the four combinations is there."""
    doubled = [delays for delays in _carried(MachineLink(0, MIXED), 7) if len(delays) == 2]
    assert len(set(map(tuple, doubled))) == 4


def test_the_seed_decides() -> None:
    first, again, other = (_carried(MachineLink(0, MIXED), seed) for seed in (7, 7, 8))
    assert first == again != other


def test_a_line_does_only_what_it_is_asked_for() -> None:
    """And asks chance for nothing else: the same seed loses the same packets as before there was more to ask for."""
    chance = random.Random(7)
    before = chance.getstate()
    assert MachineLink(0).delays(chance) == (0.0,) and chance.getstate() == before
    lost = [not delays for delays in _carried(MachineLink(0, LineQuality(loss=0.2)), 7)]
    expected = random.Random(7)
    assert lost == [expected.random() < 0.2 for _ in range(PACKETS)]
    assert set(_carried(MachineLink(0, LineQuality(doubled=1.0)), 7)) == {(0.0, 0.0)}
    assert set(_carried(MachineLink(0, LineQuality(late=1.0)), 7)) == {(LATE_SECONDS,)}
