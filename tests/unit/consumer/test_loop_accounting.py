"""Whatever the order of polls, writes, refusals and restarts: each offset gets one outcome, and is committed after its rows."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.cells import WHOLE
from consumer.event.model import Partition
from consumer.partitions.assignment import Assignment
from consumer.partitions.breaker import Breaker, Limits
from consumer.partitions.claim import Owner
from consumer.partitions.position import Position
from consumer.polling.backpressure import Backpressure
from consumer.polling.handover import HandOver
from consumer.polling.intake import Intake
from consumer.polling.observer import Observer
from consumer.polling.schema_wait import SchemaWait
from consumer.storage.writer import BatchOutcome
from tests.unit.consumer.polled_log import KINDS, Database, Kafka, Source

PARTITIONS = (Partition("t", "id-t", 0), Partition("t", "id-t", 1))
STEPS = (
    "poll",
    "poll",
    "poll one",
    "hand over",
    "hand over",
    "written",
    "written",
    "requeued",
    "fenced",
    "schemas",
    "claim",
)
SUSPECTS = 2
COUNTED = {
    "row": "recorded",
    "schema": "recorded",
    "parked": "parked",
    "unreadable": "parked",
    "marker": "undelivered",
    "skipped": "not_audited",
    "no_change": "no_change",
}


class LoopParts:
    """The parts of the loop, put together as `run` does, on the stand-ins."""

    def __init__(self, logs: dict[Partition, Sequence[str]], jumps: dict[tuple[Partition, int], int]) -> None:
        self.kafka, self.database, source = Kafka(logs, jumps), Database(logs), Source()
        kafka: Any = self.kafka
        writer: Any = self.database
        schemas: Any = source
        unused: Any = None
        self.assignment = Assignment(unused, unused, Owner("", WHOLE), Limits(), suspects=SUSPECTS, on_retry=unused)
        self.backpressure = Backpressure(kafka, self.assignment)
        self.schema_wait = SchemaWait(kafka, self.assignment, self.backpressure, schemas, schemas)
        self.intake = Intake(kafka, self.assignment, self.backpressure, schemas, self.schema_wait)
        self.hand_over = HandOver(kafka, self.assignment, self.backpressure, self.intake, writer, Observer())
        self.rejoined()

    def rejoined(self) -> None:
        """The group has given us all partitions."""
        self.assignment.unclaimed |= {(partition.topic, partition.number) for partition in PARTITIONS}

    def claim(self) -> None:
        """As the assignment does: what is not being written is read from where the database is."""
        unwritten = {*self.intake.batch.ranges, *(self.database.batch.ranges if self.database.batch else ())}
        for partition in PARTITIONS:
            key = partition.topic, partition.number
            if key in self.assignment.unclaimed and partition not in unwritten:
                self.assignment.unclaimed.discard(key)
                first = self.database.next[partition]
                position = Position(partition, first, 1, len(self.kafka.logs[partition]), Breaker(Limits(10**6, 10**6)))
                position.suspect_until = first + SUSPECTS
                self.assignment.active[partition] = position
                self.backpressure.start(position)

    def settle(self, answer: str) -> BatchOutcome | None:
        """The writer's answer, if it has a batch."""
        self.database.answer = answer if self.database.batch else "nothing yet"
        outcome = self.hand_over.settle()
        if answer == "fenced" and outcome is not None:
            self.rejoined()
        return outcome

    def step(self, name: str) -> None:
        """One of STEPS."""
        match name:
            case "poll" | "poll one":
                self.intake.take(self.kafka.poll(1 if name == "poll one" else 4))
            case "hand over":
                if self.database.batch is None and self.intake.batch.ranges:
                    self.hand_over._submit()  # whether or not it is due
            case "schemas":
                self.schema_wait.end()
            case "claim":
                self.claim()
            case answer:
                self.settle(answer)

    def is_at_the_end(self) -> bool:
        """Whether the database has every offset."""
        return all(self.database.next[partition] == len(log) for partition, log in self.kafka.logs.items())


LOGS = st.lists(st.sampled_from(KINDS), max_size=12)


@given(
    logs=st.tuples(LOGS, LOGS),
    jumps=st.dictionaries(st.tuples(st.sampled_from(PARTITIONS), st.integers(0, 11)), st.sampled_from([-1, 2])),
    steps=st.lists(st.sampled_from(STEPS), max_size=40),
)
def test_each_offset_gets_one_outcome(
    logs: tuple[list[str], list[str]], jumps: dict[tuple[Partition, int], int], steps: list[str]
) -> None:
    """What is not delivered is counted only if the broker has nothing there, whatever a client's queue has lost.

    `Database` holds each batch to the rules of partition_progress; Kafka never has an offset that the database has not.
    """
    parts = LoopParts(dict(zip(PARTITIONS, logs, strict=True)), jumps)
    for name in steps:
        parts.step(name)
        assert all(offset <= parts.database.next[partition] for partition, offset in parts.kafka.committed.items())
    for _ in range(200):
        if parts.is_at_the_end():
            break
        for name in ("claim", "poll", "hand over", "written", "schemas"):
            parts.step(name)

    for partition, log in parts.kafka.logs.items():
        assert parts.database.outcomes[partition] == Counter(COUNTED[kind] for kind in log)
        assert parts.kafka.committed.get(partition, 0) == len(log)


@pytest.mark.parametrize("answer", ["fenced", "requeued"])
def test_what_is_refused_is_committed_nowhere(answer: str) -> None:
    """The batch, and what was read after it, are read again; the offsets of Kafka stay."""
    parts = LoopParts({partition: ["row", "row"] for partition in PARTITIONS}, {})
    for name in ("claim", "poll one", "hand over", "poll one", answer):
        parts.step(name)
    assert parts.kafka.committed == {}
    assert not parts.intake.batch.ranges and not parts.assignment.active
    assert parts.assignment.unclaimed == {(partition.topic, partition.number) for partition in PARTITIONS}
