"""The door to Kafka for the loop: gives records, starts and stops partitions at explicit offsets, takes commits.

Law of this file: a partition is read only between `start(partition, offset)` and `stop`, from an offset that the
database gave. librdkafka never chooses one: `auto.offset.reset=error`, and a rebalance callback only takes note.
Nothing is paused: a partition that must rest is stopped and later started anew, so that there is one road only.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from threading import Thread
from typing import Any, NamedTuple

import structlog
from confluent_kafka import (
    TIMESTAMP_NOT_AVAILABLE,
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    TopicPartition,
)

from catalog.reasons import HaltCause
from consumer.event.model import Partition, Record, Skipped, new
from consumer.kafka.auth_errors import AuthErrors

log = structlog.get_logger()

# Why each value: docs/decisions/0003. `group.id`, brokers and the user's own properties are added to these.
BASE: Mapping[str, str | int | bool] = {
    "enable.auto.commit": False,
    "enable.auto.offset.store": False,
    "auto.offset.reset": "error",
    "isolation.level": "read_committed",
    "check.crcs": True,
    "allow.auto.create.topics": False,
    "enable.partition.eof": True,
    # Both limits are for each partition: with many of them, larger queues are memory and not speed.
    "queued.max.messages.kbytes": 2048,
    "queued.min.messages": 2000,
    "fetch.max.bytes": 4 * 1024 * 1024,
    "fetch.queue.backoff.ms": 10,
    "topic.metadata.refresh.interval.ms": 30000,
    "socket.keepalive.enable": True,
    "reconnect.backoff.max.ms": 10000,
}
PROTOCOLS: Mapping[str, Mapping[str, str]] = {
    "consumer": {"group.protocol": "consumer"},
    "classic": {"group.protocol": "classic", "partition.assignment.strategy": "cooperative-sticky"},
}
LEAVE_SECONDS = 5.0
# How many bytes of a value say which schema it was written with (Avro single-object encoding).
PREFIX = 10
GAP_CODES = {
    KafkaError._AUTO_OFFSET_RESET,
    KafkaError.OFFSET_OUT_OF_RANGE,
    KafkaError._LOG_TRUNCATION,
}
# A fatal error says only in its text which error it was.
UNSUPPORTED = [KafkaError(code).str() for code in (KafkaError.UNSUPPORTED_VERSION, KafkaError._UNSUPPORTED_FEATURE)]
DAMAGE_CODES = {KafkaError.INVALID_MSG, KafkaError._BAD_MSG, KafkaError._BAD_COMPRESSION}


class GroupConsumerFailure(Exception):
    """The client cannot go on: the process must end without a commit; the database knows where to begin again."""


class EndOfPartition(NamedTuple):
    """The end of the partition's log was reached: everything before `offset` was delivered or is undeliverable."""

    partition: Partition
    offset: int


class PartitionError(NamedTuple):
    """The partition cannot be read on: the log moved (`cause` None: look at it again) or is damaged."""

    partition: Partition
    cause: HaltCause | None
    detail: str


class Polled(NamedTuple):
    """What one call of `poll` brought, records in order per partition."""

    records: list[Record | Skipped]
    ends: list[EndOfPartition]
    errors: list[PartitionError]


class Rebalance(NamedTuple):
    """Whom the callbacks tell; each takes (topic, number) pairs. `revoked` may still write, `lost` may not."""

    assigned: Callable[[list[tuple[str, int]]], None]
    revoked: Callable[[list[tuple[str, int]]], None]
    lost: Callable[[list[tuple[str, int]]], None]


class GroupConsumer:
    """One member of the consumer group."""

    def __init__(
        self,
        config: Mapping[str, str],
        topics: Sequence[str],
        rebalance: Rebalance,
        ignored: Mapping[bytes, bytes],
    ) -> None:
        """Joins the group; `ignored` has, by the first bytes of a value, the ce_type whose records need not be made."""
        self._config = dict(config)
        self._topics = list(topics)
        self._ignored = dict(ignored)
        self._rebalance = rebalance
        self._failure: BaseException | None = None
        self._auth_errors = AuthErrors(config)
        self._refused: str | None = None
        self._member = False
        self._started: dict[tuple[str, int], Partition] = {}
        # A user may pin the protocol through KAFKA_CONFIG_GROUP_PROTOCOL; otherwise the newer one is tried first.
        self._protocol = self._config.pop("group.protocol", "consumer")
        self._pinned = "group.protocol" in config
        self._consumer = self._join()

    def poll(self, limit: int, seconds: float) -> Polled:
        """At most `limit` records within `seconds`; runs the rebalance callbacks. Raises GroupConsumerFailure."""
        messages = self._consumer.consume(limit, seconds)
        if self._failure is not None:
            raise GroupConsumerFailure(f"a rebalance callback failed: {self._failure!r}") from self._failure
        if self._refused is not None:
            raise GroupConsumerFailure(self._refused)
        polled = Polled([], [], [])
        self._sort(messages, polled)
        return polled

    def _sort(self, messages: Sequence[Message], polled: Polled) -> None:
        """The hot path: a record that may be skipped is looked at here and never made, it only lengthens a run."""
        items, ignored = polled.records, self._ignored
        # The binding's types allow for more than it gives to a consumer: None for every part, text in headers.
        topic: Any = None
        number: Any = None
        headers: Any
        offset: Any
        partition: Any = None
        first = after = 0
        for message in messages:
            if message.error() is not None:
                self._report(message, polled)
                continue
            if message.partition() != number or message.topic() != topic:
                if first < after:
                    items.append(Skipped(partition, first, after))
                    first = after
                topic, number = message.topic(), message.partition()
                partition = self._started.get((topic, number))
            if partition is None:  # from the queue of a partition that was stopped meanwhile
                continue
            headers, value, offset = message.headers() or (), message.value(), message.offset()
            ce_type = ignored.get(value[:PREFIX]) if value is not None else None
            if ce_type is not None and _claims(headers, ce_type):
                if offset != after:
                    if first < after:
                        items.append(Skipped(partition, first, after))
                    first = offset
                after = offset + 1
                continue
            if first < after:
                items.append(Skipped(partition, first, after))
                first = after
            kind, milliseconds = message.timestamp()
            time = None if kind == TIMESTAMP_NOT_AVAILABLE else milliseconds
            items.append(new(Record, (partition, offset, time, message.key(), value, headers)))
        if first < after:
            items.append(Skipped(partition, first, after))

    def start(self, partition: Partition, offset: int) -> None:
        """Begins to read `partition` at `offset`."""
        key = (partition.topic, partition.number)
        if key in self._started:
            self.stop([partition])
        self._consumer.incremental_assign([TopicPartition(partition.topic, partition.number, offset)])
        self._started[key] = partition

    def stop(self, partitions: Sequence[Partition]) -> None:
        """Ends the reading of `partitions`; what librdkafka has queued of them is thrown away, it is read again."""
        keys = [(p.topic, p.number) for p in partitions if (p.topic, p.number) in self._started]
        for key in keys:
            del self._started[key]
        if keys:
            self._consumer.incremental_unassign([TopicPartition(*key) for key in keys])

    def commit_async(self, offsets: Mapping[Partition, int]) -> None:
        """Tells Kafka's group how far the database is, for lag tools; nothing depends on it, so nothing waits for it."""
        commits = [TopicPartition(p.topic, p.number, offset) for p, offset in offsets.items()]
        with suppress(KafkaException):  # lost with the group's coordinator: the next hint says the same and more
            if commits:
                self._consumer.commit(offsets=commits, asynchronous=True)

    def rejoin(self) -> None:
        """Leaves the group and enters it again, so that it says afresh what is ours."""
        self._consumer.unsubscribe()
        self._subscribe(self._consumer)

    def close(self) -> None:
        """Leaves the group, within LEAVE_SECONDS; the callbacks run once more.

        librdkafka waits for the broker's answer to the last hint, up to a minute. Nothing of ours depends on it.
        """
        leaving = Thread(target=self._consumer.close, name="leave", daemon=True)
        leaving.start()
        leaving.join(LEAVE_SECONDS)
        if leaving.is_alive():
            log.warning(
                "leave_group_timeout", hint="the broker does not answer; it gives our partitions away by itself, later"
            )

    def _join(self) -> Consumer:
        if self._protocol not in PROTOCOLS:
            raise GroupConsumerFailure(f"KAFKA_CONFIG_GROUP_PROTOCOL is {self._protocol!r}: use consumer or classic")
        callbacks = {"logger": _ClientLog(), "error_cb": self._on_error}
        try:
            consumer = Consumer({**BASE, **PROTOCOLS[self._protocol], **self._config, **callbacks})
        except KafkaException as error:
            raise GroupConsumerFailure(f"the Kafka client refuses its settings: {error.args[0].str()}") from error
        self._subscribe(consumer)
        return consumer

    def _subscribe(self, consumer: Consumer) -> None:
        consumer.subscribe(
            self._topics,
            on_assign=self._on_assign,
            on_revoke=lambda _, parts: self._on_revoke(parts, self._rebalance.revoked),
            on_lost=lambda _, parts: self._on_revoke(parts, self._rebalance.lost),
        )

    # The callbacks run inside consume(). An exception there would make the binding throw away messages that it has
    # taken from the queue, so it is kept and raised behind the call.
    def _on_assign(self, consumer: Consumer, parts: list[TopicPartition]) -> None:
        self._member = True
        try:
            consumer.incremental_assign([])
            self._rebalance.assigned([(part.topic, part.partition) for part in parts])
        except BaseException as error:
            self._failure = error

    def _on_revoke(self, parts: list[TopicPartition], tell: Callable[[list[tuple[str, int]]], None]) -> None:
        try:
            tell([(part.topic, part.partition) for part in parts])
            started = [part for part in parts if self._started.pop((part.topic, part.partition), None)]
            self._consumer.incremental_unassign(started)
        except BaseException as error:
            self._failure = error

    def _on_error(self, error: KafkaError) -> None:
        """Runs inside consume(), with each error that is not of a partition."""
        if error.code() != KafkaError._ALL_BROKERS_DOWN:
            self._auth_errors.record(error.name(), error.str())
            return
        refused = self._auth_errors.proven_error()
        # A member waits: the brokers took its credentials once, and may do so again.
        if refused is not None and not self._member:
            self._refused = refused
        else:
            log.warning("kafka_unavailable", error=f"no broker answers{self._auth_errors.explanation()}")
        self._auth_errors.forget()

    def _report(self, message: Message, polled: Polled) -> None:
        error = message.error()
        assert error is not None
        code = error.code()
        if error.fatal() or code in {KafkaError._FATAL, KafkaError.FENCED_INSTANCE_ID}:
            self._fall_back_or_fail(error)
            return
        if code == KafkaError.GROUP_AUTHORIZATION_FAILED:
            raise GroupConsumerFailure(f"{error.str()} Kafka must allow READ on the group (docs/security.md)")
        partition = self._started.get((message.topic() or "", message.partition() or 0))
        if code == KafkaError._PARTITION_EOF:
            if partition is not None:
                polled.ends.append(EndOfPartition(partition, message.offset() or 0))
        elif partition is not None and code in GAP_CODES:
            polled.errors.append(PartitionError(partition, None, error.str()))
        elif partition is not None and code in DAMAGE_CODES:
            polled.errors.append(PartitionError(partition, HaltCause.DAMAGED_LOG, error.str()))
        else:
            log.warning("kafka_error", code=error.name(), text=error.str(), topic=message.topic())

    def _fall_back_or_fail(self, error: KafkaError) -> None:
        unsupported = any(words in error.str() for words in UNSUPPORTED)
        if not (unsupported and self._protocol == "consumer" and not self._pinned):
            raise GroupConsumerFailure(f"Kafka client failed: {error.str()}")
        log.warning("group_protocol_fallback", protocol="classic", reason=error.str())
        self.close()
        self._started.clear()
        self._protocol = "classic"
        self._consumer = self._join()


def _claims(headers: Any, ce_type: bytes) -> bool:
    """Whether the headers name that type, and nothing twice."""
    named = dict(headers)
    return named.get("ce_type") == ce_type and len(named) == len(headers)


class _ClientLog:
    """Hands librdkafka's own log lines to ours; it asks for an object with `log`."""

    def log(self, level: int, text: str, *args: object) -> None:
        log.log(level, "librdkafka", text=text % args if args else text)
