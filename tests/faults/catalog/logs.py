"""What happens to topics and their logs: trimmed, re-created, deleted, grown, moved offsets, bad records."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from tests.builders import Message, event, events
from tests.e2e.world import operate
from tests.faults.experiment import Experiment
from tests.faults.fault import Fault

REASON = ("--reason", "made by make faults")
GAP = frozenset({"AuditDataGap"})


def accept(experiment: Experiment) -> None:
    """What an operator does about a gap: the newest one is accepted."""
    gap = experiment.world.value("SELECT max(id) FROM data_gap")
    operate(experiment.world, "gaps", "accept", str(gap), *REASON)


def halted(experiment: Experiment, cause: str) -> None:
    """Returns once the consumer has halted a partition of `other` for this cause."""
    experiment.until(
        lambda: bool(experiment.consumer.logged("halted", topic=experiment.other, cause=cause)), "it halts"
    )


@contextmanager
def deleted_unread(experiment: Experiment, delete: Callable[[], None], timestamp_ms: int = 0) -> Iterator[None]:
    """Of 100 records the consumer, which is frozen, finds that the first 80 are gone once `delete` returns; theirs is `timestamp_ms`."""
    world, topic = experiment.world, experiment.other
    experiment.consumer.freeze()
    sent: list[Message] = events(100)
    for message in sent[:2]:  # may be on their way to it already
        world.send(topic, [message], timestamp_ms=timestamp_ms)
    world.send(topic, sent[2:80], timestamp_ms=timestamp_ms)
    delete()
    world.send(topic, sent[80:])
    experiment.consumer.thaw()
    halted(experiment, "gap")
    world.lose(sent[int(world.progress()[topic, 0]["next_offset"]) : 80])
    yield
    accept(experiment)


def _trimmed(experiment: Experiment) -> AbstractContextManager[None]:
    """What the consumer had not read is deleted from under it, as retention does."""
    return deleted_unread(experiment, lambda: experiment.world.delete_records(experiment.other, 0, before=80))


@contextmanager
def _made_anew(experiment: Experiment) -> Iterator[None]:
    world, topic = experiment.world, experiment.other
    world.send(topic, events(10))
    experiment.until(lambda: world.progress()[topic, 0]["next_offset"] == 10, "it is read")
    world.admin.delete_topics([topic])[topic].result()
    world.create_topic(topic, 1)
    world.send(topic, events(30), producer=world.producer())
    world.expected["recorded"] -= 10  # counted in the books of the old log
    halted(experiment, "gap")
    # In the second until the new id is noticed, records may be counted for the old log (docs/operations.md), and are read again.
    (old,) = world.rows(
        f"SELECT next_offset FROM partition_progress WHERE kafka_topic = '{topic}' AND kafka_topic_id <> '{world.topic_ids()[topic]}'"
    )
    world.expected["recorded"] -= old["next_offset"] - 10
    world.expected["duplicate"] += old["next_offset"] - 10
    yield
    accept(experiment)


@contextmanager
def _deleted(experiment: Experiment) -> Iterator[None]:
    world, topic = experiment.world, experiment.other
    world.admin.delete_topics([topic])[topic].result()
    yield
    world.create_topic(topic, 1)
    world.send(topic, events(10), producer=world.producer())
    halted(experiment, "gap")
    accept(experiment)


@contextmanager
def _grown(experiment: Experiment) -> Iterator[None]:
    world, topic = experiment.world, experiment.other
    world.add_partitions(topic, 4)
    producer = world.producer(topic_metadata_refresh_interval_ms=100)
    for number in range(4):
        world.send(topic, events(10), partition=number, producer=producer)
    yield


@contextmanager
def _offsets_moved(experiment: Experiment) -> Iterator[None]:
    """To the beginning, while no one reads."""
    world = experiment.world
    assert experiment.consumer.stop() == 0
    world.commit_by_hand(dict.fromkeys(world.ends(), 0))
    yield
    experiment.start()


@contextmanager
def _broken_producer(experiment: Experiment) -> Iterator[None]:
    world, topic = experiment.world, experiment.other
    world.send(topic, [event().with_headers(ce_type="member.unheard_of") for _ in range(20)], "parked")
    world.send(topic, events(5))
    halted(experiment, "breaker")
    yield
    operate(world, "resume", topic, "0", *REASON)
    parked = [str(row["id"]) for row in world.rows("SELECT id FROM parked_record")]
    operate(world, "parked", "dismiss", *parked, *REASON)


@contextmanager
def _conflict(experiment: Experiment) -> Iterator[None]:
    first = event()
    experiment.world.send(experiment.other, [first])
    experiment.world.send(experiment.other, [first.with_headers(ce_time="2026-01-01T00:00:00Z")], "conflict")
    experiment.world.send(experiment.other, [first], "duplicate")
    yield


FAULTS = (
    Fault(
        name="records deleted unread",
        how="delete_records while the consumer is frozen; the gap is accepted",
        inject=_trimmed,
        alerts=GAP,
        mixes=False,
    ),
    Fault(
        name="topic re-created",
        how="deleted and created again, longer than before; the gap is accepted",
        inject=_made_anew,
        alerts=GAP,
        mixes=False,
    ),
    Fault(
        name="topic deleted",
        how="deleted, and created again later; the gap is accepted",
        inject=_deleted,
        alerts=frozenset({"AuditTopicUnavailable"}),
        mixes=False,
    ),
    Fault(name="partitions added", how="from 1 to 4, with records in each at once", inject=_grown, mixes=False),
    Fault(
        name="group's offsets moved",
        how="to the beginning, by the admin API, while the consumer is stopped",
        inject=_offsets_moved,
        sole=True,
    ),
    Fault(
        name="broken producer",
        how="20 records of an unknown type; the partition is resumed",
        inject=_broken_producer,
        alerts=frozenset({"AuditParkedMany", "AuditPartitionHalted"}),
        mixes=False,
    ),
    Fault(
        name="conflict",
        how="one identity with two contents",
        inject=_conflict,
        alerts=frozenset({"AuditConflict"}),
        mixes=False,
    ),
)
