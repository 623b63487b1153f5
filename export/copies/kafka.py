"""Copies as records of a Kafka topic: the key is the log's origin, the value the signed note."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from export.copies.destination import CheckpointToCopy, NotCopied

# With other values a copy that was lost could be reported as stored.
FIXED: Mapping[str, str | int | bool] = {"acks": "all", "enable.idempotence": True}
FIXED_PROPERTIES = ("acks", "request.required.acks", "enable.idempotence", "transactional.id", "enable.gapless.")
BASE: Mapping[str, str | int | bool] = {"message.timeout.ms": 20_000, "log_level": 0}
FLUSH_SECONDS = 30.0


def refused_properties(properties: Mapping[str, str]) -> list[tuple[Sequence[str], str]]:
    """What librdkafka refuses: all names, and its message, which names the wrong one."""
    try:
        Producer({**BASE, **properties, **FIXED})  # without brokers it opens no connection
    except KafkaException as error:
        return [(tuple(properties), str(error.args[0].str()))]
    except (ValueError, TypeError) as error:
        return [(tuple(properties), str(error))]
    return []


class CheckpointTopic:
    """A topic. After a failure a new producer is made: the state of the old one is not known."""

    name: ClassVar[str] = "kafka"

    def __init__(self, bootstrap_servers: str, topic: str, properties: Mapping[str, str]) -> None:
        self._topic = topic
        self._said = ""
        self._config: dict[str, Any] = {
            **BASE,
            **properties,
            **FIXED,
            "bootstrap.servers": bootstrap_servers,
            "error_cb": self._on_client_error,
        }
        self._producer: Producer | None = None

    def copy(self, checkpoint: CheckpointToCopy) -> None:
        """Returns when all in-sync replicas have it."""
        answers: list[str | None] = []  # texts, since comparing a KafkaError with None raises

        def on_delivery(error: KafkaError | None, _message: Message) -> None:
            answers.append(None if error is None else error.str())

        self._said = ""
        try:
            producer = self._producer or Producer(self._config)
            self._producer = None
            producer.produce(
                self._topic, value=checkpoint.data, key=checkpoint.origin.encode(), on_delivery=on_delivery
            )
            producer.flush(FLUSH_SECONDS)
        except (KafkaException, BufferError) as error:
            raise NotCopied(f"{self._topic}: {_words(error)}{self._said}") from None
        if answers != [None]:
            why = answers[0] if answers else f"no answer within {FLUSH_SECONDS:.0f} s"
            raise NotCopied(f"{self._topic}: {why}{self._said}")
        self._producer = producer

    def _on_client_error(self, error: KafkaError) -> None:
        """Called in flush(): the error of an undelivered record does not say why no broker answers."""
        if error.code() != KafkaError._ALL_BROKERS_DOWN:  # noqa: SLF001 the client names it so
            self._said = f" ({' '.join(error.str().split())})"


def _words(error: Exception) -> str:
    fault = error.args[0] if error.args else error
    return fault.str() if isinstance(fault, KafkaError) else str(fault)
