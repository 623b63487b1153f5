"""Kafka stopped, killed, trimmed, re-created, repartitioned, its group offsets moved by hand."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest

from sandbox.services.freezing import frozen
from sandbox.services.service import KafkaBroker
from tests.builders import Message, events
from tests.conftest import start_kafka
from tests.e2e.world import World, operate


@pytest.fixture
def broker(kafka: KafkaBroker) -> Iterator[KafkaBroker]:
    """The broker, which runs again afterwards whatever the test did."""
    yield kafka
    if kafka.pid is None:
        kafka.start()


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_a_broker_that_goes_and_comes_back_costs_nothing(world: World, broker: KafkaBroker, how: str) -> None:
    """While the broker is unavailable the consumer waits; when it is back it continues at the database's offsets."""
    topic = world.topic(3)
    world.send(topic, events(1000))
    consumer = world.consumer()
    world.until(lambda: world.count("audit_event") > 0, "it has begun", of=[consumer])
    broker.stop() if how == "stop" else broker.kill()
    world.until(
        lambda: bool(consumer.logged("kafka_error") or consumer.logged("kafka_unavailable")),
        "it notices",
        of=[consumer],
    )
    broker.start()
    world.send(topic, events(1000))
    world.until_read(consumer, limit=90)
    assert consumer.stop() == 0
    world.check()


def test_a_broker_that_hangs_does_not_keep_a_consumer_from_ending(world: World, broker: KafkaBroker) -> None:
    """Leaving the group is optional: what was read is written, and it is logged that the broker did not answer in time."""
    if broker.pid is None:
        pytest.skip("a broker in a container has no process here that could be stopped")
    topic = world.topic(2)
    consumer = world.consumer()
    with ExitStack() as hanging:
        with psycopg.connect(world.database_url) as lock:
            lock.execute("LOCK TABLE audit_event IN EXCLUSIVE MODE")
            world.send(topic, events(100))
            world.until(world.waits_for_a_lock, "it writes", of=[consumer])
            hanging.enter_context(frozen(broker.pid))
        world.until(lambda: world.count("audit_event") > 0, "it has written, and commits to the broker", of=[consumer])
        assert consumer.stop() == 0
    assert consumer.logged("leave_group_timeout")
    world.run_until_end()
    world.check()


def test_records_deleted_while_it_is_stopped_are_a_gap(world: World) -> None:
    """What retention removed unread is stated exactly, halts its partition alone, and is passed once accepted."""
    topic = world.topic(2)
    world.send(topic, events(20), partition=0)
    world.run_until_end()
    lost = events(30)
    world.send(topic, lost, partition=0)
    world.send(topic, events(10), partition=0)
    world.send(topic, events(10), partition=1)
    world.delete_records(topic, 0, before=50)
    consumer = world.consumer("run", "--until-end")
    assert consumer.wait() == 1
    assert world.progress()[topic, 1]["next_offset"] == 10
    _gap_is(world, topic, 20, 50, "log_start_moved")
    _accept(world)
    world.lose(lost)
    world.run_until_end()
    world.check()


def test_records_deleted_before_the_first_read_are_a_gap(world: World) -> None:
    """A partition whose log does not begin at 0 when it is first read says so; it does not begin in silence."""
    topic = world.topic()
    lost = events(5)
    world.send(topic, lost)
    world.send(topic, events(5))
    world.delete_records(topic, 0, before=5)
    assert world.consumer("run", "--until-end").wait() == 1
    _gap_is(world, topic, 0, 5, "before_first_read")
    _accept(world)
    world.lose(lost)
    world.run_until_end()
    world.check()


def test_records_deleted_from_under_it_are_a_gap(world: World) -> None:
    """The log's start passes a running consumer: it halts there, says what is gone, and goes on once accepted."""
    topic = world.topic(2)
    world.send(topic, events(10), partition=0)
    consumer = world.consumer()
    world.until_read(consumer)
    consumer.freeze()
    sent: list[Message] = events(100)
    for message in sent[:2]:  # may be on their way to it already
        world.send(topic, [message], partition=0)
    world.send(topic, sent[2:], partition=0)
    world.delete_records(topic, 0, before=80)
    consumer.thaw()
    world.until(lambda: bool(consumer.logged("halted", cause="gap")), "it halts", of=[consumer])
    world.send(topic, events(10), partition=1)
    world.until(lambda: world.progress()[topic, 1]["next_offset"] == 10, "the other goes on", of=[consumer])
    reached = int(world.progress()[topic, 0]["next_offset"])
    assert reached < 80
    _gap_is(world, topic, reached, 80, "log_start_moved")
    _accept(world)
    world.lose(sent[reached - 10 : 70])
    world.until_read(consumer)
    assert consumer.stop() == 0
    world.check()


def test_a_topic_re_created_under_it_is_another_log(world: World) -> None:
    """Deleted and created again while it runs: it halts with an open gap, and begins at 0 once that is accepted."""
    topic, other = world.topic(), world.topic()
    world.send(topic, events(10))
    consumer = world.consumer()
    world.until_read(consumer)
    _make_anew(world, topic)
    world.send(other, events(10))
    world.until(lambda: bool(consumer.logged("halted", topic=topic, cause="gap")), "it halts", of=[consumer])
    world.until(lambda: world.count("audit_event") == 20, "the other goes on", of=[consumer])
    world.send(topic, events(30))
    _gap_is_open(world, 10)
    _accept(world)
    world.expected["recorded"] -= 10  # counted in the books of the old log
    world.until_read(consumer)
    assert consumer.stop() == 0
    world.check()


def test_a_topic_re_created_while_it_is_stopped_is_another_log(world: World) -> None:
    """Created again and longer than before, the offsets alone would not show it: the topic's id does, and nothing is left out."""
    topic = world.topic()
    world.send(topic, events(10))
    world.run_until_end()
    _make_anew(world, topic)
    world.send(topic, events(30))
    assert world.consumer("run", "--until-end").wait() == 1
    _gap_is_open(world, 10)
    _accept(world)
    world.expected["recorded"] -= 10
    world.run_until_end()
    world.check()


def test_a_topic_that_is_deleted_leaves_the_others_alone(world: World) -> None:
    """A topic that goes is said to be missing; the others are still read."""
    gone, topic = world.topic(), world.topic()
    world.send(gone, events(10))
    consumer = world.consumer()
    world.until_read(consumer)
    world.admin.delete_topics([gone])[gone].result()
    world.topics.remove(gone)
    world.expected["recorded"] -= 10
    world.send(topic, events(10))
    world.until_read(consumer)
    world.until(
        lambda: bool(consumer.logged("topic_replaced") or consumer.logged("topic_unavailable", topic=gone)),
        "it says so",
    )
    assert consumer.stop() == 0
    world.check()


def test_a_log_shorter_than_what_was_read_is_a_gap(world: World) -> None:
    """When the log has lost its end (an unclean election), the partition halts and does not wait for it to grow."""
    topic = world.topic()
    world.send(topic, events(20))
    world.run_until_end()
    world.rows("UPDATE partition_progress SET next_offset = 50, recorded = 50")
    assert world.consumer("run", "--until-end").wait() == 1
    _gap_is(world, topic, 20, 50, "log_truncated")


@pytest.mark.parametrize("where", ["beginning", "end", "deleted"])
def test_offsets_moved_by_hand_have_no_effect(world: World, where: str) -> None:
    """The group's offsets in Kafka are a hint: reset or deleted, nothing is read twice or left out."""
    topic = world.topic(2)
    world.send(topic, events(50))
    world.run_until_end()
    world.send(topic, events(50))
    if where == "deleted":
        world.admin.delete_consumer_groups([world.group])[world.group].result()
    else:
        ends = world.ends()
        world.commit_by_hand(dict.fromkeys(ends, 0) if where == "beginning" else ends)
    world.run_until_end()
    world.check()


def test_partitions_added_while_it_runs_are_read_from_their_beginning(world: World) -> None:
    """New partitions of a known topic start at 0, whatever has been produced to them before they were noticed."""
    topic = world.topic(2)
    world.send(topic, events(20))
    consumer = world.consumer()
    world.until_read(consumer)
    world.add_partitions(topic, 5)
    producer = world.producer(topic_metadata_refresh_interval_ms=100)
    for number in range(5):
        world.send(topic, events(10), partition=number, producer=producer)
    world.until_read(consumer)
    assert consumer.stop() == 0
    world.check()


def test_a_topic_created_later_is_read_from_its_beginning(world: World) -> None:
    """A subscribed topic that does not exist yet stops nothing; once it is there, it is read whole."""
    topic = world.topic()
    later = topic.replace("topic", "later")
    world.topics.append(later)
    consumer = world.consumer()
    world.send(topic, events(10))
    world.until(lambda: world.count("audit_event") == 10, "what is there is read", of=[consumer])
    world.create_topic(later, 1)
    world.send(later, events(10))
    world.until_read(consumer)
    assert consumer.stop() == 0
    world.check()


def test_a_broker_without_the_new_protocol_is_joined_by_the_old(database_url: str, tmp_path: Path) -> None:
    """Where the broker refuses the consumer protocol, the consumer says so and takes the classic one by itself."""
    classic = {"group.coordinator.rebalance.protocols": "classic"}
    with start_kafka(classic) as broker, World(broker.bootstrap, database_url, tmp_path) as world:
        topic = world.topic(2)
        world.send(topic, events(50))
        consumer = world.consumer()
        world.until_read(consumer)
        assert consumer.logged("group_protocol_fallback")
        assert consumer.stop() == 0
        world.check()


def _gap_is(world: World, topic: str, start: int, end: int, cause: str) -> None:
    (gap,) = world.rows("SELECT * FROM data_gap")
    assert (gap["kafka_topic"], gap["kafka_partition"]) == (topic, 0)
    assert (gap["from_offset"], gap["to_offset"], gap["cause"]) == (start, end, cause)
    assert world.progress()[topic, 0]["halted"] == "gap"


def _make_anew(world: World, topic: str) -> None:
    world.admin.delete_topics([topic])[topic].result()
    world.create_topic(topic, 1)


def _gap_is_open(world: World, start: int) -> None:
    """The old log is gone from `start` on, and no one can know how far it went."""
    (gap,) = world.rows("SELECT from_offset, to_offset, cause FROM data_gap")
    assert gap == {"from_offset": start, "to_offset": None, "cause": "topic_recreated"}


def _accept(world: World) -> None:
    operate(world, "gaps", "accept", str(world.value("SELECT id FROM data_gap")), "--reason", "seen by a person")
