"""From the client's messages to records, ends of partitions and errors: what one poll brought.

`add_messages` runs for every message. A record of an ignored type, or of another cell, is recognized here and never made:
it only lengthens a run of skipped offsets.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from confluent_kafka import TIMESTAMP_NOT_AVAILABLE, KafkaError, Message

from catalog.cells import Share
from catalog.reasons import HaltCause, IgnoreReason
from consumer.event.decode import MAX_VALUE
from consumer.event.ignored import PREFIX_BYTES, named_type
from consumer.event.model import Partition, Record, Skipped, Unreadable, new
from consumer.kafka.partial_message import readable_parts

GAP_CODES = {
    KafkaError._AUTO_OFFSET_RESET,
    KafkaError.OFFSET_OUT_OF_RANGE,
    KafkaError._LOG_TRUNCATION,
}
DAMAGE_CODES = {KafkaError.INVALID_MSG, KafkaError._BAD_MSG, KafkaError._BAD_COMPRESSION}
NOT_AUDITED, OTHER_CELL = IgnoreReason.NOT_AUDITED, IgnoreReason.OTHER_CELL


class EndOfPartition(NamedTuple):
    """The end of the partition's log was reached: everything before `offset` was delivered or is undeliverable."""

    partition: Partition
    offset: int


class PartitionError(NamedTuple):
    """The partition cannot be read any further: its log is damaged, or (`cause` None) a claim must find out why."""

    partition: Partition
    cause: HaltCause | None
    detail: str


class Passed(NamedTuple):
    """Which messages need not become a Record: those of ignored types, and those of other cells.

    `ce_types` has each ignored type by the first bytes of its values. Keys outside of `share`, if there is one, are other
    cells', whatever the record is otherwise. (Not a Mapping: it would be asked through a method call for every message.)
    """

    ce_types: dict[bytes, bytes]
    share: Share | None


class Polled(NamedTuple):
    """What one call of `poll` brought, records in order per partition."""

    records: list[Record | Skipped | Unreadable]
    ends: list[EndOfPartition]
    errors: list[PartitionError]


def add_messages(
    polled: Polled,
    messages: Sequence[Message],
    started: dict[tuple[str, int], Partition],
    passed: Passed,
) -> list[Message]:
    """Adds the records among `messages` to `polled`; gives the other messages, which are errors and ends.

    `started` has the partitions that are being read, by topic and number; messages of others are dropped. A message of
    which a part cannot be decoded is added as Unreadable, in every cell if that part is the key; if its topic, partition or
    offset is missing, the client's error is raised: an unknown offset is never passed.
    """
    items = polled.records
    ignored, share = passed
    errors: list[Message] = []
    # By its types the binding may return None for every part and text in headers; a consumer never gets these.
    topic: Any = None
    number: Any = None
    headers: Any
    offset: Any
    value: Any
    partition: Any = None
    first = after = 0
    reason = NOT_AUDITED
    for message in messages:
        headers = None
        try:
            if message.error() is not None:
                errors.append(message)
                continue
            if message.partition() != number or message.topic() != topic:
                if first < after:
                    items.append(Skipped(partition, first, after, reason))
                    first = after
                topic, number = message.topic(), message.partition()
                partition = started.get((topic, number))
            if partition is None:  # from the queue of a partition that was stopped meanwhile
                continue
            skip = None
            if share is not None and not share.has(message.key()):
                skip, offset = OTHER_CELL, message.offset()
            else:
                # For a header name that is not UTF-8 the binding raises and gives a damaged list at once. Only the call of a bound
                # method makes Python look for that error; the specialized form of `message.headers()` continues with the list.
                get_headers = message.headers
                headers = get_headers() or ()
                value, offset = message.value(), message.offset()
                ce_type = ignored.get(value[:PREFIX_BYTES]) if value is not None else None
                if ce_type is not None and len(value) <= MAX_VALUE and named_type(headers) == ce_type:
                    skip = NOT_AUDITED
            if skip is not None and offset == after and skip is reason:
                after = offset + 1
                continue
            if first < after:
                items.append(Skipped(partition, first, after, reason))
                first = after
            if skip is not None:
                first, after, reason = offset, offset + 1, skip
                continue
            kind, milliseconds = message.timestamp()
            time = None if kind == TIMESTAMP_NOT_AVAILABLE else milliseconds
            items.append(new(Record, (partition, offset, time, message.key(), value, headers)))
        except Exception as error:  # noqa: BLE001 whatever the binding raises: it decodes header names when they are asked for
            topic, number = message.topic(), message.partition()
            partition = started.get((topic, number))
            if partition is not None:
                if first < after:
                    items.append(Skipped(partition, first, after, reason))
                    first = after
                items.append(readable_parts(message, partition, headers, error))
    if first < after:
        items.append(Skipped(partition, first, after, reason))
    return errors


def add_partition_event(polled: Polled, message: Message, partition: Partition) -> bool:
    """Adds to `polled` an error message that concerns `partition`; False if it is another error."""
    error = message.error()
    assert error is not None
    code = error.code()
    if code == KafkaError._PARTITION_EOF:
        polled.ends.append(EndOfPartition(partition, message.offset() or 0))
    elif code in GAP_CODES:
        polled.errors.append(PartitionError(partition, None, error.str()))
    elif code in DAMAGE_CODES:
        polled.errors.append(PartitionError(partition, HaltCause.DAMAGED_LOG, error.str()))
    else:
        return False
    return True
