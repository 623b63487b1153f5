"""Queries to Kafka that may fail for some topics only: ids, settings, offsets.

A topic with an error is left out of the result, and the error noted; if no broker answers, that is raised.
"""

from collections.abc import Collection

from confluent_kafka import IsolationLevel, KafkaError, KafkaException, TopicCollection, TopicPartition
from confluent_kafka.admin._config import ConfigResource
from confluent_kafka.admin._listoffsets import OffsetSpec
from confluent_kafka.admin._resource import ResourceType

from consumer.kafka.auth_errors import AuthErrors
from consumer.kafka.renewed_admin import RenewedAdmin
from consumer.kafka.topic_faults import TopicFault, TopicFaults
from consumer.retries import OnRetry, Retry

SECONDS = 10.0
POLICY = "cleanup.policy"
# Errors of a client that no broker answers; the reason is in its error callback.
UNREACHABLE = {"_TRANSPORT", "_TIMED_OUT", "_ALL_BROKERS_DOWN", "_AUTHENTICATION", "_SSL"}


class ClusterUnavailable(Exception):
    """The brokers did not answer, or refused; the message is the client's."""


class TopicQuestions:
    """Queries with `admin`; notes errors in `faults`, and calls `on_retry` for a topic whose offsets are queried again."""

    def __init__(self, admin: RenewedAdmin, auth_errors: AuthErrors, faults: TopicFaults, on_retry: OnRetry) -> None:
        self._admin = admin
        self._auth_errors = auth_errors
        self._on_retry = on_retry
        self.faults = faults

    def ids(self, topics: Collection[str]) -> dict[str, str]:
        """The id that Kafka gave each of `topics`, as text; one that cannot be described is left out, and noted in `faults`."""
        ids = {}
        described = self._admin.get().describe_topics(TopicCollection(list(topics)), request_timeout=SECONDS)
        for topic, future in described.items():
            try:
                ids[topic] = str(future.result().topic_id)
                self.faults.clear(topic, TopicFault.MISSING, TopicFault.UNDESCRIBED, TopicFault.ID)
            except KafkaException as error:
                why = f"topic {topic} cannot be described: {self.why(error)}"
                self._raise_unreachable(error, why)
                match error.args[0].code():
                    case KafkaError.UNKNOWN_TOPIC_OR_PART:
                        self.faults.note(topic, TopicFault.MISSING, "Kafka has no topic of this name")
                    case KafkaError.TOPIC_AUTHORIZATION_FAILED:
                        self.faults.note(topic, TopicFault.UNDESCRIBED, why)
                    case _:  # it says nothing of whether the topic may be subscribed to
                        self.faults.note(topic, TopicFault.ID, why)
        self._admin.reached()
        return ids

    def settings(self, name: str, topics: Collection[str]) -> dict[str, str]:
        """The value of the topic setting `name` for each of `topics`; one whose settings cannot be read, or do not have it, is left out.

        A partition is claimed only if it is known whether its topic is compacted. So a missing `cleanup.policy` is noted as a fault,
        whichever setting is queried.
        """
        resources = [ConfigResource(ResourceType.TOPIC, topic) for topic in topics]
        answers = self._admin.get().describe_configs(resources, request_timeout=SECONDS)
        values = {}
        for resource, future in answers.items():
            try:
                said = {key: entry.value for key, entry in future.result().items() if entry.value}
                if name in said:
                    values[resource.name] = said[name]
                if POLICY in said:
                    self.faults.clear(resource.name, TopicFault.SETTINGS)
                else:
                    self.faults.note(resource.name, TopicFault.SETTINGS, f"the broker does not say its {POLICY}")
            except KafkaException as error:
                why = f"{name} of {resource.name} is unreadable: {self.why(error)}"
                self._raise_unreachable(error, why)
                self.faults.note(resource.name, TopicFault.SETTINGS, why)
        self._admin.reached()
        return values

    def offsets(self, wanted: dict[TopicPartition, OffsetSpec], *, stable: bool = False) -> dict[tuple[str, int], int]:
        """The offset asked for of each partition, by topic and number; one that is refused is left out and noted as a fault of its topic.

        With `stable` the end is the last stable offset (isolation level read_committed).
        """
        if not wanted:
            return {}
        level = IsolationLevel.READ_COMMITTED if stable else IsolationLevel.READ_UNCOMMITTED
        answers = self._admin.get().list_offsets(wanted, isolation_level=level, request_timeout=SECONDS)
        offsets: dict[tuple[str, int], int] = {}
        refused: dict[str, str] = {}
        unreachable: ClusterUnavailable | None = None
        for key, future in answers.items():
            try:
                offsets[key.topic, key.partition] = future.result().offset
            except KafkaException as error:
                why = f"offsets of {key.topic}/{key.partition} cannot be read: {self.why(error)}"
                refused.setdefault(key.topic, why)
                if error.args[0].name() in UNREACHABLE:
                    unreachable = ClusterUnavailable(why)
        if unreachable is not None and not offsets:
            self._admin.failed()
            raise unreachable
        self._admin.reached()
        for topic, why in refused.items():
            self.faults.note(topic, TopicFault.OFFSETS, why)
            self._on_retry(Retry.KAFKA)
        for topic in {topic for topic, _ in offsets} - refused.keys():
            self.faults.clear(topic, TopicFault.OFFSETS)
        return offsets

    def why(self, error: KafkaException) -> str:
        """The text of an error; for a client that is not connected, with the reason."""
        fault = error.args[0]
        if fault.code() == KafkaError.TOPIC_AUTHORIZATION_FAILED:
            return f"{fault.str()} (docs/security.md lists the ACLs that are needed)"
        if fault.name() not in UNREACHABLE:
            return str(fault.str())
        self._admin.get().poll(0)
        return f"{fault.str()}{self._auth_errors.explanation()}"

    def _raise_unreachable(self, error: KafkaException, why: str) -> None:
        """An error that is not about a topic is an outage of the whole cluster."""
        if error.args[0].name() in UNREACHABLE:
            self._admin.failed()
            raise ClusterUnavailable(why) from error
