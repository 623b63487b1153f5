"""A poll is bounded by bytes, which are known of the poll before it."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from consumer.kafka.poll_size import FIRST, POLL_BYTES, PollSize


class Message:
    """A record with a value of this many bytes; less than none: the end of a partition, whose text counts as a value would."""

    def __init__(self, length: int) -> None:
        self._length = length

    def __len__(self) -> int:
        return abs(self._length)

    def error(self) -> object:
        return None if self._length >= 0 else "the end"


def after(*polls: list[int]) -> int:
    """The bound after polls with messages of these sizes."""
    size = PollSize()
    for poll in polls:
        messages: Any = [Message(length) for length in poll]
        size.note(messages)
    return size.max_records


def test_a_first_poll_takes_few() -> None:
    """The size of none is known; an empty poll says nothing, nor do ends of partitions."""
    assert after() == after([], []) == after([-20, -20]) == FIRST
    assert after([POLL_BYTES, -20, -20, -20]) == 1


@given(st.integers(1, 300), st.integers(0, 4000))
def test_records_of_one_size_fit(number: int, length: int) -> None:
    """As many as fit into POLL_BYTES, at least one; tombstones have no bytes and may be many."""
    bound = after([length] * number)
    assert bound * length <= POLL_BYTES < (bound + 1) * max(length, 1)


def test_a_record_that_is_larger_than_a_poll_is_taken_alone() -> None:
    """It must be read, and the ones after it may be as large; small ones let polls grow again."""
    assert after([POLL_BYTES + 1]) == after([8 * POLL_BYTES]) == 1
    assert after([8 * POLL_BYTES], [100]) == POLL_BYTES // 100
