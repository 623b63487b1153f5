"""Each partition is in exactly one state; the database and the cluster are stand-ins here."""

from collections.abc import Iterable
from contextlib import nullcontext
from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.cells import WHOLE
from catalog.reasons import HaltCause
from consumer.event.model import Partition
from consumer.kafka.admin import Bounds, ClusterUnavailable
from consumer.partitions import assignment, claim
from consumer.partitions.assignment import Assignment, Key
from consumer.partitions.breaker import Limits
from consumer.partitions.claim import Claim
from consumer.retries import Retry

KEYS: list[Key] = [("t", 0), ("t", 1), ("u", 0)]
OUTAGE = psycopg.OperationalError("server closed the connection unexpectedly")


class Cluster:
    """Two topics; `down` answers nothing, partitions in `unreadable` have no bounds."""

    def __init__(self) -> None:
        self.down = False
        self.unreadable: set[Partition] = set()
        self.compact: set[str] = set()
        self.settings_forbidden: set[str] = set()

    def topic_ids(self, topics: Iterable[str]) -> dict[str, str]:
        if self.down:
            raise ClusterUnavailable("no broker answers")
        return {topic: f"id-{topic}" for topic in topics if topic in {"t", "u"}}

    def compacted(self, topics: Iterable[str]) -> dict[str, bool]:
        return {topic: topic in self.compact for topic in topics if topic not in self.settings_forbidden}

    def bounds(self, partitions: Iterable[Partition]) -> dict[Partition, Bounds]:
        return {partition: Bounds(0, 9) for partition in partitions if partition not in self.unreadable}


class World:
    """An assignment, and what the database behind it would say."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.cluster = Cluster()
        self.retries: list[Retry] = []
        self.halts: dict[Partition, HaltCause] = {}
        self.fails: set[Partition] = set()
        self.unclean = False
        self.released: list[tuple[Partition, int]] = []
        monkeypatch.setattr(assignment, "watched", nullcontext)
        monkeypatch.setattr(assignment, "RETRY_SECONDS", 0.0)
        monkeypatch.setattr(assignment, "RECHECK_SECONDS", 0.0)
        monkeypatch.setattr(claim, "take", self._take)
        monkeypatch.setattr(claim, "release", lambda _, claims: self.released.extend(claims))
        monkeypatch.setattr(
            claim, "still_halted", lambda _, asked: {(p.topic_id, p.number) for p in asked if p in self.halts}
        )
        self.assignment = Assignment(
            self.cluster,  # type: ignore[arg-type]
            self.get,
            claim.Owner("me", WHOLE),
            Limits(),
            suspects=100,
            on_retry=self.retries.append,
        )
        monkeypatch.setattr(self.assignment, "_database", self)
        self.assignment.unclaimed.update(KEYS)

    def get(self) -> Any:
        """The connection."""
        return None

    def close(self) -> None:
        """Ends it."""

    def states(self, key: Key) -> list[str]:
        """The states that a partition is in."""
        mine = self.assignment
        groups: dict[str, Iterable[Partition]] = {
            "active": mine.active,
            "awaiting_schema": mine.awaiting_schema,
            "halted": mine.halted,
        }
        names = [name for name, group in groups.items() if any((p.topic, p.number) == key for p in group)]
        return names + ["unclaimed"] * (key in mine.unclaimed)

    def _take(
        self, _connection: object, partition: Partition, bounds: Bounds, owner: claim.Owner, halt: str | None
    ) -> Claim:
        assert owner == claim.Owner("me", WHOLE)
        if partition in self.fails:
            raise OUTAGE
        cause = HaltCause.COMPACTED if halt else self.halts.get(partition)
        return Claim(
            partition=partition,
            next_offset=5,
            epoch=3,
            halt=None if cause is None else (cause, "why"),
            unclean=self.unclean,
        )


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    return World(monkeypatch)


def test_a_claim_makes_active_or_halts(world: World) -> None:
    """As the database says, and a compacted topic is halted whatever it says."""
    halted = Partition("t", "id-t", 1)
    world.halts[halted] = HaltCause.GAP
    world.cluster.compact = {"u"}
    claimed = world.assignment.claim_unclaimed(())
    assert [(position.partition, position.next, position.epoch) for position in claimed] == [(("t", "id-t", 0), 5, 3)]
    assert [world.states(key) for key in KEYS] == [["active"], ["halted"], ["halted"]]
    assert world.assignment.halted[halted] is HaltCause.GAP


def test_nothing_unwritten_is_claimed(world: World) -> None:
    """What is still being written of a partition would be read a second time."""
    world.assignment.claim_unclaimed([Partition("t", "id-t", 0)])
    assert [world.states(key) for key in KEYS] == [["unclaimed"], ["active"], ["active"]]


def test_an_unavailable_cluster_leaves_all_unclaimed(world: World) -> None:
    """The loop goes on polling, and the claim is tried again."""
    world.cluster.down = True
    assert world.assignment.claim_unclaimed(()) == []
    assert world.retries == [Retry.CLAIM]
    world.cluster.down = False
    assert len(world.assignment.claim_unclaimed(())) == 3


def test_what_was_claimed_before_an_error_is_active(world: World) -> None:
    """It is ours in the database, so it has to be read."""
    world.fails.add(Partition("t", "id-t", 1))
    claimed = world.assignment.claim_unclaimed(())
    assert [position.partition.number for position in claimed] == [0]
    assert [world.states(key) for key in KEYS] == [["active"], ["unclaimed"], ["unclaimed"]]


def test_a_partition_without_a_leader_stays_unclaimed(world: World) -> None:
    """The others are claimed."""
    world.cluster.unreadable.add(Partition("t", "id-t", 0))
    assert len(world.assignment.claim_unclaimed(())) == 2
    assert world.states(KEYS[0]) == ["unclaimed"]


@pytest.mark.parametrize("unclean", [True, False])
def test_after_an_unclean_end_records_are_suspect(world: World, *, unclean: bool) -> None:
    """One of the last records of the owner before may have killed it."""
    world.unclean = unclean
    assert {position.suspect_until for position in world.assignment.claim_unclaimed(())} == {105 if unclean else 0}


def test_a_partition_waits_for_its_schema_and_no_other(world: World) -> None:
    """It is active again with the schema that it waits for."""
    first, second, _ = world.assignment.claim_unclaimed(())
    world.assignment.await_schema(first, 7)
    world.assignment.await_schema(second, 8)
    assert world.assignment.schema_arrived(9) == []
    assert world.assignment.schema_arrived(7) == [first]
    assert [world.states(key) for key in KEYS] == [["active"], ["awaiting_schema"], ["active"]]


def test_a_resumed_partition_is_claimed_again(world: World) -> None:
    """Once its halt is in the database, and no longer there."""
    partition = Partition("t", "id-t", 0)
    world.assignment.claim_unclaimed(())
    world.assignment.halt(partition, HaltCause.BREAKER, "why")
    world.assignment.recheck([partition])  # the halt is not written yet
    assert world.states(KEYS[0]) == ["halted"]
    world.halts[partition] = HaltCause.BREAKER
    world.assignment.recheck(())
    assert world.states(KEYS[0]) == ["halted"]
    del world.halts[partition]
    world.assignment.recheck(())
    assert world.states(KEYS[0]) == ["unclaimed"]


def test_an_orderly_end_releases_what_was_claimed(world: World) -> None:
    """Active partitions and those that await a schema, under the epoch of their claim; halted ones have no owner."""
    first, _, _ = world.assignment.claim_unclaimed(())
    world.assignment.await_schema(first, 7)
    world.assignment.halt(Partition("u", "id-u", 0), HaltCause.BREAKER, "why")
    world.assignment.release_all()
    assert sorted(world.released) == [(("t", "id-t", 0), 3), (("t", "id-t", 1), 3)]
    assert not world.assignment.active and not world.assignment.awaiting_schema


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["claim", "await", "arrive", "halt", "unclaim", "remove", "assign"]), st.sampled_from(KEYS)
    )
)


@given(STEPS)
def test_a_partition_is_in_one_state_or_not_ours(steps: list[tuple[str, Key]]) -> None:
    """Whatever happens in whatever order."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        world, ours = World(monkeypatch), set(KEYS)
        mine = world.assignment
        for step, key in steps:
            partition = Partition(key[0], f"id-{key[0]}", key[1])
            match step:
                case "claim":
                    mine.claim_unclaimed(())
                case "await" if partition in mine.active:
                    mine.await_schema(mine.active[partition], 7)
                case "arrive":
                    mine.schema_arrived(7)
                case "halt" if partition in mine.active:
                    mine.halt(partition, HaltCause.BREAKER, "why")
                case "unclaim" if partition in mine.active or partition in mine.awaiting_schema:
                    mine.unclaim(partition)
                case "remove":
                    mine.remove([key])
                    ours.discard(key)
                case "assign" if key not in ours:
                    mine.unclaimed.add(key)
                    ours.add(key)
            assert [len(world.states(other)) for other in KEYS] == [int(other in ours) for other in KEYS]


def test_a_topic_whose_settings_may_not_be_read_stops_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of it is claimed, as it may be compacted; the others are."""
    world = World(monkeypatch)
    world.cluster.settings_forbidden = {"t"}
    world.assignment.claim_unclaimed([])
    assert [world.states(key) for key in KEYS] == [["unclaimed"], ["unclaimed"], ["active"]]
    world.cluster.settings_forbidden = set()
    world.assignment.claim_unclaimed([])
    assert [world.states(key) for key in KEYS] == [["active"]] * 3
