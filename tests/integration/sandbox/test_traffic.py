"""The sample traffic is reproducible, decodes, and its events agree with each other."""

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from itertools import islice
from random import Random
from typing import Any, NamedTuple

import pytest
from confluent_kafka import Consumer, Message, Producer, TopicPartition
from fastavro import schemaless_reader
from fastavro.schema import expand_schema

import schemas
from catalog.audit_types import BY_CE_TYPE, CATALOG
from catalog.topics import IGNORED, topic_of
from sandbox.traffic.generator import Clock, Emission, Mix, Traffic, again, stepping_clock
from sandbox.traffic.publisher import DeliveryFailed, publish, publish_in_transactions
from sandbox.traffic.sample import sample
from sandbox.traffic.scenarios import CHANGES, NOISE, OPENING, WRITTEN, examples
from sandbox.traffic.workspace import founded

START = datetime(2026, 11, 1, 8, 30, tzinfo=UTC)
STEP = timedelta(minutes=47)
# The field that holds the id of what the snapshots of a family are taken of; a workspace's own need none.
SUBJECTS = {
    listed_type.family: listed_type.subject.id
    for listed_type in CATALOG
    if listed_type.tracked and listed_type.subject.id != "workspace_id"
}


class Decoded(NamedTuple):
    """An emission as a reader sees it."""

    ce_type: str
    headers: dict[str, str]
    data: dict[str, Any]


def clock() -> Clock:
    """A clock of its own for each traffic."""
    return stepping_clock(START, STEP)


def events(number: int, seed: int = 1, workspaces: int = 3, mix: Mix | None = None) -> list[Emission]:
    """The first so many emissions."""
    return list(islice(Traffic(seed, workspaces, clock(), mix), number))


def decoded(emission: Emission) -> Decoded:
    """Decodes either framing by the type's schema, and refuses what is left over."""
    headers = {name: value.decode() for name, value in emission.headers}
    schema = schemas.latest(headers["ce_type"])
    assert emission.value is not None
    body = BytesIO(emission.value[5 if emission.value[0] == 0 else 10 :])
    data = schemaless_reader(body, schemas.parsed(schema), None)
    assert isinstance(data, dict)
    assert body.read() == b""
    return Decoded(headers["ce_type"], headers, data)


def subject(event: Decoded) -> tuple[str, ...]:
    """What the snapshots of an event are snapshots of."""
    family = event.ce_type.split(".")[0]
    return event.data["workspace_id"], family, event.data.get(SUBJECTS.get(family, ""), "")


def becomes(event: Decoded) -> set[str]:
    """The audit types that an event becomes, as the catalog says; none of one that is ignored."""
    route = BY_CE_TYPE.get(event.ce_type)
    if route is None:
        return set()
    choice = route.choose(event.data) if route.choose else next(iter(route.ways))
    return {choice} if isinstance(choice, str) else set()


def broken_links(stream: Iterable[Decoded]) -> Iterator[Decoded]:
    """Events whose `before` is not the `after` that was last seen of the same thing."""
    last: dict[tuple[str, ...], object] = {}
    for event in stream:
        known = last.get(subject(event))
        if "before" in event.data and known is not None and json.dumps(event.data["before"]) != json.dumps(known):
            yield event
        if "after" in event.data:
            last[subject(event)] = event.data["after"]


def log_of(broker: Producer, count: int) -> list[Emission]:
    """The first so many records that the mock cluster inside this producer holds, read by a consumer."""
    metadata = broker.list_topics(timeout=5)
    [address] = metadata.brokers.values()
    consumer = Consumer({"bootstrap.servers": f"{address.host}:{address.port}", "group.id": "test"})
    topics = metadata.topics.values()
    consumer.assign([TopicPartition(topic.topic, number, 0) for topic in topics for number in topic.partitions])
    messages = consumer.consume(count, timeout=10)
    consumer.close()
    return [
        Emission(str(message.topic()), message.key() or b"", message.value(), headers_of(message))
        for message in messages
    ]


def headers_of(message: Message) -> list[tuple[str, bytes]]:
    """The headers as they were published; librdkafka gives None for no headers at all."""
    headers = message.headers()
    return [(name, value) for name, value in headers if isinstance(value, bytes)] if isinstance(headers, list) else []


def test_a_seed_gives_one_stream() -> None:
    """The same seed and clock give the same bytes; another seed gives others."""
    assert events(300) == events(300)
    assert events(300) != events(300, seed=2)


def test_an_identity_is_never_reused() -> None:
    """Each emission has a ce_id of its own, in the form of a random UUID."""
    ids = [dict(event.headers)["ce_id"].decode() for event in events(2000)]

    assert len(set(ids)) == 2000
    assert all(len(id) == 36 and id[14] == "4" and id[19] == "a" for id in ids)


@pytest.mark.parametrize("seed", range(5))
def test_every_emission_is_what_a_service_may_send(seed: int) -> None:
    """Topic, key, headers and data agree, and the data fits its schema to the letter."""
    for emission in events(1500, seed):
        event = decoded(emission)
        schema = schemas.latest(event.ce_type)

        assert emission.topic == topic_of(event.ce_type)
        assert emission.key.decode() == event.data["workspace_id"]
        assert event.headers["ce_source"] == f"/services/{emission.topic.removeprefix('callmine.')}"
        assert list(schemas.mismatches(expand_schema(schemas.parsed(schema)), event.data)) == []


@pytest.mark.parametrize("seed", range(5))
def test_snapshots_are_truthful(seed: int) -> None:
    """What was before a change is what was after the last one, for schedules, members, plans, settings and all."""
    stream = [decoded(event) for event in events(3000, seed)]

    assert list(broken_links(stream)) == []
    assert len({subject(event) for event in stream if "before" in event.data}) > 50


def test_a_hole_in_the_snapshots_is_found() -> None:
    """Without one of the edits, the chain of snapshots has a hole."""
    stream = [decoded(event) for event in events(3000)]
    edit = next(at for at, event in enumerate(stream) if event.ce_type == "workspace.settings_changed")

    assert list(broken_links(stream[:edit] + stream[edit + 1 :])) != []


@pytest.mark.parametrize("seed", range(20))
def test_every_audit_type_comes_soon(seed: int) -> None:
    """The first 150 emissions of three workspaces hold every audit type, whatever the seed."""
    stream = [decoded(event) for event in events(150, seed)]

    assert {audit_type.name for audit_type in CATALOG} - {name for event in stream for name in becomes(event)} == set()


def test_every_type_comes() -> None:
    """Over time each type that has a schema is emitted, and nothing else."""
    assert {decoded(event).ce_type for event in events(3000)} == {schema.ce_type for schema in schemas.all_schemas()}


def test_the_scenarios_are_those_that_are_said_to_be_written() -> None:
    """Without what is taken from examples, the stream has exactly the types of WRITTEN."""
    own = [scenario for scenario in (*OPENING, *CHANGES, *NOISE) if scenario.__module__ != examples.__name__]
    workspace = founded(Random(1), 0)
    emitted = [scenario(workspace) for _ in range(300) for scenario in own]

    assert {event.ce_type for event in emitted if event is not None} == set(WRITTEN)


@pytest.mark.parametrize("ce_type", WRITTEN)
def test_a_type_without_a_scenario_is_taken_from_its_example(ce_type: str) -> None:
    """Whatever the type, its events fit the schema, belong to the workspace, and do not contradict each other."""
    workspace = founded(Random(1), 0)
    scenario = examples.like_example(ce_type)
    emitted = [event for event in (scenario(workspace) for _ in range(4)) if event is not None]
    schema = expand_schema(schemas.parsed(schemas.latest(ce_type)))

    assert len(emitted) == 4
    for event in emitted:
        assert event.ce_type == ce_type
        assert event.data["workspace_id"] == workspace.id
        assert event.data["actor"]["id"] in workspace.members
        assert list(schemas.mismatches(schema, event.data)) == []
    assert list(broken_links(Decoded(event.ce_type, {}, event.data) for event in emitted)) == []


def test_mcp_clients_edit_schedules() -> None:
    """Changes come through all three connectors, each with a tool; nothing else names a client."""
    stream = [decoded(event).data["origin"] for event in events(1500)]
    clients = {origin["client"] for origin in stream if origin["channel"] == "mcp"}

    assert clients == {"claude-desktop", "claude.ai", "chatgpt"}
    assert all((origin["tool"] is not None) == (origin["channel"] == "mcp") for origin in stream)


def test_an_actor_is_a_member_of_that_day() -> None:
    """Nobody acts in a workspace before joining or after having been removed."""
    members: set[tuple[str, str]] = set()
    for event in (decoded(published) for published in events(3000, mix=Mix(noise=0.0))):
        place = event.data["workspace_id"]
        if event.ce_type == "member.removed":
            members.remove((place, event.data["member_id"]))
        elif event.ce_type == "member.joined":
            members.add((place, event.data["member_id"]))
        if event.data["actor"]["type"] == "user" and event.ce_type != "workspace.created":
            assert (place, event.data["actor"]["id"]) in members


@pytest.mark.parametrize("share", [0.0, 0.25, 0.8])
def test_noise_has_the_share_that_was_asked_for(share: float) -> None:
    """Ignored types are that part of the stream, once the workspaces have been founded."""
    stream = [decoded(event).ce_type for event in events(4000, mix=Mix(noise=share))]
    ignored = [ce_type for ce_type in stream if ce_type in IGNORED and ce_type != "workspace.created"]

    assert abs(len(ignored) / len(stream) - share) < 0.03


def test_both_framings_can_be_mixed() -> None:
    """A share of the values carries the registry's id of its type; the rest the fingerprint."""
    ids = {schema.ce_type: 100 + at for at, schema in enumerate(schemas.all_schemas())}
    stream = events(2000, mix=Mix(confluent=0.4, schema_ids=ids))
    confluent = [published for published in stream if published.value is not None and published.value[:1] == b"\x00"]

    assert abs(len(confluent) / 2000 - 0.4) < 0.05
    for published in confluent:
        assert published.value is not None
        assert int.from_bytes(published.value[1:5], "big") == ids[decoded(published).ce_type]


def test_confluent_framing_needs_ids() -> None:
    """A type that the registry has no id for is an error, not a silent change of framing."""
    with pytest.raises(KeyError):
        events(10, mix=Mix(confluent=1.0))


def test_time_comes_from_the_clock() -> None:
    """`ce_time` is the clock's, in UTC with microseconds and Z."""
    times = [dict(event.headers)["ce_time"] for event in events(2)]

    assert times == [b"2026-11-01T08:30:00.000000Z", b"2026-11-01T09:17:00.000000Z"]


def test_again_gives_new_events_of_old_content() -> None:
    """Bulk traffic goes round the pool for ever, and no identity comes twice."""
    pool = events(50)
    bulk = list(islice(again(pool, 7, clock()), 120))

    assert [published.value for published in bulk] == [published.value for published in (pool * 3)[:120]]
    assert len({dict(published.headers)["ce_id"] for published in pool + bulk}) == 170
    assert [published.headers[2:] for published in bulk[:50]] == [published.headers[2:] for published in pool]


def test_the_sample_holds_every_case() -> None:
    """The demo's sample has all types, a no-change edit, and each of the deliberate extras."""
    events_ = sample(START, STEP)
    whole = [published for published in events_ if published.value is not None]
    identities: dict[bytes, list[Emission]] = {}
    for published in whole:
        identities.setdefault(dict(published.headers)["ce_id"], []).append(published)
    twice = [pair for pair in identities.values() if len(pair) > 1]
    types = [dict(published.headers)["ce_type"].decode() for published in whole]
    edits = [decoded(published).data for published in whole if dict(published.headers)["ce_type"] == b"schedule.edited"]

    assert sample(START, STEP) == events_
    assert [len(pair) for pair in twice] == [2] * 4
    assert len([first for first, second in twice if first == second]) == 3
    assert all(first.headers == second.headers for first, second in twice)
    assert all(dict(first.headers)["ce_type"].decode() not in IGNORED for first, _ in twice)
    assert len(events_) - len(whole) == 1
    assert set(types) - {schema.ce_type for schema in schemas.all_schemas()} == {"schedule.duplicated"}
    assert set(BY_CE_TYPE) <= set(types)
    assert any(edit["before"] == edit["after"] for edit in edits)
    assert any(edit["origin"]["channel"] == "mcp" for edit in edits)


def test_publish_waits_for_every_acknowledgement() -> None:
    """What is published is in the broker's log when `publish` returns, tombstone included."""
    broker = Producer({"test.mock.num.brokers": 1, "acks": "all", "enable.idempotence": True})
    stream = [*events(40), Emission("callmine.schedules", b"org_2a", None, [])]
    count = publish(stream, broker)

    assert count == 41
    assert sorted(map(repr, log_of(broker, count))) == sorted(map(repr, stream))


def test_transactions_have_as_many_records_as_asked_for() -> None:
    """All records in their order; the last transaction has what is left."""
    commits = []

    class Counting(Producer):
        """Counts transactions."""

        def commit_transaction(self, timeout: float = -1) -> None:
            """Counts it, and commits."""
            commits.append(timeout)
            super().commit_transaction(timeout)

    broker = Counting({"test.mock.num.brokers": 1, "transactional.id": "outbox"})
    stream = events(25)
    publish_in_transactions(iter(stream), broker, 10)

    assert len(commits) == 3
    assert sorted(map(repr, log_of(broker, 25))) == sorted(map(repr, stream))


def test_publish_keeps_to_its_rate() -> None:
    """Twenty records at a hundred a second take at least 0.19 s."""
    broker = Producer({"test.mock.num.brokers": 1})
    publish(events(1), broker)
    began = datetime.now(UTC)
    publish(events(20), broker, per_second=100)

    assert datetime.now(UTC) - began >= timedelta(seconds=0.19)


def test_publish_says_when_a_record_was_not_taken() -> None:
    """A broker that does not answer is an error, not a shorter stream."""
    nobody = Producer({"bootstrap.servers": "127.0.0.1:1", "message.timeout.ms": 200, "log_level": 0})

    with pytest.raises(DeliveryFailed, match="records were not taken"):
        publish(events(5), nobody)
