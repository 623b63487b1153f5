"""The client of a member of the group: made with its properties, and closed when the member leaves."""

from collections.abc import Mapping
from typing import Any

import structlog
from confluent_kafka import Consumer, KafkaException

from consumer.kafka.group_config import BASE, PROTOCOLS
from runtime.threads import within

log = structlog.get_logger()

LEAVE_SECONDS = 5.0


class GroupConsumerFailure(Exception):
    """The client cannot go on: the process must end without a commit; the next offsets are in the database."""


def connect(config: Mapping[str, str], protocol: str, callbacks: Mapping[str, Any]) -> Consumer:
    """A client that has not subscribed yet. Raises GroupConsumerFailure."""
    if protocol not in PROTOCOLS:
        raise GroupConsumerFailure(f"KAFKA_CONFIG_GROUP_PROTOCOL is {protocol!r}: use consumer or classic")
    try:
        return Consumer({**BASE, **PROTOCOLS[protocol], **config, **callbacks})
    except KafkaException as error:
        raise GroupConsumerFailure(f"the Kafka client refuses its settings: {error.args[0].str()}") from error


def leave(client: Consumer) -> None:
    """Leaves the group, within LEAVE_SECONDS; the callbacks run once more.

    librdkafka waits for the broker's answer to the last commit, up to a minute. Nothing of ours depends on it.
    """
    if not within(LEAVE_SECONDS, "leave", client.close):
        log.warning("leave_group_timeout", hint="the broker does not answer; it drops us at the session timeout")
