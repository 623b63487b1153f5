"""Other members of the group, missing topics, and transactions that stay open: what is reported, and what continues."""

from sandbox.services.ports import free_port
from tests.builders import events
from tests.e2e.world import World


def test_until_end_beside_dead_members_reads_what_they_owned(world: World) -> None:
    """Their partitions come to us when their sessions end; only then is every end reached."""
    topics = [world.topic(partitions=2) for _ in range(3)]
    members = [world.consumer(), world.consumer()]
    world.until(lambda: all(member.logged("claimed") for member in members), "both own something", of=members)
    world.until(lambda: len(world.progress()) == 6, "all are claimed", of=members)
    for member in members:
        member.kill()
    for topic in topics:
        world.send(topic, events(4))
    world.run_until_end()
    world.check()


def test_until_end_waits_for_a_living_member(world: World) -> None:
    """What another one owns is waited for, and counts once the database says that it was read."""
    topics = [world.topic(partitions=2) for _ in range(2)]
    other = world.consumer()
    world.until(lambda: len(world.progress()) == 4, "all are claimed", of=[other])
    for topic in topics:
        world.send(topic, events(20))
    world.run_until_end()
    world.check()
    assert other.stop() == 0


def test_a_topic_that_is_not_there_is_named_and_the_others_are_read(world: World) -> None:
    """The end of its log is not reached, so the run does not say so."""
    topic = world.topic()
    world.send(topic, events(3))
    program = world.consumer("run", "--until-end", AUDIT_TOPICS=f"{topic},misspelled")
    assert program.wait() == 1
    assert program.logged("topic_unavailable", topic="misspelled", cause="missing")
    assert program.logged("ends_not_reached", partitions=["misspelled"])
    world.check()


def test_a_topic_that_comes_later_is_read(world: World) -> None:
    """It stays subscribed to while it is not there."""
    topic, later = world.topic(), "later-" + world.group
    world.send(topic, events(3))
    program = world.consumer("run", AUDIT_TOPICS=f"{topic},{later}", AUDIT_METRICS_BIND=f"127.0.0.1:{free_port()}")
    world.until(lambda: bool(program.logged("topic_unavailable", topic=later)), "it is named", of=[program])
    world.until_read(program)
    world.create_topic(later, 1)
    world.topics.append(later)
    world.send(later, events(3))
    world.until_read(program)
    assert program.logged("topic_available", topic=later)
    assert program.stop() == 0
    world.check()


def test_an_open_transaction_is_reported(world: World) -> None:
    """By topic, partition and the offset at which it holds the partition back; and its end."""
    topic = world.topic()
    producer = world.producer(transactional_id=world.group, transaction_timeout_ms=60_000)
    producer.init_transactions()
    producer.begin_transaction()
    world.send(topic, events(2), producer=producer)
    world.send(topic, events(1))
    program = world.consumer()
    world.until(
        lambda: bool(program.logged("open_transaction", topic=topic, partition=0, offset=0)), "it is told", of=[program]
    )
    assert world.count("audit_event") == 0
    world.end_transaction(producer, commit=True)
    world.until_read(program)
    world.until(lambda: bool(program.logged("open_transaction_ended", topic=topic)), "its end is logged", of=[program])
    assert program.stop() == 0
    world.check()
