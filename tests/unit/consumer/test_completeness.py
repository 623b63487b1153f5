"""What follows from the ends of the logs; Kafka and the assignment are stand-ins."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from consumer.partitions.watermark import EndOffsets
from consumer.polling.completeness import Completeness
from consumer.storage.batch import Batch
from tests.builders import POSITION

NOW = datetime(2026, 11, 26, tzinfo=UTC)


def applied(end_offsets: EndOffsets) -> tuple[list[object], list[object], Batch]:
    """What was stopped, what is to be claimed again, and the batch."""
    stopped, unclaimed, batch = list[object](), list[object](), Batch()
    consumer: Any = SimpleNamespace(stop=stopped.extend)
    position = SimpleNamespace(next=5, epoch=1)
    assignment: Any = SimpleNamespace(active={POSITION: position}, unclaim=unclaimed.append)
    watermark: Any = SimpleNamespace(take=lambda: end_offsets)
    Completeness(consumer, assignment, watermark).apply(batch)
    return stopped, unclaimed, batch


def test_an_end_that_is_reached_makes_complete() -> None:
    """Up to the time of the question."""
    known = EndOffsets(at=NOW, ends={POSITION: 5}, ids={POSITION.topic: POSITION.topic_id})
    _, unclaimed, batch = applied(known)
    assert unclaimed == []
    assert batch.ranges[POSITION].complete_through == NOW


@pytest.mark.parametrize("ids", [{}, {POSITION.topic: "another"}], ids=["gone", "replaced"])
def test_a_topic_with_another_id_is_claimed_again(ids: dict[str, str]) -> None:
    """So is one that is gone: the claim finds out what was lost."""
    assert applied(EndOffsets(at=NOW, ends={}, ids=ids))[:2] == ([POSITION], [POSITION])


def test_a_topic_of_which_kafka_does_not_tell_now_is_left_alone() -> None:
    """No ACL to describe it is no other log."""
    unknown = EndOffsets(at=NOW, ends={}, ids={}, unknown=frozenset({POSITION.topic}))
    assert applied(unknown) == ([], [], Batch())
