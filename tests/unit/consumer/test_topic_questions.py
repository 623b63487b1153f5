"""What is asked of Kafka about topics, and an answer that is an error, or lacks something, for one of them; Kafka is a stand-in."""

from concurrent.futures import Future
from types import SimpleNamespace
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException

from consumer.kafka.auth_errors import AuthErrors
from consumer.kafka.topic_faults import TopicFault, TopicFaults
from consumer.kafka.topic_questions import ClusterUnavailable, TopicQuestions
from consumer.retries import uncounted

DENIED = KafkaError.TOPIC_AUTHORIZATION_FAILED


def answer(result: object) -> Future[Any]:
    """A future with this result, or with the error of this code."""
    future: Future[Any] = Future()
    if isinstance(result, int):
        future.set_exception(KafkaException(KafkaError(result)))
    else:
        future.set_result(result)
    return future


class Kafka:
    """Answers with what the test has set, by topic: an id or settings, or the code of an error."""

    def __init__(self) -> None:
        self.topics: dict[str, Any] = {}
        admin: Any = SimpleNamespace(get=lambda: self, reached=lambda: None, failed=lambda: None)
        self.faults = TopicFaults()
        self.questions = TopicQuestions(admin, AuthErrors({}), self.faults, uncounted)

    def describe_topics(self, _topics: object, **_: object) -> dict[str, Future[Any]]:
        return {
            topic: answer(said if isinstance(said, int) else SimpleNamespace(topic_id=said))
            for topic, said in self.topics.items()
        }

    def describe_configs(self, resources: Any, **_: object) -> dict[Any, Future[Any]]:
        def settings(said: Any) -> Any:
            return said if isinstance(said, int) else {k: SimpleNamespace(value=v) for k, v in said.items()}

        return {resource: answer(settings(self.topics[resource.name])) for resource in resources}

    def poll(self, _seconds: float) -> None:
        """There are no callbacks."""


@pytest.mark.parametrize(
    ("code", "cause"),
    [
        (DENIED, TopicFault.UNDESCRIBED),
        (KafkaError.UNKNOWN_TOPIC_OR_PART, TopicFault.MISSING),
        (KafkaError.LEADER_NOT_AVAILABLE, TopicFault.ID),
        (KafkaError.NOT_CONTROLLER, TopicFault.ID),
        (KafkaError.UNKNOWN, TopicFault.ID),
    ],
)
def test_an_error_of_one_topic(code: int, cause: TopicFault) -> None:
    """The others have their ids; only one that may not be described is not to be subscribed to."""
    kafka = Kafka()
    kafka.topics = {"fine": "id", "bad": code}
    assert kafka.questions.ids(["fine", "bad"]) == {"fine": "id"}
    assert set(kafka.faults.current()) == {("bad", cause)}
    kafka.topics = {"fine": "id", "bad": "id-2"}
    kafka.questions.ids(["fine", "bad"])
    assert kafka.faults.current() == {}


def test_what_may_not_be_described_stays_so_while_nobody_says_otherwise() -> None:
    """Another error in between is no answer about the ACL."""
    kafka = Kafka()
    for said in (DENIED, KafkaError.LEADER_NOT_AVAILABLE):
        kafka.topics = {"bad": said}
        kafka.questions.ids(["bad"])
    assert ("bad", TopicFault.UNDESCRIBED) in kafka.faults.current()


def test_an_error_of_the_whole_cluster_is_raised() -> None:
    """No topic is to blame."""
    kafka = Kafka()
    kafka.topics = {"t": KafkaError._TIMED_OUT}
    with pytest.raises(ClusterUnavailable):
        kafka.questions.ids(["t"])
    assert kafka.faults.current() == {}


@pytest.mark.parametrize("said", [{}, {"cleanup.policy": None}, {"cleanup.policy": ""}])
def test_a_policy_that_the_broker_leaves_out(said: dict[str, str | None]) -> None:
    """The topic may be compacted: it is left out and named. So it is while only its retention is asked for."""
    kafka = Kafka()
    kafka.topics = {"fine": {"cleanup.policy": "delete", "retention.ms": "5"}, "bad": {"retention.ms": "7", **said}}
    assert kafka.questions.settings("cleanup.policy", ["fine", "bad"]) == {"fine": "delete"}
    assert set(kafka.faults.current()) == {("bad", TopicFault.SETTINGS)}
    assert kafka.questions.settings("retention.ms", ["fine", "bad"]) == {"fine": "5", "bad": "7"}
    assert set(kafka.faults.current()) == {("bad", TopicFault.SETTINGS)}


@pytest.mark.parametrize("said", [{}, {"retention.ms": None}, {"retention.ms": ""}])
def test_a_retention_that_the_broker_leaves_out(said: dict[str, str | None]) -> None:
    """Not known, which keeps no record from being read."""
    kafka = Kafka()
    kafka.topics = {"t": {"cleanup.policy": "delete", **said}}
    assert kafka.questions.settings("retention.ms", ["t"]) == {}
    assert kafka.faults.current() == {}
