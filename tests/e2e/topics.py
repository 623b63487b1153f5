"""Topics and a group of a test's own on a broker, and what Kafka says of them."""

import uuid
from collections.abc import Callable, Mapping
from typing import TypeVar

from confluent_kafka import (
    ConsumerGroupTopicPartitions,
    KafkaError,
    KafkaException,
    Producer,
    TopicCollection,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._config import AlterConfigOpType, ConfigEntry, ConfigResource
from confluent_kafka.admin._listoffsets import OffsetSpec
from confluent_kafka.admin._metadata import PartitionMetadata
from confluent_kafka.admin._resource import ResourceType
from confluent_kafka.cimpl import NewPartitions, NewTopic

from sandbox.services.process import wait_until

T = TypeVar("T")

LIMIT = 45.0  # seconds that anything may take here


class Topics:
    """`topics` are those that the consumers of a test subscribe to, as members of `group`; each record is on `copies` brokers."""

    def __init__(self, bootstrap: str, copies: int = 1) -> None:
        self.bootstrap = bootstrap
        self._copies = copies
        self.group = f"group-{uuid.uuid4().hex[:8]}"
        self.topics: list[str] = []
        self.admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})

    def producer(self, **config: str | int) -> Producer:
        """A producer, idempotent and with one request at a time, as docs/services.md wants services to be."""
        own = {
            "enable.idempotence": True,
            "max.in.flight.requests.per.connection": 1,
            "message.max.bytes": 12 * 1024 * 1024,
            "log_level": 0,
        }
        named = {name.replace("_", "."): value for name, value in config.items()}
        return Producer({"bootstrap.servers": self.bootstrap, **own, **named})

    def topic(self, partitions: int = 1, **config: str) -> str:
        """Creates a topic that the consumers of this world subscribe to."""
        name = f"topic-{uuid.uuid4().hex[:8]}"
        self.create_topic(name, partitions, **config)
        self.topics.append(name)
        return name

    def create_topic(self, name: str, partitions: int, **config: str) -> None:
        """Creates a topic; when it has been deleted just now, as soon as that is done."""
        settings = {key.replace("_", "."): value for key, value in config.items()}
        new = NewTopic(name, num_partitions=partitions, replication_factor=self._copies, config=settings)

        def created() -> bool:
            error = self.admin.create_topics([new])[name].exception()
            code = None if error is None else error.args[0].code()
            return code is None or (code != KafkaError.TOPIC_ALREADY_EXISTS and _raise(error))

        assert wait_until(created, LIMIT), f"{name} could not be created"

    def add_partitions(self, topic: str, total: int) -> None:
        """Gives a topic more partitions."""
        self.admin.create_partitions([NewPartitions(topic, total)])[topic].result()

    def configure(self, topic: str, **config: str | None) -> None:
        """Changes settings of a topic, named as for `create_topic`; None: as the broker has it."""
        entries = [
            ConfigEntry(
                key.replace("_", "."),
                value,
                incremental_operation=AlterConfigOpType.DELETE if value is None else AlterConfigOpType.SET,
            )
            for key, value in config.items()
        ]
        resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=entries)
        self.admin.incremental_alter_configs([resource])[resource].result()

    def delete_records(self, topic: str, partition: int, before: int) -> None:
        """Deletes all records of a partition before an offset, as retention would."""
        for future in self.admin.delete_records([TopicPartition(topic, partition, before)]).values():
            future.result()

    def ends(self) -> dict[tuple[str, int], int]:
        """Where each partition's log ends; asked again while leaders are being elected."""
        return _answered(self._ends)

    def _ends(self) -> dict[tuple[str, int], int]:
        listed = self.admin.list_topics(timeout=10).topics
        if not listed.keys() >= set(self.topics):
            raise KafkaException(
                KafkaError(KafkaError.UNKNOWN_TOPIC_OR_PART)
            )  # the broker does not know of a new one yet
        keys = [TopicPartition(topic, number) for topic in self.topics for number in listed[topic].partitions]
        latest: OffsetSpec = OffsetSpec.latest()  # type: ignore[no-untyped-call]
        answers = self.admin.list_offsets(dict.fromkeys(keys, latest), request_timeout=10)
        return {(key.topic, key.partition): future.result().offset for key, future in answers.items()}

    def partitions(self, topic: str) -> dict[int, PartitionMetadata]:
        """What brokers say of a topic's partitions; asked again while the one that was asked is missing."""
        return _answered(lambda: self.admin.list_topics(topic, timeout=5).topics[topic].partitions)

    def topic_ids(self) -> dict[str, str]:
        """Kafka's id of each topic; asked again while there is no controller."""
        return _answered(self._topic_ids)

    def _topic_ids(self) -> dict[str, str]:
        answers = self.admin.describe_topics(TopicCollection(self.topics), request_timeout=10)
        return {topic: str(future.result().topic_id) for topic, future in answers.items()}

    def committed(self) -> dict[tuple[str, int], int]:
        """The offsets that the group has committed to Kafka; asked again while there is no coordinator."""
        return _answered(self._committed)

    def commit_by_hand(self, offsets: Mapping[tuple[str, int], int]) -> None:
        """Moves the offsets of the group, which has no members, as its owner may; again while there is no coordinator."""
        parts = [TopicPartition(topic, number, offset) for (topic, number), offset in offsets.items()]

        def move() -> object:
            admin = self._another_admin()
            asked = admin.alter_consumer_group_offsets([ConsumerGroupTopicPartitions(self.group, parts)])
            return asked[self.group].result()

        _answered(move)

    def _committed(self) -> dict[tuple[str, int], int]:
        admin = self._another_admin()
        asked = admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(self.group)], request_timeout=10)
        committed = asked[self.group].result().topic_partitions or []
        return {(part.topic, part.partition): part.offset for part in committed if part.offset >= 0}

    def _another_admin(self) -> AdminClient:
        """One that knew the coordinator before its broker was killed may wait for it for ever."""
        return AdminClient({"bootstrap.servers": self.bootstrap, "log_level": 0})

    def members(self) -> int:
        """How many consumers the group has, as far as Kafka knows."""
        admin = self._another_admin()
        answer = admin.describe_consumer_groups([self.group], request_timeout=10)
        return len(answer[self.group].result().members)


def _answered(ask: Callable[[], T]) -> T:
    """What Kafka answers, as soon as it does."""
    answers: list[T] = []

    def has_answered() -> bool:
        try:
            answers.append(ask())
        except KafkaException:
            return False
        return True

    assert wait_until(has_answered, LIMIT, 0.1), "Kafka does not answer"
    return answers[0]


def _raise(error: BaseException | None) -> bool:
    assert error is not None
    raise error
