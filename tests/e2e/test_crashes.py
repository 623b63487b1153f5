"""Consumers that die, hang and come back: at every step of the loop, and nothing is lost or doubled."""

import signal
from collections import Counter

import psycopg
import pytest

from tests.builders import events
from tests.e2e.program import Program
from tests.e2e.world import World

# Which steps four consumers of one group die at, one each, while records keep coming.
CREWS = {
    "claiming": ["claiming:2", "claimed:2", "assigned", "starting:2"],
    "writing": ["before_transaction:2", "after_fence:2", "mid_copy:2", "before_insert:2"],
    "committing": ["after_insert:2", "before_commit:3", "after_commit:2", "taken:60"],
    "telling": ["before_commit_async:2", "after_commit_async:2", "claiming:3", "before_commit:2"],
}
PARTITIONS = 8
FULL = 300  # records of a batch


@pytest.fixture(params=["consumer", "classic"])
def either(world: World, request: pytest.FixtureRequest) -> World:
    """A world whose consumers use one of the two group protocols."""
    world.environ["KAFKA_CONFIG_GROUP_PROTOCOL"] = request.param
    if request.param == "classic":
        world.environ["KAFKA_CONFIG_SESSION_TIMEOUT_MS"] = "3000"
        world.environ["KAFKA_CONFIG_HEARTBEAT_INTERVAL_MS"] = "300"
    return world


@pytest.mark.parametrize("crew", CREWS)
def test_dying_at_any_step_loses_and_doubles_nothing(either: World, crew: str) -> None:
    """Four consumers are killed at four steps of the loop; those that come after find everything in order."""
    topic = either.topic(PARTITIONS)
    either.send(topic, events(500))
    doomed = [either.consumer(failpoint=[step, "kill"]) for step in CREWS[crew]]
    heirs: list[Program] = []

    def all_died() -> bool:
        if sum(program.exit_code is None for program in doomed) <= 1 and not heirs:
            heirs.append(either.consumer())
        either.send(topic, events(100))
        return all(program.exit_code is not None for program in doomed)

    either.until(all_died, "each dies at its step")
    assert [program.exit_code for program in doomed] == [-signal.SIGKILL] * len(doomed)
    either.until_read(*heirs)
    assert [heir.stop() for heir in heirs] == [0] * len(heirs)
    either.check()


@pytest.mark.parametrize("step", ["revoking", "revoked", "releasing"])
def test_dying_while_it_takes_its_leave_loses_and_doubles_nothing(either: World, step: str) -> None:
    """Told to stop under load, and killed while it gives its partitions up: whoever comes after finds all in order."""
    topic = either.topic(4)
    either.send(topic, events(2000))
    doomed = either.consumer(failpoint=[step, "kill"])
    either.until(lambda: either.count("audit_event") > 0, "it has begun", of=[doomed])
    assert doomed.stop() == -signal.SIGKILL
    either.run_until_end()
    either.check()


def test_a_zombie_writes_nothing(either: World) -> None:
    """A consumer that was frozen past its session wakes up to find its partitions taken, and goes on as a member."""
    topic = either.topic(4)
    either.send(topic, events(200))
    zombie = either.consumer()
    either.until_read(zombie)
    zombie.freeze()
    sent = either.send(topic, events(300))
    heir = either.consumer()
    either.until_read(heir)
    zombie.thaw()
    either.send(topic, events(300))
    either.until_read(heir, zombie)
    assert len(sent) == 300 and (zombie.stop(), heir.stop()) == (0, 0)
    either.check()


@pytest.mark.parametrize("step", ["before_transaction:2", "after_commit:2", "before_commit_async:2"])
def test_a_zombie_with_a_batch_in_hand_is_fenced(world: World, step: str) -> None:
    """Frozen around its write, and taken over meanwhile: what it still holds is refused or was counted once."""
    topic = world.topic(2)
    world.send(topic, events(20))
    zombie = world.consumer(failpoint=[step, "stop"])

    def frozen() -> bool:
        world.send(topic, events(20))
        return zombie.frozen

    world.until(frozen, "it freezes", of=[zombie])
    heir = world.consumer()
    world.until_read(heir)
    world.send(topic, events(50))
    world.until_read(heir)
    zombie.thaw()
    world.send(topic, events(50))
    world.until_read(heir, zombie)
    assert (zombie.stop(), heir.stop()) == (0, 0)
    world.check()


def test_a_zombie_inside_its_transaction_commits_once_or_not_at_all(world: World) -> None:
    """Frozen between its rows and its COMMIT, it holds the lock; the heir waits, and each record is counted once."""
    topic = world.topic()
    world.send(topic, events(50))
    zombie = world.consumer(failpoint=["before_commit", "stop"])
    world.until(lambda: zombie.frozen, "it freezes", of=[zombie])
    heir = world.consumer()
    world.until(lambda: bool(heir.logged("claim_delayed")), "the heir waits for the lock", of=[heir])
    zombie.thaw()
    world.send(topic, events(50))
    world.until_read(heir, zombie)
    assert (zombie.stop(), heir.stop()) == (0, 0)
    world.check()


@pytest.mark.parametrize("step", ["after_fence", "before_commit", "after_commit"])
def test_a_broken_connection_at_any_point_of_the_write_is_answered_by_the_database(either: World, step: str) -> None:
    """When the connection breaks, also behind the COMMIT, the progress row says whether to write the batch again."""
    topic = either.topic(2)
    either.send(topic, events(20))
    consumer = either.consumer(failpoint=[f"{step}_of_entries:2", "lose"])
    either.until_read(consumer)
    either.send(topic, events(100))
    either.until_read(consumer)
    assert consumer.logged("database_unavailable")
    assert consumer.stop() == 0
    either.check()


@pytest.mark.parametrize("step", ["claiming:2", "claimed:2"])
def test_a_connection_that_breaks_between_two_claims_leaves_neither_partition_behind(world: World, step: str) -> None:
    """What was claimed before the connection broke is read, and so is what is claimed afterwards."""
    topic = world.topic(3)
    for number in range(3):
        world.send(topic, events(10), partition=number)
    consumer = world.consumer(failpoint=[step, "lose"])
    world.until_read(consumer)
    assert consumer.logged("claim_delayed") and consumer.stop() == 0
    world.check()


@pytest.mark.parametrize(
    "step", ["taken:5", "assigned", "revoking", "before_commit_async", "before_commit", "starting"]
)
def test_a_mistake_of_ours_stops_the_consumer_and_loses_nothing(world: World, step: str) -> None:
    """An exception anywhere in the loop or in a callback ends the process with 1, and the next one goes on."""
    topic = world.topic(2)
    world.send(topic, events(50))
    consumer = world.consumer(failpoint=[step, "raise"])
    if step == "revoking":
        world.until_read(consumer)
        world.consumer()
    assert consumer.wait() == 1
    world.until_read(world.consumer())
    world.check()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_under_load_is_orderly(either: World, number: signal.Signals) -> None:
    """Told to stop in the middle of a backlog, it writes what it has, leaves the group, says so and exits 0."""
    topic = either.topic(4)
    either.send(topic, events(20000))
    consumer = either.consumer()
    either.until(lambda: either.count("audit_event") > 0, "it has begun", of=[consumer])
    assert consumer.stop(number) == 0
    assert either.value("SELECT count(*) FROM partition_progress WHERE owner IS NOT NULL") == 0
    progress = either.progress()
    reached = {key: row["next_offset"] for key, row in progress.items()}
    assert {key: offset for key, offset in either.committed().items() if offset} == +Counter(reached)
    either.run_until_end()
    either.check()


def test_a_second_signal_ends_at_once(world: World) -> None:
    """Two signals end it with 1 even while it cannot drain; nothing is lost."""
    topic = world.topic()
    world.send(topic, events(50))
    consumer = world.consumer(failpoint=["before_commit", "stop"])
    world.until(lambda: consumer.frozen, "it is busy", of=[consumer])
    consumer.send(signal.SIGTERM)
    consumer.send(signal.SIGINT)
    consumer.thaw()
    assert consumer.wait() in {0, 1}
    world.run_until_end()
    world.check()


def test_what_a_full_hand_held_when_its_partition_was_lost_does_not_stop_it(world: World) -> None:
    """A consumer that cannot write loses its partition with a whole batch in hand; it gets it back and goes on."""
    topic = world.topic()
    # Few enough that the batch is full long before the write counts as slow, however busy the machine is.
    consumer = world.consumer(failpoint=["set", f"consumer.polling.backpressure.MAX_RECORDS={FULL}"])
    world.until(lambda: bool(consumer.logged("claimed")), "it is ready", of=[consumer])
    with psycopg.connect(world.database_url) as holder:
        holder.execute("LOCK TABLE audit_event IN ACCESS EXCLUSIVE MODE")
        world.send(topic, events(3 * FULL))
        world.until(lambda: bool(consumer.logged("database_unavailable")), "it cannot write", of=[consumer])
        consumer.freeze()
        world.until(lambda: world.members() == 0, "its session ends")
        consumer.thaw()
        world.until(lambda: bool(consumer.logged("partitions_lost")), "it notices", of=[consumer])
    world.until_read(consumer)
    assert consumer.stop() == 0
    world.check()


def test_scaling_up_and_down_loses_and_doubles_nothing(either: World) -> None:
    """One consumer, then four, then one again, while records keep coming."""
    topic = either.topic(PARTITIONS)
    first = either.consumer()
    either.send(topic, events(300))
    either.until_read(first)
    others = [either.consumer() for _ in range(3)]

    def spread() -> bool:
        either.send(topic, events(50))
        return all(program.logged("claimed") for program in others)

    either.until(spread, "each gets partitions", of=[first, *others])
    for program in others:
        either.send(topic, events(50))
        assert program.stop() == 0
    either.until_read(first)
    assert first.stop() == 0
    either.check()
