"""Offsets of one partition, by time and at both ends; what Kafka answers is set by the test."""

from collections.abc import Mapping
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin._listoffsets import OffsetSpec

from consumer.event.model import Partition
from consumer.kafka.admin import Bounds, Cluster, ClusterUnavailable
from consumer.kafka.topic_faults import TopicFault

TARGET = Partition("callmine.billing", "id", 0)
WHY = "offsets of callmine.billing/0 cannot be read: Broker: Leader not available"
TIME = datetime(2026, 11, 22, tzinfo=UTC)


class Asked:
    """Stands for what asks Kafka: answers with `offset`, or, where that is None, leaves the partition out and notes why."""

    def __init__(self, offset: int | None) -> None:
        self.offset = offset
        self.specs: list[OffsetSpec] = []
        self.cluster = Cluster({"bootstrap.servers": "127.0.0.1:1"})

    def offsets(self, wanted: Mapping[TopicPartition, OffsetSpec], **_: object) -> dict[tuple[str, int], int]:
        """As TopicQuestions has it."""
        self.specs += wanted.values()
        if self.offset is None:
            self.cluster.faults.note(TARGET.topic, TopicFault.OFFSETS, WHY)
            return {}
        return {(key.topic, key.partition): self.offset for key in wanted}


@pytest.fixture
def asked(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Asked:
    """What was asked of Kafka; the parameter is the offset that it answers."""
    kafka = Asked(request.param)
    monkeypatch.setattr(kafka.cluster, "_questions", SimpleNamespace(offsets=kafka.offsets))
    return kafka


@pytest.mark.parametrize("asked", [None], indirect=True)
def test_a_partition_that_cannot_be_read_is_an_outage(asked: Asked) -> None:
    """One without a leader, say, just when an operator rewinds it: one line says why."""
    calls: list[Any] = [lambda: asked.cluster.bounds_of(TARGET), lambda: asked.cluster.at(TARGET, TIME)]
    for call in calls:
        with pytest.raises(ClusterUnavailable, match="Leader not available"):
            call()


@pytest.mark.parametrize("asked", [7], indirect=True)
def test_bounds_of_one(asked: Asked) -> None:
    """Its beginning and its end."""
    assert asked.cluster.bounds_of(TARGET) == Bounds(7, 7)


@pytest.mark.parametrize("asked", [7], indirect=True)
@pytest.mark.parametrize("year", [1, 1969])
def test_a_time_before_1970_is_the_first(asked: Asked, year: int) -> None:
    """The last milliseconds of 1969 would ask Kafka for the end of the log, its beginning, or its newest time."""
    time = datetime(year, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC)
    assert asked.cluster.at(TARGET, time) == 7
    assert [spec._value for spec in asked.specs] == [0]
