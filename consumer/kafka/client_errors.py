"""Errors of a member's client: of its connection, and of single topics."""

from collections.abc import Mapping

import structlog
from confluent_kafka import KafkaError

from consumer.kafka.auth_errors import AuthErrors
from consumer.kafka.polled import Polled
from consumer.kafka.topic_faults import TopicFault, TopicFaults
from consumer.retries import OnRetry, Retry

log = structlog.get_logger()

# A fatal error says only in its text which error it was.
UNSUPPORTED = [KafkaError(code).str() for code in (KafkaError.UNSUPPORTED_VERSION, KafkaError._UNSUPPORTED_FEATURE)]


def is_unsupported(error: KafkaError) -> bool:
    """Whether the broker does not know the group protocol."""
    return any(words in error.str() for words in UNSUPPORTED)


class ClientErrors:
    """`refused` is an error that waiting does not fix, or None; `member` is set by the group's first answer."""

    def __init__(self, config: Mapping[str, str], on_retry: OnRetry, faults: TopicFaults) -> None:
        self.refused: str | None = None
        self.member = False
        self._auth_errors = AuthErrors(config)
        self._on_retry = on_retry
        self._faults = faults
        self._forbidden: set[str] = set()

    def on_client_error(self, error: KafkaError) -> None:
        """Runs inside consume(), with each error that is not of a partition."""
        if error.code() != KafkaError._ALL_BROKERS_DOWN:
            self._auth_errors.record(error.name(), error.str())
            return
        refused = self._auth_errors.proven_error()
        # A member waits: the brokers accepted its credentials once, and may do so again.
        if refused is not None and not self.member:
            self.refused = refused
        else:
            log.warning("kafka_unavailable", error=f"no broker answers{self._auth_errors.explanation()}")
            self._on_retry(Retry.KAFKA)
        self._auth_errors.forget()

    def on_forbidden(self, topic: str, error: KafkaError) -> None:
        """A partition of the topic is assigned to us, and its records may not be read."""
        self._forbidden.add(topic)
        self._faults.note(topic, TopicFault.RECORDS, f"{error.str()} (docs/security.md lists the ACLs that are needed)")
        self._on_retry(Retry.KAFKA)

    def read(self, polled: Polled) -> None:
        """Clears the fault of each topic of which records were read."""
        if not self._forbidden:
            return
        for item in (*polled.records, *polled.ends):
            if item.partition.topic in self._forbidden:
                self._forbidden.discard(item.partition.topic)
                self._faults.clear(item.partition.topic, TopicFault.RECORDS)


class ClientLog:
    """Passes librdkafka's log lines to our log; librdkafka expects an object with `log`."""

    def log(self, level: int, text: str, *args: object) -> None:
        """Called by the client's binding."""
        log.log(level, "librdkafka", text=text % args if args else text)
