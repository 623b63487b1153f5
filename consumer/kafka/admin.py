"""The admin client of Kafka: topic ids, log starts and ends, cleanup policies, offsets by time.

Every method queries the brokers; nothing here is cached. All raise ClusterUnavailable if the brokers do not answer in time.
A topic for which a query fails is left out of the result, and noted in `faults`.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

import structlog
from confluent_kafka import KafkaException, TopicPartition, libversion
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._listoffsets import OffsetSpec
from confluent_kafka.admin._metadata import ClusterMetadata

from consumer.event.model import Partition
from consumer.kafka.auth_errors import AuthErrors
from consumer.kafka.group_config import OF_MEMBERS
from consumer.kafka.renewed_admin import RenewedAdmin
from consumer.kafka.topic_faults import TopicFault, TopicFaults
from consumer.kafka.topic_questions import POLICY, SECONDS, ClusterUnavailable, TopicQuestions
from consumer.retries import OnRetry, uncounted
from runtime.timestamps import milliseconds

log = structlog.get_logger()

K = TypeVar("K")
V = TypeVar("V")

__all__ = ["Bounds", "Cluster", "ClusterUnavailable", "PropertyRefused", "Topic"]

# After this time a request is given up, and its connection is closed: by default a half-open one would be kept for a minute,
# and every request on it would fail.
BASE: Mapping[str, int] = {"socket.timeout.ms": round(SECONDS * 1000)}
CLIENT_VERSION = libversion()[0]


class PropertyRefused(ClusterUnavailable):
    """librdkafka does not know a property or refuses its value; the message is librdkafka's."""


class Bounds(NamedTuple):
    """The first offset that the log still has, and the offset of the record to be written next."""

    low: int
    high: int


@dataclass(frozen=True, kw_only=True)
class Topic:
    """How many partitions a topic has (0: no such topic), and for how long it keeps a record, in seconds.

    `retention` is infinity if records are kept forever, and None if the broker does not say.
    """

    partitions: int
    retention: float | None


class Cluster:
    """Queries to the cluster; `on_retry` is called for a partition that cannot be read now and is queried again.

    `faults` has the errors of single topics, according to the last answers.
    """

    def __init__(self, config: Mapping[str, str], on_retry: OnRetry = uncounted) -> None:
        self.faults = TopicFaults()
        own: dict[str, Any] = {name: value for name, value in config.items() if not name.startswith(OF_MEMBERS)}
        self._auth_errors = AuthErrors(config)
        # The client's own log lines are switched off; each error has the same information.
        callbacks: dict[str, Any] = {
            "log_level": 0,
            "error_cb": lambda error: self._auth_errors.record(error.name(), error.str()),
        }
        try:
            self._admin = RenewedAdmin(lambda: AdminClient({**BASE, **own, **callbacks}))
        except KafkaException as error:
            raise PropertyRefused(f"a KAFKA_CONFIG_ setting is refused: {error.args[0].str()}") from error
        self._questions = TopicQuestions(self._admin, self._auth_errors, self.faults, on_retry)
        self._ids: bool | None = None

    def partitions(self, topics: Collection[str]) -> list[Partition]:
        """The partitions of those of `topics` that exist."""
        listed = self._list().topics
        present = [topic for topic in topics if topic in listed and listed[topic].error is None]
        ids = self.topic_ids(present)
        return [
            Partition(topic, ids[topic], number)
            for topic in present
            if topic in ids
            for number in sorted(listed[topic].partitions)
        ]

    def topic_ids(self, topics: Collection[str]) -> dict[str, str]:
        """Kafka's id, as text, of those of `topics` for which it returns one; the name if the broker has no topic ids."""
        self._admin.get().poll(0)  # the client's error callbacks run only during poll()
        self._auth_errors.forget()
        if not self.gives_ids():
            return {topic: topic for topic in topics}
        return self._questions.ids(topics)

    def bounds(self, partitions: Iterable[Partition]) -> dict[Partition, Bounds]:
        """Where the log of each partition begins and ends, transactions still open included.

        A partition that cannot be read now (without a leader, say) is left out.
        """
        keys = {TopicPartition(p.topic, p.number): p for p in partitions}
        low = self._questions.offsets(dict.fromkeys(keys, OffsetSpec.earliest()))
        high = self._questions.offsets(dict.fromkeys(keys, OffsetSpec.latest()))
        known = low.keys() & high.keys()
        return {p: Bounds(low[key], high[key]) for p in keys.values() if (key := (p.topic, p.number)) in known}

    def ends(self, partitions: Iterable[Partition], *, stable: bool = False) -> dict[Partition, int]:
        """Where the log of each partition ends; with `stable` its last stable offset, before transactions still open."""
        keys = {TopicPartition(p.topic, p.number): p for p in partitions}
        ends = self._questions.offsets(dict.fromkeys(keys, OffsetSpec.latest()), stable=stable)
        return {p: ends[key] for p in keys.values() if (key := (p.topic, p.number)) in ends}

    def bounds_of(self, partition: Partition) -> Bounds:
        """As `bounds`; ClusterUnavailable where the partition cannot be read now."""
        return self._known(partition, self.bounds([partition]), partition)

    def at(self, partition: Partition, time: datetime) -> int:
        """The offset of the first record whose timestamp is `time` or later; the log's end where there is none."""
        key = TopicPartition(partition.topic, partition.number)
        # No record is older than 1970; to Kafka, numbers below 0 are no times but "the end", "the beginning" and so on.
        since = OffsetSpec.for_timestamp(max(milliseconds(time), 0))
        offset = self._known(partition, self._questions.offsets({key: since}), (key.topic, key.partition))
        return offset if offset >= 0 else self._known(partition, self.ends([partition]), partition)

    def _known(self, partition: Partition, answers: Mapping[K, V], key: K) -> V:
        """What is known of a partition; whoever left it out has noted why."""
        if key not in answers:
            raise ClusterUnavailable(self.faults.current()[partition.topic, TopicFault.OFFSETS])
        return answers[key]

    def reached_within(self, seconds: float) -> bool:
        """Whether a broker has answered in the last `seconds`."""
        return self._admin.reached_within(seconds)

    def gives_ids(self) -> bool:
        """False for librdkafka's mock cluster, which answers neither for topic ids nor for topic settings."""
        if self._ids is None:
            self._ids = not (self._list().cluster_id or "").startswith("mockCluster")
            if not self._ids:
                log.warning("no_topic_ids", hint="this broker has no topic ids: topic names are used instead")
        return self._ids

    def compacted(self, topics: Collection[str]) -> dict[str, bool]:
        """Whether cleanup.policy includes compact, for those of `topics` whose settings may be read."""
        if not topics or not self.gives_ids():
            return dict.fromkeys(topics, False)
        policies = self._questions.settings(POLICY, topics)
        return {topic: "compact" in policy.split(",") for topic, policy in policies.items()}

    def topics(self, topics: Collection[str]) -> dict[str, Topic]:
        """The partitions and retention of each of `topics`."""
        listed = self._list().topics
        present = {
            topic: len(listed[topic].partitions) for topic in topics if topic in listed and not listed[topic].error
        }
        kept = self._questions.settings("retention.ms", present) if present and self.gives_ids() else {}
        seconds = {topic: int(text) / 1000 for topic, text in kept.items()}
        for_ever = {topic: float("inf") for topic, held in seconds.items() if held < 0}
        return {
            topic: Topic(partitions=present.get(topic, 0), retention={**seconds, **for_ever}.get(topic))
            for topic in topics
        }

    def _list(self) -> ClusterMetadata:
        try:
            listed = self._admin.get().list_topics(timeout=SECONDS)
        except KafkaException as error:
            self._admin.failed()
            raise ClusterUnavailable(f"topics cannot be listed: {self._questions.why(error)}") from error
        self._admin.reached()
        return listed
