"""Publishes emissions as a service's transactional outbox does: acks=all, idempotent, and loud when one is not taken."""

from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from time import monotonic

from confluent_kafka import KafkaError, Message, Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from sandbox.traffic.generator import Emission


class DeliveryFailed(RuntimeError):
    """The broker did not take a record; publishing stopped, and what follows it was not sent."""


def producer(bootstrap_servers: str, more: Mapping[str, str] | None = None) -> Producer:
    """A producer with the settings that docs/services.md asks of services, and more as librdkafka names them."""
    return Producer(
        {
            "bootstrap.servers": bootstrap_servers,
            "acks": "all",
            "enable.idempotence": True,
            "max.in.flight.requests.per.connection": 1,  # decision 150
            "linger.ms": 20,
            "log_level": 3,  # a broker that has just started makes it warn, into whatever the terminal shows
            **(more or {}),
        }
    )


def create_topics(bootstrap_servers: str, topics: Iterable[str], partitions: int) -> None:
    """Creates topics with one replica; returns when they are there."""
    admin = AdminClient(
        {"bootstrap.servers": bootstrap_servers, "log_level": 0}
    )  # named, so that it lives until it has answered
    for future in admin.create_topics([NewTopic(topic, partitions, 1) for topic in topics]).values():
        future.result()


def publish(emissions: Iterable[Emission], to: Producer, per_second: float | None = None) -> int:
    """Publishes them in order and waits until the broker has them all; gives their number.

    At most `per_second` of them a second, or as fast as the broker takes them. Raises DeliveryFailed.
    """
    failures: list[str] = []
    count = 0

    def delivered(error: KafkaError | None, message: Message) -> None:
        if error is not None:
            failures.append(f"{message.topic()}: {error}")

    started = monotonic()
    for emission in emissions:
        _wait_until(started + count / per_second if per_second else 0.0, to)
        _produce(emission, to, delivered)
        count += 1
        if failures:
            break
    to.flush()
    if failures:
        raise DeliveryFailed(f"{len(failures)} of {count} records were not taken; the first: {failures[0]}")
    return count


def publish_in_transactions(emissions: Iterable[Emission], to: Producer, size: int) -> None:
    """Publishes them as `publish` does, by a producer with a `transactional.id`: each `size` of them are a transaction."""
    to.init_transactions()
    rest = iter(emissions)
    while part := list(islice(rest, size)):
        to.begin_transaction()
        publish(part, to)
        to.commit_transaction()


def _produce(emission: Emission, to: Producer, delivered: Callable[[KafkaError | None, Message], None]) -> None:
    while True:
        try:
            to.produce(
                emission.topic,
                emission.value,
                emission.key,
                on_delivery=delivered,
                headers=list(emission.headers),
            )
        except BufferError:  # the local queue is full: let some go first
            to.poll(0.1)
        else:
            return


def _wait_until(due: float, to: Producer) -> None:
    """Serves delivery reports meanwhile; a due time that has passed serves those that are there."""
    to.poll(0)
    while (left := due - monotonic()) > 0:
        to.poll(left)
