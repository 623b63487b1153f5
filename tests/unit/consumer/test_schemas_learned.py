"""Schemas of the registry: fetched until there is an answer, and learned by everyone who decodes."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest

import schemas
from catalog.reasons import ParkReason
from consumer.event.decode import Decoder
from consumer.event.model import NeedsSchema, Poison, Recorded
from consumer.polling.schema_source import SchemaSource
from consumer.registry import fetcher
from consumer.registry.client import RegistryUnavailable, SchemaAbsent, SchemaNotAvro
from consumer.registry.fetcher import FetchedSchema, SchemaFetcher, fetch_schema
from consumer.retries import Retry
from sandbox.services.process import wait_until
from tests.builders import event, record


class Registry:
    """Gives its answers in their order, and the last one for ever."""

    def __init__(self, *answers: str | Exception) -> None:
        self.answers = list(answers)

    def fetch(self, _schema_id: int) -> str:
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def stop() -> Iterator[threading.Event]:
    """Ends the fetcher's thread with the test."""
    event = threading.Event()
    yield event
    event.set()


def fetched(registry: Any, stop: threading.Event, retries: list[Retry]) -> list[FetchedSchema]:
    """What a fetcher gives for schema 7."""
    under_test, answers = SchemaFetcher(registry, stop, retries.append, lambda *_: None), list[FetchedSchema]()
    under_test.request(7)
    under_test.request(7)  # under way already

    def arrived() -> bool:
        answers.extend(under_test.take())
        return bool(answers)

    assert wait_until(arrived, 30)
    return answers


def test_an_answer_is_a_text_or_why_records_are_parked() -> None:
    """An outage is neither."""
    answers: list[Any] = [Registry("{}"), Registry(SchemaNotAvro("JSON")), Registry(SchemaAbsent("none"))]
    text, not_avro, unknown = (fetch_schema(registry, 7) for registry in answers)
    assert text == "{}"
    assert isinstance(not_avro, Poison) and not_avro.reason is ParkReason.SCHEMA_NOT_AVRO
    assert isinstance(unknown, Poison) and unknown.reason is ParkReason.SCHEMA_UNKNOWN
    unavailable: Any = Registry(RegistryUnavailable("503"))
    with pytest.raises(RegistryUnavailable):
        fetch_schema(unavailable, 7)


def test_outages_and_a_registry_that_lags_are_waited_out(
    monkeypatch: pytest.MonkeyPatch, stop: threading.Event
) -> None:
    """Each repeated request is counted; the schema is given once."""
    monkeypatch.setattr(fetcher, "RETRY_SECONDS", 0.01)
    retries: list[Retry] = []
    registry = Registry(RegistryUnavailable("503"), SchemaAbsent("not yet"), "{}")
    assert fetched(registry, stop, retries) == [FetchedSchema(schema_id=7, schema="{}")]
    assert retries == [Retry.REGISTRY] * 2


def test_an_id_that_stays_unknown_is_given_up(monkeypatch: pytest.MonkeyPatch, stop: threading.Event) -> None:
    """After GRACE_SECONDS, and not before."""
    monkeypatch.setattr(fetcher, "RETRY_SECONDS", 0.01)
    monkeypatch.setattr(fetcher, "GRACE_SECONDS", 0.0)
    retries: list[Retry] = []
    (answer,) = fetched(Registry(SchemaAbsent("none")), stop, retries)
    assert isinstance(answer.schema, Poison) and answer.schema.reason is ParkReason.SCHEMA_UNKNOWN
    assert retries == []


def test_a_schema_is_learned_here_and_in_the_child() -> None:
    """Otherwise a suspect record would have another outcome than the same record later."""
    source, message = SchemaSource(Decoder(schemas.all_schemas())), record(event(schema_id=7))
    try:
        assert source.pipeline.run(message) == source.run_isolated(message) == NeedsSchema(7)
        source.learn(7, schemas.latest("member.removed").text)
        here, there = source.pipeline.run(message), source.run_isolated(message)
        assert isinstance(here, Recorded) and here == there
    finally:
        source.close()


def test_what_was_unknown_is_forgotten_here_and_in_the_child() -> None:
    """After an operator has fixed the registry."""
    source, message = SchemaSource(Decoder(schemas.all_schemas())), record(event(schema_id=7))
    try:
        source.learn(7, Poison(ParkReason.SCHEMA_UNKNOWN, "none"))
        assert source.pipeline.run(message) == source.run_isolated(message) != NeedsSchema(7)
        source.forget_absent()
        assert source.pipeline.run(message) == source.run_isolated(message) == NeedsSchema(7)
    finally:
        source.close()
