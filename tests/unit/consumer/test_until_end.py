"""When `run --until-end` may end, and whether it may say that every end was reached; Kafka and the database are stand-ins."""

from types import SimpleNamespace
from typing import Any

import pytest
from structlog.testing import capture_logs

from consumer.event.model import Partition
from consumer.kafka.admin import ClusterUnavailable
from consumer.kafka.topic_faults import TopicFault, TopicFaults
from consumer.polling import until_end
from consumer.polling.until_end import STALL_SECONDS, UNJOINED_SECONDS, UNKNOWN_SECONDS, UntilEnd

OURS, OTHERS = Partition("t", "id-t", 0), Partition("t", "id-t", 1)


class FakeGroup:
    """Two partitions of one topic, both with the end 5: one is ours, the other is another member's."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, topics: tuple[str, ...] = ("t",)) -> None:
        self.now = 1000.0
        monkeypatch.setattr(until_end, "time", SimpleNamespace(monotonic=lambda: self.now))
        self.unavailable = False
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
        if self.unavailable:
            raise ClusterUnavailable("no broker answers")
        return list(self.ends)

    def reached(self, *, joined: bool = True, after: float = 2.0) -> bool:
        self.now += after
        return self.until_end.reached(joined=joined)

    def read_ours(self) -> None:
        self.assignment.active[OURS].next = 5


def test_all_ends_count_whoever_reads_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ours are read by us, the others' by what the database says."""
    group = FakeGroup(monkeypatch)
    assert not group.reached()
    group.read_ours()
    assert not group.reached(joined=False)
    assert not group.reached()  # no one has claimed the other one
    group.progress = {OTHERS: (4, False)}
    assert not group.reached()
    group.progress = {OTHERS: (5, False)}
    assert group.reached()
    assert group.until_end.clean


def test_nothing_is_given_up_in_an_outage(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the brokers' nor the database's silence says that a partition has no reader."""
    group = FakeGroup(monkeypatch)
    group.read_ours()
    group.unavailable = True
    assert not group.reached(after=10 * STALL_SECONDS)
    group.unavailable, group.progress = False, None
    assert not group.reached(after=10 * STALL_SECONDS)


def test_what_nobody_moves_is_named_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """As long as something moves it is waited for; then it is named, and the run was not clean."""
    group = FakeGroup(monkeypatch)
    group.read_ours()
    for offset in range(4):
        group.progress = {OTHERS: (offset, False)}
        assert not group.reached(after=STALL_SECONDS - 1)
    assert not group.reached(after=STALL_SECONDS - 1)
    with capture_logs() as lines:
        assert group.reached(after=2)
    assert [line["partitions"] for line in lines if line["event"] == "ends_not_reached"] == [["t/1"]]
    assert not group.until_end.clean


def test_a_partition_that_another_member_has_halted_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """It needs a person, so the run was not clean."""
    group = FakeGroup(monkeypatch)
    group.read_ours()
    group.progress = {OTHERS: (2, True)}
    assert group.reached()
    assert not group.until_end.clean


def test_a_partition_that_comes_to_us_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is assigned and not claimed yet is waited for, unless its topic is what cannot be had."""
    group = FakeGroup(monkeypatch)
    group.read_ours()
    group.progress = {OTHERS: (2, False)}
    group.assignment.unclaimed = {("t", 1)}
    assert not group.reached(after=10 * STALL_SECONDS)
    assert not group.reached(after=10 * STALL_SECONDS)
    group.faults.note("t", TopicFault.SETTINGS, "not authorized")
    assert group.reached()
    assert not group.until_end.clean


def test_a_topic_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The others are read all the same."""
    group = FakeGroup(monkeypatch, topics=("t", "misspelled"))
    group.progress = {OTHERS: (5, False)}
    assert not group.reached()
    group.read_ours()
    with capture_logs() as lines:
        assert group.reached()
    assert [line["partitions"] for line in lines if line["event"] == "ends_not_reached"] == [["misspelled"]]
    assert not group.until_end.clean


def test_a_group_that_has_no_partition_for_us(monkeypatch: pytest.MonkeyPatch) -> None:
    """It says nothing of that: once others have read everything the run ends, and is never given up before."""
    group = FakeGroup(monkeypatch)
    group.assignment.active.clear()
    group.progress = {OURS: (5, False), OTHERS: (4, False)}
    assert not group.reached(joined=False, after=10 * STALL_SECONDS)
    assert not group.reached(joined=False, after=10 * STALL_SECONDS)
    group.progress = {OURS: (5, False), OTHERS: (5, False)}
    assert group.reached(joined=False)
    assert group.until_end.clean


def test_a_group_is_given_time_to_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the database says of all partitions does not end a run that is about to be given some."""
    group = FakeGroup(monkeypatch)
    group.assignment.active.clear()
    group.progress = {OURS: (5, False), OTHERS: (5, False)}
    assert not group.reached(joined=False, after=UNJOINED_SECONDS - 1)
    assert group.reached(joined=False)


def test_an_end_that_could_not_be_asked_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A leader that was being elected at the start; one that never comes is named."""
    group = FakeGroup(monkeypatch)
    group.read_ours()
    group.leaderless = {OTHERS}
    group.progress = {OTHERS: (5, False)}
    assert not group.reached()
    group.leaderless = set()
    assert group.reached()
    assert group.until_end.clean

    group = FakeGroup(monkeypatch)
    group.read_ours()
    group.leaderless = {OTHERS}
    assert not group.reached(after=UNKNOWN_SECONDS - 1)
    with capture_logs() as lines:
        assert group.reached()
    assert [line["partitions"] for line in lines if line["event"] == "ends_not_reached"] == [["t/1"]]
    assert not group.until_end.clean
