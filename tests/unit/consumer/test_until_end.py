"""When `run --until-end` may end, and whether it may say that every end was reached; Kafka and the database are stand-ins."""

from types import SimpleNamespace
from typing import Any

import pytest
from structlog.testing import capture_logs

from consumer import until_end
from consumer.event.model import Partition
from consumer.kafka.admin import ClusterUnavailable
from consumer.kafka.topic_faults import TopicFault, TopicFaults
from consumer.until_end import STALL_SECONDS, UNJOINED_SECONDS, UNKNOWN_SECONDS, UntilEnd

OURS, OTHERS = Partition("t", "id-t", 0), Partition("t", "id-t", 1)


class Stage:
    """Two partitions of one topic, both with the end 5: one is ours, the other is another member's."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, topics: tuple[str, ...] = ("t",)) -> None:
        self.now = 1000.0
        monkeypatch.setattr(until_end, "time", SimpleNamespace(monotonic=lambda: self.now))
        self.away = False
        self.ends = {OURS: 5, OTHERS: 5}
        self.leaderless: set[Partition] = set()
        self.faults = TopicFaults()
        self.progress: dict[Partition, tuple[int, bool]] | None = {}
        assignment: Any = SimpleNamespace(
            active={OURS: SimpleNamespace(next=0, end=5)}, halted={}, unclaimed=set(), awaiting_schema={},
            read_progress=lambda _: self.progress,
        )  # fmt: skip
        self.assignment = assignment
        cluster: Any = SimpleNamespace(
            faults=self.faults,
            partitions=self._partitions,
            ends=lambda asked: {p: self.ends[p] for p in asked if p not in self.leaderless},
        )
        self.until_end = UntilEnd(topics, cluster, assignment)

    def _partitions(self, _: object) -> list[Partition]:
        if self.away:
            raise ClusterUnavailable("no broker answers")
        return list(self.ends)

    def reached(self, *, joined: bool = True, after: float = 2.0) -> bool:
        self.now += after
        return self.until_end.reached(joined=joined)

    def read_ours(self) -> None:
        self.assignment.active[OURS].next = 5


def test_all_ends_count_whoever_reads_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ours are read by us, the others' by what the database says."""
    stage = Stage(monkeypatch)
    assert not stage.reached()
    stage.read_ours()
    assert not stage.reached(joined=False)
    assert not stage.reached()  # no one has claimed the other one
    stage.progress = {OTHERS: (4, False)}
    assert not stage.reached()
    stage.progress = {OTHERS: (5, False)}
    assert stage.reached()
    assert stage.until_end.clean


def test_nothing_is_given_up_in_an_outage(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the brokers' nor the database's silence says that a partition has no reader."""
    stage = Stage(monkeypatch)
    stage.read_ours()
    stage.away = True
    assert not stage.reached(after=10 * STALL_SECONDS)
    stage.away, stage.progress = False, None
    assert not stage.reached(after=10 * STALL_SECONDS)


def test_what_nobody_moves_is_named_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """As long as something moves it is waited for; then it is named, and the run was not clean."""
    stage = Stage(monkeypatch)
    stage.read_ours()
    for offset in range(4):
        stage.progress = {OTHERS: (offset, False)}
        assert not stage.reached(after=STALL_SECONDS - 1)
    assert not stage.reached(after=STALL_SECONDS - 1)
    with capture_logs() as lines:
        assert stage.reached(after=2)
    assert [line["partitions"] for line in lines if line["event"] == "ends_not_reached"] == [["t/1"]]
    assert not stage.until_end.clean


def test_a_partition_that_another_member_has_halted_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """It needs a person, so the run was not clean."""
    stage = Stage(monkeypatch)
    stage.read_ours()
    stage.progress = {OTHERS: (2, True)}
    assert stage.reached()
    assert not stage.until_end.clean


def test_a_partition_that_comes_to_us_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is assigned and not claimed yet is waited for, unless its topic is what cannot be had."""
    stage = Stage(monkeypatch)
    stage.read_ours()
    stage.progress = {OTHERS: (2, False)}
    stage.assignment.unclaimed = {("t", 1)}
    assert not stage.reached(after=10 * STALL_SECONDS)
    assert not stage.reached(after=10 * STALL_SECONDS)
    stage.faults.note("t", TopicFault.SETTINGS, "not authorized")
    assert stage.reached()
    assert not stage.until_end.clean


def test_a_topic_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The others are read all the same."""
    stage = Stage(monkeypatch, topics=("t", "misspelled"))
    stage.progress = {OTHERS: (5, False)}
    assert not stage.reached()
    stage.read_ours()
    with capture_logs() as lines:
        assert stage.reached()
    assert [line["partitions"] for line in lines if line["event"] == "ends_not_reached"] == [["misspelled"]]
    assert not stage.until_end.clean


def test_a_group_that_has_no_partition_for_us(monkeypatch: pytest.MonkeyPatch) -> None:
    """It says nothing of that: once others have read everything the run ends, and is never given up before."""
    stage = Stage(monkeypatch)
    stage.assignment.active.clear()
    stage.progress = {OURS: (5, False), OTHERS: (4, False)}
    assert not stage.reached(joined=False, after=10 * STALL_SECONDS)
    assert not stage.reached(joined=False, after=10 * STALL_SECONDS)
    stage.progress = {OURS: (5, False), OTHERS: (5, False)}
    assert stage.reached(joined=False)
    assert stage.until_end.clean


def test_a_group_is_given_time_to_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the database says of all partitions does not end a run that is about to be given some."""
    stage = Stage(monkeypatch)
    stage.assignment.active.clear()
    stage.progress = {OURS: (5, False), OTHERS: (5, False)}
    assert not stage.reached(joined=False, after=UNJOINED_SECONDS - 1)
    assert stage.reached(joined=False)


def test_an_end_that_could_not_be_asked_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A leader that was being elected at the start; one that never comes is named."""
    stage = Stage(monkeypatch)
    stage.read_ours()
    stage.leaderless = {OTHERS}
    stage.progress = {OTHERS: (5, False)}
    assert not stage.reached()
    stage.leaderless = set()
    assert stage.reached()
    assert stage.until_end.clean

    stage = Stage(monkeypatch)
    stage.read_ours()
    stage.leaderless = {OTHERS}
    assert not stage.reached(after=UNKNOWN_SECONDS - 1)
    with capture_logs() as lines:
        assert stage.reached()
    assert [line["partitions"] for line in lines if line["event"] == "ends_not_reached"] == [["t/1"]]
    assert not stage.until_end.clean
