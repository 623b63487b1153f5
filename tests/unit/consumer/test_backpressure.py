"""How much is read while the writer is busy, and when reading is paused."""

import time
from types import SimpleNamespace
from typing import Any

import pytest

from catalog.reasons import IgnoreReason, ParkReason
from consumer.event.model import Parked
from consumer.partitions.breaker import Breaker, Limits
from consumer.partitions.position import Position
from consumer.polling.backpressure import MAX_BYTES, MAX_RECORDS, SLOW_WRITE_SECONDS, WITHOUT_ROWS_SECONDS, Backpressure
from consumer.storage.batch import Batch
from consumer.storage.writer import MIN_BATCH_RECORDS
from tests.builders import POSITION, event, record


class Reading:
    """A group consumer that notes what is read from where."""

    def __init__(self) -> None:
        self.started: dict[object, int] = {}

    def start(self, partition: object, offset: int) -> None:
        self.started[partition] = offset

    def stop(self, partitions: list[object]) -> None:
        for partition in partitions:
            self.started.pop(partition, None)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The loop's clock, which only a test moves."""
    now = SimpleNamespace(at=1000.0)
    monkeypatch.setattr(time, "monotonic", lambda: now.at)
    return now


def under_test() -> tuple[Backpressure, Reading, Position]:
    reading: Any = Reading()
    position = Position(POSITION, 5, 1, 9, Breaker(Limits()))
    assignment: Any = SimpleNamespace(active={POSITION: position})
    return Backpressure(reading, assignment), reading, position


def test_a_full_batch_takes_no_more() -> None:
    """Full by records or by bytes."""
    backpressure, _, _ = under_test()
    assert backpressure.room(Batch()) == MAX_RECORDS
    assert backpressure.room(Batch(records=MAX_RECORDS - 1)) == 1
    assert backpressure.room(Batch(records=MAX_RECORDS)) == 0
    assert backpressure.room(Batch(bytes=MAX_BYTES - 1)) == MAX_RECORDS
    assert backpressure.room(Batch(bytes=MAX_BYTES)) == 0


def test_a_batch_without_rows_waits(clock: SimpleNamespace) -> None:
    """For a moment after the last one, or until it is full; one with rows does not wait, and nothing is no batch."""
    backpressure, _, _ = under_test()
    skipped = Batch()
    skipped.skip(skipped.range_of(POSITION, 0, 1), 100, IgnoreReason.NOT_AUDITED)
    backpressure.submitted()
    assert not backpressure.due(skipped)
    skipped.parked.append((record(event("member.removed")), Parked(ParkReason.EMPTY_VALUE, "")))
    assert backpressure.due(skipped)
    skipped.parked.clear()
    skipped.skip(skipped.ranges[POSITION], MAX_RECORDS, IgnoreReason.NOT_AUDITED)
    assert backpressure.due(skipped)
    clock.at += 2 * WITHOUT_ROWS_SECONDS
    assert not backpressure.due(Batch())
    skipped.records = 1
    assert backpressure.due(skipped)


def test_the_bound_shrinks_and_grows_within_its_limits() -> None:
    """Halved with each batch that was requeued, doubled with each that was written."""
    backpressure, _, _ = under_test()
    backpressure.grow()
    assert backpressure.room(Batch()) == MAX_RECORDS
    assert [backpressure.shrink() for _ in range(3)] == [MAX_RECORDS // 2, MAX_RECORDS // 4, MAX_RECORDS // 8]
    backpressure.grow()
    assert backpressure.room(Batch()) == MAX_RECORDS // 4
    assert {backpressure.shrink() for _ in range(20)} >= {MIN_BATCH_RECORDS}
    assert backpressure.room(Batch()) == MIN_BATCH_RECORDS


def test_a_slow_write_pauses_and_its_end_resumes(clock: SimpleNamespace) -> None:
    """Each partition goes on where it was, and has to prove its first offset again."""
    backpressure, reading, position = under_test()
    backpressure.start(position)
    backpressure.submitted()
    clock.at += SLOW_WRITE_SECONDS
    backpressure.pause_if_slow()
    assert (backpressure.paused, reading.started) == (False, {POSITION: 5})
    clock.at += 0.001
    backpressure.pause_if_slow()
    assert (backpressure.paused, reading.started) == (True, {})
    position.next = 7
    position.in_sequence()
    backpressure.resume()
    assert (backpressure.paused, reading.started, position.proven) == (False, {POSITION: 7}, False)


def test_nothing_is_started_while_paused(clock: SimpleNamespace) -> None:
    """A partition that is claimed meanwhile is read once the writer is free."""
    backpressure, reading, position = under_test()
    clock.at += SLOW_WRITE_SECONDS + 1
    backpressure.pause_if_slow()
    backpressure.start(position)
    assert reading.started == {}
    backpressure.resume()
    assert reading.started == {POSITION: 5}
