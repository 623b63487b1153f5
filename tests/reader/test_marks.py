"""Marks find every entry of a list, as a plain list would, after any number of late ones."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from reader.horizon import Horizon
from reader.marks import Key, Marks, Start

BEGAN = datetime(2026, 11, 1, tzinfo=UTC)
HORIZON = Horizon(BEGAN, 1, 1, ())
KEYS = st.tuples(st.integers(0, 30).map(lambda minutes: BEGAN + timedelta(minutes=minutes)), st.integers(0, 10**6))
LISTS = st.lists(KEYS, unique=True, max_size=40)


def marked(keys: list[Key], step: int) -> Marks:
    """Marks at every `step`th key of a list, newest first."""
    newest_first = sorted(keys, reverse=True)
    starts = range(0, len(newest_first), step)
    return Marks(
        HORIZON, tuple(newest_first[at] for at in starts), tuple(len(newest_first[at : at + step]) for at in starts)
    )


def follow(start: Start, keys: list[Key]) -> list[Key]:
    """What a reader finds who begins at `start`."""
    rest = [key for key in sorted(keys, reverse=True) if start.key is None or key <= start.key]
    return rest[start.skip :]


@given(LISTS, LISTS, st.integers(1, 7), st.integers(0, 45))
def test_every_offset_is_found_after_late_arrivals(old: list[Key], late: list[Key], step: int, offset: int) -> None:
    """Whatever came between, the entry at an offset is the one that a plain list has there."""
    arrived = [key for key in late if key not in old]
    everything = sorted([*old, *arrived], reverse=True)
    marks = marked(old, step).with_arrived(HORIZON, arrived)

    assert marks.total == len(everything)
    assert follow(marks.start(offset), everything) == everything[offset:]


@given(LISTS, LISTS, st.integers(1, 7), st.integers(0, 45))
def test_an_older_horizon_is_found_in_newer_marks(old: list[Key], late: list[Key], step: int, offset: int) -> None:
    """Without the entries that came later, pages are those of before they came."""
    arrived = [key for key in late if key not in old]
    marks = marked(old, step).with_arrived(HORIZON, arrived)

    assert follow(marks.start(offset, arrived), old) == sorted(old, reverse=True)[offset:]


@given(LISTS, st.integers(2, 7))
def test_a_bucket_may_be_split(keys: list[Key], step: int) -> None:
    """Replacing a bucket by smaller ones moves no entry."""
    marks = marked(keys, step)
    for index in range(len(marks.keys)):
        inside = sorted(keys, reverse=True)[index * step : (index + 1) * step]
        split = marks.split(index, inside, [1] * len(inside))
        assert split.total == marks.total
        for offset in range(len(keys)):
            assert follow(split.start(offset), keys) == follow(marks.start(offset), keys)
