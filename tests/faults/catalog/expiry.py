"""What Kafka deletes by itself, unread: records by their age, and the offsets of a group that is away."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from confluent_kafka import TopicPartition
from confluent_kafka.admin._listoffsets import OffsetSpec

from sandbox.services.process import wait_until
from tests.builders import Message, events
from tests.faults.catalog.logs import GAP, accept, deleted_unread, halted
from tests.faults.experiment import LIMIT, Experiment
from tests.faults.fault import Fault
from tests.faults.services import broker_that_forgets_offsets

LONG_AGO = 1_577_836_800_000  # 2020-01-01, in milliseconds: older than any retention


@contextmanager
def _by_retention(experiment: Experiment) -> Iterator[None]:
    """The topic keeps records for 10 ms while no consumer runs, and for a week again when one is started."""
    world, topic = experiment.world, experiment.other
    assert experiment.consumer.stop() == 0
    sent: list[Message] = events(100)
    world.send(topic, sent[:80])
    world.configure(topic, retention_ms="10")
    _until_log_starts_at(experiment, 80)
    world.configure(topic, retention_ms=None)
    world.send(topic, sent[80:])
    experiment.start()
    halted(experiment, "gap")
    world.lose(sent[:80])
    yield
    accept(experiment)


def _by_timestamp(experiment: Experiment) -> AbstractContextManager[None]:
    """Their producer says that they are from 2020, while the consumer is frozen."""
    return deleted_unread(experiment, lambda: _until_log_starts_at(experiment, 80), LONG_AGO)


@contextmanager
def _offsets_expired(experiment: Experiment) -> Iterator[None]:
    world = experiment.world
    assert experiment.consumer.stop() == 0
    assert world.committed(), "there are no offsets that could expire"
    assert wait_until(lambda: not world.committed(), LIMIT, 1), "Kafka keeps them"
    yield
    experiment.start()


def _until_log_starts_at(experiment: Experiment, offset: int) -> None:
    where = TopicPartition(experiment.other, 0)
    earliest: OffsetSpec = OffsetSpec.earliest()  # type: ignore[no-untyped-call]

    def starts() -> bool:
        answer = experiment.world.admin.list_offsets({where: earliest}, request_timeout=10)
        return bool(answer[where].result().offset == offset)

    assert wait_until(starts, LIMIT), "Kafka keeps the records"


FAULTS = (
    Fault(
        name="records deleted by their age",
        how="retention.ms of 10 while no consumer runs; the gap is accepted",
        inject=_by_retention,
        alerts=GAP,
        mixes=False,
    ),
    Fault(
        name="records deleted by a producer's clock",
        how="80 records with timestamps of 2020 while the consumer is frozen: Kafka deletes them at once; the gap is accepted",
        inject=_by_timestamp,
        alerts=GAP,
        mixes=False,
    ),
    Fault(
        name="group's offsets expired",
        how="offsets.retention.minutes=1; the consumer is stopped until Kafka has deleted them; it reads nothing twice",
        inject=_offsets_expired,
        alerts=frozenset({"AuditConsumerDown"}),
        where=broker_that_forgets_offsets,
        mixes=False,
    ),
)
