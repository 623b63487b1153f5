"""The group consumer: polls records, starts and stops partitions at explicit offsets, commits offsets.

Invariant: a partition is read only between `start(partition, offset)` and `stop`, from an offset that the database gave.
librdkafka never chooses one: `auto.offset.reset=error`, and a rebalance callback only takes note. Nothing is paused in
librdkafka: a partition that must wait is stopped and later started again, so that there is one way to begin.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

import structlog
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from consumer.event.model import Headers, Partition
from consumer.kafka.client_errors import ClientErrors, ClientLog, is_unsupported
from consumer.kafka.member_client import GroupConsumerFailure, connect, leave
from consumer.kafka.poll_size import PollSize
from consumer.kafka.polled import Passed, Polled, add_messages, add_partition_event
from consumer.kafka.raw_headers import read_raw_headers
from consumer.kafka.rebalance import Keys, RebalanceCallbacks
from consumer.kafka.silence import STATISTICS_SECONDS, Silence
from consumer.kafka.topic_faults import TopicFaults
from consumer.retries import OnRetry, Retry

log = structlog.get_logger()


class GroupConsumer:
    """One member of the consumer group."""

    def __init__(
        self,
        config: Mapping[str, str],
        topics: Sequence[str],
        rebalance: RebalanceCallbacks,
        passed: Passed,
        on_retry: OnRetry,
        faults: TopicFaults,
    ) -> None:
        """Joins the group.

        `passed` says which records are skipped without making a Record. `on_retry` is called for an error that the client
        itself retries. A topic that we may not read is noted in `faults`.
        """
        self._config = dict(config)
        self._topics = list(topics)
        self._passed = passed
        self._rebalance = rebalance
        self._on_retry = on_retry
        self._failure: BaseException | None = None
        self._errors = ClientErrors(config, on_retry, faults)
        self._started: dict[tuple[str, int], Partition] = {}
        self._poll_size = PollSize()
        # A user may pin the protocol through KAFKA_CONFIG_GROUP_PROTOCOL; otherwise the newer one is tried first.
        self._protocol = self._config.pop("group.protocol", "consumer")
        self._pinned = "group.protocol" in config
        self._consumer = self._join()

    def poll(self, limit: int, seconds: float) -> Polled:
        """At most `limit` records within `seconds`; runs the rebalance callbacks. Raises GroupConsumerFailure."""
        messages = self._consumer.consume(min(limit, self._poll_size.max_records), seconds)
        self._poll_size.note(messages)
        if self._failure is not None:
            raise GroupConsumerFailure(f"a rebalance callback failed: {self._failure!r}") from self._failure
        if self._errors.refused is not None:
            raise GroupConsumerFailure(self._errors.refused)
        polled = Polled([], [], [])
        try:
            others = add_messages(polled, messages, self._started, self._passed)
        except Exception as error:  # without its topic, partition and offset the record cannot be passed
            raise GroupConsumerFailure(f"the Kafka client gives no offset for a record: {error!r}") from error
        for message in others:
            self._on_error_message(message, polled)
        self._errors.read(polled)
        return polled

    def subscribe(self, topics: Sequence[str]) -> None:
        """Subscribes to these topics from now on; the group rebalances if they differ from the previous ones."""
        if set(topics) == set(self._topics):
            return
        log.info("subscribed", topics=list(topics))
        self._topics = list(topics)
        self._subscribe(self._consumer)

    def read_headers(self, partition: Partition, offset: int) -> Headers:
        """The headers of one record, read once more by `raw_headers`. Takes seconds; raises RawHeadersUnavailable."""
        return read_raw_headers(self._config, partition.topic, partition.number, offset)

    def start(self, partition: Partition, offset: int) -> None:
        """Reads `partition` from `offset` on; one that is being read already starts again there."""
        key = (partition.topic, partition.number)
        if key in self._started:
            self.stop([partition])
        self._consumer.incremental_assign([TopicPartition(partition.topic, partition.number, offset)])
        self._started[key] = partition

    def stop(self, partitions: Sequence[Partition]) -> None:
        """Ends the reading of `partitions`; what librdkafka has queued of them is dropped, and read again later."""
        keys = [(p.topic, p.number) for p in partitions if (p.topic, p.number) in self._started]
        for key in keys:
            del self._started[key]
        if keys:
            self._consumer.incremental_unassign([TopicPartition(*key) for key in keys])

    def commit_async(self, offsets: Mapping[Partition, int]) -> None:
        """Commits the database's offsets to the group, for lag tools only, and does not wait for the result."""
        commits = [TopicPartition(p.topic, p.number, offset) for p, offset in offsets.items()]
        with suppress(KafkaException):  # lost while the coordinator is unavailable: the next commit has newer offsets
            if commits:
                self._consumer.commit(offsets=commits, asynchronous=True)

    def rejoin(self) -> None:
        """Leaves the group and joins it again, so that it assigns our partitions again."""
        self._consumer.unsubscribe()
        self._subscribe(self._consumer)

    def close(self) -> None:
        """Leaves the group, within seconds; the callbacks run once more."""
        leave(self._consumer)

    def is_cut_off(self) -> bool:
        """Whether no broker has answered this client for long, though there are topics to read."""
        return bool(self._topics) and self._silence.is_long()

    def renew(self) -> None:
        """Joins the group with another client, without a callback for what the old one had; the old one leaves."""
        old, self._consumer = self._consumer, self._join()
        self._started.clear()
        leave(old)

    def _join(self) -> Consumer:
        self._silence = Silence()
        callbacks = {
            "logger": ClientLog(),
            "error_cb": self._errors.on_client_error,
            "stats_cb": self._silence.on_statistics,
            "statistics.interval.ms": STATISTICS_SECONDS * 1000,
        }
        consumer = connect(self._config, self._protocol, callbacks)
        self._subscribe(consumer)
        return consumer

    def _subscribe(self, consumer: Consumer) -> None:
        if not self._topics:  # an empty list is refused
            consumer.unsubscribe()
            return
        consumer.subscribe(
            self._topics,
            on_assign=self._on_assign,
            on_revoke=lambda client, parts: self._on_revoke(client, parts, self._rebalance.revoked),
            on_lost=lambda client, parts: self._on_revoke(client, parts, self._rebalance.lost),
        )

    # The callbacks run inside consume(). An exception there would make the binding throw away messages that it has
    # taken from the queue, so it is kept and raised after the call.
    def _on_assign(self, consumer: Consumer, parts: list[TopicPartition]) -> None:
        self._errors.member = True
        try:
            consumer.incremental_assign([])
            self._rebalance.assigned([(part.topic, part.partition) for part in parts])
        except BaseException as error:
            self._failure = error

    def _on_revoke(self, client: Consumer, parts: list[TopicPartition], callback: Callable[[Keys], None]) -> None:
        if client is not self._consumer:  # one that was replaced, as it leaves
            return
        try:
            callback([(part.topic, part.partition) for part in parts])
            started = [part for part in parts if self._started.pop((part.topic, part.partition), None)]
            self._consumer.incremental_unassign(started)
        except BaseException as error:
            self._failure = error

    def _on_error_message(self, message: Message, polled: Polled) -> None:
        """Runs after consume(), with each message that is an error. Raises GroupConsumerFailure."""
        error = message.error()
        assert error is not None
        code = error.code()
        if error.fatal() or code in {KafkaError._FATAL, KafkaError.FENCED_INSTANCE_ID}:
            self._fall_back_or_fail(error)
            return
        if code == KafkaError.GROUP_AUTHORIZATION_FAILED:
            raise GroupConsumerFailure(f"{error.str()} Kafka must allow READ on the group {self._config['group.id']}")
        partition = self._started.get((message.topic() or "", message.partition() or 0))
        known = partition is not None and add_partition_event(polled, message, partition)
        if code == KafkaError.TOPIC_AUTHORIZATION_FAILED and partition is not None:
            self._errors.on_forbidden(partition.topic, error)
        elif not known and code != KafkaError._PARTITION_EOF:  # the end of a partition that was stopped meanwhile
            log.warning("kafka_error", code=error.name(), text=error.str(), topic=message.topic())
            self._on_retry(Retry.KAFKA)

    def _fall_back_or_fail(self, error: KafkaError) -> None:
        if not (is_unsupported(error) and self._protocol == "consumer" and not self._pinned):
            raise GroupConsumerFailure(f"Kafka client failed: {error.str()}")
        log.warning("group_protocol_fallback", protocol="classic", reason=error.str())
        self.close()
        self._started.clear()
        self._protocol = "classic"
        self._consumer = self._join()
