"""Breaker, position and claim: the rules of one partition, without a broker or a database."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.reasons import GapCause
from consumer.kafka.admin import Bounds
from consumer.partitions.breaker import Breaker, Limits
from consumer.partitions.claim import Gap, gap
from consumer.partitions.position import Position
from tests.builders import POSITION

LIMITS = Limits(in_a_row=3, of_window=4, window=10)
PARKED = st.lists(st.booleans(), max_size=80)
OFFSETS = st.integers(0, 50)


def position(offset: int = 10) -> Position:
    """A position as a claim makes it, after its reading was started."""
    claimed = Position(POSITION, offset, 1, 100, Breaker(LIMITS))
    claimed.started()
    return claimed


def first_halt(parked: list[bool], limits: Limits = LIMITS) -> int | None:
    """The number of the record at which the breaker halts, if it does."""
    breaker = Breaker(limits)
    return next((number for number, bad in enumerate(parked) if bad and breaker.parked(number) is not None), None)


@pytest.mark.parametrize(
    ("parked", "halts_at"),
    [
        ([True, True, True], 2),
        ([True, True, False, True, True], 4),  # the fourth of ten, not three in a row
        ([True, True, False, True], None),
        ([True, False] * 3, None),
        ([True, False] * 4, 6),
        ([*[True, False, False] * 3, False, True], None),  # the first lies outside the window of ten
    ],
)
def test_the_breaker_halts(parked: list[bool], halts_at: int | None) -> None:
    """At three parked records in a row, or at the fourth among ten."""
    assert first_halt(parked) == halts_at


def test_the_breaker_says_why() -> None:
    """The reason names the rule that was broken."""
    in_a_row, of_window = Breaker(LIMITS), Breaker(LIMITS)
    assert [in_a_row.parked(number) for number in range(3)][-1] == "3 records parked in a row"
    assert [of_window.parked(number) for number in (0, 2, 4, 6)][-1] == "4 of the last 10 records parked"


@given(PARKED, st.integers(1, 5), st.integers(1, 8), st.integers(1, 12))
def test_the_breaker_counts_as_its_rule_says(parked: list[bool], in_a_row: int, of_window: int, window: int) -> None:
    """Against the rule written as a search of all records so far."""

    def broken(number: int) -> bool:
        so_far = parked[: number + 1]
        return (all(so_far[-in_a_row:]) and len(so_far) >= in_a_row) or sum(so_far[-window:]) >= of_window

    expected = next((number for number, bad in enumerate(parked) if bad and broken(number)), None)
    assert first_halt(parked, Limits(in_a_row, of_window, window)) == expected


def test_after_a_start_a_jump_must_be_seen_twice() -> None:
    """A client's queue may hold what it fetched before: one jump proves nothing, the same jump again does."""
    claimed = position(10)
    assert claimed.hole(15) is None
    claimed.started()
    assert claimed.hole(17) is None  # another jump is another doubt
    claimed.started()
    assert claimed.hole(17) == 7
    claimed.skip_to(17)
    assert (claimed.next, claimed.proven) == (17, True)


def test_in_sequence_a_jump_is_the_brokers() -> None:
    """Once `next` itself was delivered, what is left out was left out by the broker."""
    claimed = position(10)
    claimed.in_sequence()
    assert claimed.hole(12) == 2


def test_a_doubt_does_not_outlive_its_proof() -> None:
    """A jump that was doubted once, and disproven, is doubted again after the next start."""
    claimed = position(10)
    assert claimed.hole(15) is None
    claimed.in_sequence()
    claimed.started()
    assert claimed.hole(15) is None


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(1, 4)), max_size=20))
def test_records_are_numbered_without_holes(steps: list[tuple[int, int]]) -> None:
    """Whatever holes lie between, the breaker sees consecutive numbers."""
    claimed, numbers = position(0), []
    claimed.in_sequence()
    for hole, records in steps:
        claimed.skip_to(claimed.next + hole)
        for _ in range(records):
            numbers.append(claimed.record_number(claimed.next))
            claimed.next += 1
    assert numbers == list(range(len(numbers)))


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize(
    ("next_offset", "missing"),
    [
        (4, (4, 5)),
        (5, None),
        (7, None),
        (9, None),
        (10, (9, 10)),
    ],
)
def test_a_gap_is_what_lies_outside_the_log(next_offset: int, missing: tuple[int, int] | None, *, first: bool) -> None:
    """The log has the offsets 5 to 8, and 9 is written next: both bounds themselves are no gap."""
    computed = gap(next_offset, Bounds(5, 9), first=first)
    if missing is None:
        assert computed is None
        return
    moved = GapCause.BEFORE_FIRST_READ if first else GapCause.LOG_START_MOVED
    cause = moved if next_offset < 5 else GapCause.LOG_TRUNCATED
    assert computed == Gap(start=missing[0], end=missing[1], cause=cause)


@given(OFFSETS, OFFSETS, OFFSETS, st.booleans())
def test_a_gap_is_never_empty_and_never_inside_the_log(next_offset: int, start: int, end: int, first: bool) -> None:
    """It has an offset at least, and none that can still be read."""
    bounds = Bounds(min(start, end), max(start, end))
    missing = gap(next_offset, bounds, first=first)
    if missing is None:
        assert bounds.low <= next_offset <= bounds.high
    else:
        assert missing.end is not None and missing.start < missing.end
        assert missing.end <= bounds.low or missing.start >= bounds.high
