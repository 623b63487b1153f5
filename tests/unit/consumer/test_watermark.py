"""When the ends of the logs are asked for, by which clock, and what follows from them."""

import threading
from collections.abc import Collection, Iterator
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
import structlog

from consumer.event.model import Partition
from consumer.kafka.topic_faults import TopicFaults
from consumer.partitions import watermark
from consumer.partitions.breaker import Breaker, Limits
from consumer.partitions.position import Position
from consumer.partitions.watermark import EndOffsets, Watermark
from consumer.polling.completeness import Completeness
from consumer.retries import Retry
from consumer.storage.batch import Batch
from sandbox.services.process import wait_until
from tests.builders import POSITION

TIME = datetime(2001, 2, 3, tzinfo=UTC)


class Surroundings:
    """A database whose clock is fixed at TIME, or that is unavailable, and a cluster; notes the order of the queries."""

    closed = False
    faults = TopicFaults()

    def __init__(self, *, unavailable: bool = False) -> None:
        self.asked: list[str] = []
        self.faults = TopicFaults()
        self._unavailable = unavailable

    def connect(self) -> Any:
        if self._unavailable:
            raise psycopg.OperationalError("away")
        return self

    def execute(self, _statement: str) -> Any:
        self.asked.append("clock")
        return self

    def fetchone(self) -> tuple[datetime]:
        return (TIME,)

    def close(self) -> None:
        """Nothing to end."""

    def topic_ids(self, topics: Collection[str]) -> dict[str, str]:
        self.asked.append("ids")
        return dict.fromkeys(topics, POSITION.topic_id)

    def ends(self, partitions: Collection[Partition], *, stable: bool = False) -> dict[Partition, int]:
        self.asked.append("stable ends" if stable else "ends")
        return dict.fromkeys(partitions, 7)


@pytest.fixture(autouse=True)
def _no_session(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(watermark, "watched", lambda connection, _: nullcontext(connection))
    yield
    structlog.reset_defaults()


def first_answer(surroundings: Any, retries: list[Retry]) -> EndOffsets:
    under_test = Watermark(surroundings, surroundings.connect, retries.append, lambda *_: None)
    answers: list[EndOffsets] = []

    def answered() -> bool:
        answer = under_test.take()
        answers.extend([answer] if answer else [])
        return bool(answers)

    under_test.follow([POSITION])
    assert wait_until(answered, 20)
    under_test.close()
    return answers[0]


def test_the_time_is_the_databases_and_older_than_the_ends() -> None:
    """The clock first, then Kafka: what arrives in between lies behind the time, never before it."""
    surroundings, retries = Surroundings(), list[Retry]()
    answer = first_answer(surroundings, retries)
    assert answer == EndOffsets(at=TIME, ends={POSITION: 7}, ids={POSITION.topic: POSITION.topic_id})
    assert surroundings.asked[:3] == ["clock", "ids", "ends"]
    assert retries == []


def test_a_database_that_is_unavailable_costs_the_time_only() -> None:
    """That a topic was re-created is still noticed."""
    retries = list[Retry]()
    answer = first_answer(Surroundings(unavailable=True), retries)
    assert (answer.at, answer.ends) == (None, {POSITION: 7})
    assert retries == [Retry.CLOCK]


def test_without_a_time_nothing_is_called_complete() -> None:
    """A partition that has been read to its end is complete through the time of a question that has one."""
    answers: list[EndOffsets] = []
    fake: Any = threading.local()
    fake.active = {POSITION: Position(POSITION, 7, 1, 7, Breaker(Limits()))}
    fake.take = lambda: answers.pop() if answers else None
    under_test, batch = Completeness(fake, fake, fake), Batch()
    for at in (None, TIME):
        answers.append(EndOffsets(at=at, ends={POSITION: 7}, ids={POSITION.topic: POSITION.topic_id}))
        under_test.apply(batch)
        assert (batch.ranges[POSITION].complete_through if batch.ranges else None) == at
