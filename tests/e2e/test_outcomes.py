"""What becomes of records, from a real Kafka into a real PostgreSQL."""

import base64
import random

import pytest

from sandbox.services.registry import SchemaRegistry
from schemas import latest
from tests.builders import ONE_OF_EACH, Message, event, events, example
from tests.e2e.world import World, operate


@pytest.mark.parametrize("framing", ["single-object", "confluent"])
@pytest.mark.parametrize("protocol", ["consumer", "classic"])
def test_each_of_the_fourteen_types_becomes_its_entry(
    world: World, registry: SchemaRegistry, framing: str, protocol: str
) -> None:
    """One event of every audited type gives one entry of that type, in either framing, by either group protocol."""
    topic = world.topic(partitions=2)
    for ce_type, case in ONE_OF_EACH.values():
        schema_id = registry.register(ce_type, latest(ce_type).text) if framing == "confluent" else None
        world.send(topic, [event(ce_type, case, schema_id=schema_id)])
    world.run_until_end(SCHEMA_REGISTRY_URL=registry.url, KAFKA_CONFIG_GROUP_PROTOCOL=protocol)
    world.check()
    assert {row["action"] for row in world.rows("SELECT action FROM audit_event")} == set(ONE_OF_EACH)


def test_an_entry_holds_what_the_event_said(world: World) -> None:
    """Every column of an entry comes from the event that was sent, or from where Kafka put it."""
    topic = world.topic()
    sent = event("schedule.edited", "mcp")
    (position,) = world.send(topic, [sent])
    world.run_until_end()
    world.check()
    (row,) = world.rows("SELECT *, occurred_at AT TIME ZONE 'UTC' AS utc FROM audit_event")
    sample = example("schedule.edited", "mcp")
    assert (row["workspace_id"], row["event_source"], row["event_id"]) == sent.identity
    assert (row["actor_type"], row["actor_id"], row["actor_email"]) == tuple(sample.data["actor"].values())
    assert (row["subject_type"], row["subject_id"]) == ("schedule", sample.data["schedule_id"])
    assert row["utc"].isoformat() + "Z" == sample.headers["ce_time"]
    assert (row["kafka_topic"], row["kafka_partition"], row["kafka_offset"]) == position
    assert row["source"] == "mcp" and row["diff"]["mcp"] == {k: sample.data["origin"][k] for k in ("client", "tool")}
    changed = row["diff"]["changes"]
    assert changed and all(side["before"] != side["after"] for side in changed.values())


def test_copies_in_any_order_and_place_are_duplicates(world: World) -> None:
    """The same events once more, shuffled, in other partitions and in another topic, add no entry."""
    topic, other = world.topic(partitions=3), world.topic()
    sent = events(120)
    world.send(topic, sent)
    copies = random.Random(7).sample(sent, len(sent))
    for number in range(3):
        world.send(topic, copies[number::3], "duplicate", partition=(number + 1) % 3)
    world.send(other, reversed(sent), "duplicate")
    world.run_until_end()
    world.check()


def test_one_identity_with_two_contents_is_a_conflict(world: World) -> None:
    """The first content stays, the other is kept whole; in one batch, and against what was stored long ago."""
    topic = world.topic()
    first, batch = event(event_id="one"), event("report.exported", event_id="two")
    world.send(topic, [first, batch])
    world.send(topic, [_other(batch)], "conflict")
    world.run_until_end()
    world.send(topic, [_other(first)], "conflict")
    world.send(topic, [first, batch], "duplicate")
    world.send(topic, [event(event_id="one", workspace="org_another")])
    world.run_until_end()
    world.check()
    kept = world.rows("SELECT value, headers FROM conflicting_event ORDER BY id")
    assert [row["value"] for row in kept] == [_other(batch).value, _other(first).value]
    assert len(kept[0]["headers"]) == len(batch.headers)


def test_what_is_not_audited_is_counted_by_reason(world: World) -> None:
    """A type listed as ignored, a tombstone and an edit without a change leave a count and no row."""
    topic = world.topic()
    world.send(topic, [event("report.viewed"), event("analysis.submitted")], "ignored")
    world.send(topic, [event()._replace(value=None)], "ignored")
    for ce_type in (
        "schedule.edited",
        "workspace.settings_changed",
        "member.role_changed",
        "billing.subscription_changed",
    ):
        world.send(topic, [event(ce_type, "no_change")], "ignored")
    world.run_until_end()
    world.check()
    (row,) = world.rows("SELECT ignored_not_audited, ignored_tombstone, ignored_no_change FROM partition_progress")
    assert tuple(row.values()) == (2, 1, 4)


def test_what_postgresql_cannot_hold_is_made_storable_and_kept_whole(world: World) -> None:
    """NUL in a text and NaN in a number cost no entry: a facet says so, and the raw record is kept."""
    topic = world.topic()
    settings = example("workspace.settings_changed", "preference_double").data
    nan = {**settings["after"], "preferences": {"talk_ratio_target": float("nan")}}
    sent = [
        event("report.exported", data={"title": "Q2\0plan"}),
        event("workspace.settings_changed", "preference_double", data={"after": nan}),
    ]
    world.send(topic, [*sent, event()])
    world.run_until_end()
    world.check()
    entries = {row["event_id"]: row for row in world.rows("SELECT * FROM audit_event")}
    text, number = (entries[message.identity[2]] for message in sent)
    assert "sanitized:text" in text["facets"] and text["subject_label"] == "Q2\ufffdplan"
    assert "sanitized:number" in number["facets"]
    assert number["diff"]["changes"]["/preferences/talk_ratio_target"]["after"] == "NaN"
    kept = world.rows("SELECT event_id, value FROM original_record ORDER BY kafka_offset")
    assert [(row["event_id"], row["value"]) for row in kept] == [(m.identity[2], m.value) for m in sent]


def test_transactions_are_read_as_committed_and_their_marks_counted(world: World) -> None:
    """What a producer aborts is never recorded; it and the marks of commits are counted as undelivered."""
    topic = world.topic()
    producer = world.producer(transactional_id="outbox")
    producer.init_transactions()
    world.send(topic, events(3))
    for outcome in ("recorded", "undelivered", "recorded", "undelivered", "undelivered", "recorded"):
        producer.begin_transaction()
        world.send(topic, events(4), outcome, producer=producer)
        world.send(topic, events(1))  # another producer in between
        world.end_transaction(producer, commit=outcome == "recorded")
    world.run_until_end()
    world.check()


def test_a_start_at_a_mark_of_a_transaction_goes_on(world: World) -> None:
    """Where the next offset is one that Kafka does not deliver, a consumer that begins there passes and counts it."""
    topic = world.topic()
    producer = world.producer(transactional_id=world.group)
    producer.init_transactions()
    producer.begin_transaction()
    world.send(topic, events(5), producer=producer)
    world.end_transaction(producer, commit=True)
    world.send(topic, events(300))
    world.run_until_end()
    world.check()
    operate(world, "rewind", topic, "0", "--to-offset", "5", "--reason", "to begin at the mark")
    world.expected["duplicate"] += 300
    world.expected["undelivered"] += 1
    world.run_until_end()
    world.check()


def test_an_open_transaction_holds_back_and_loses_nothing(world: World) -> None:
    """While a transaction is open nothing behind it is read; once it ends, everything is."""
    topic = world.topic()
    producer = world.producer(transactional_id="slow-outbox")
    producer.init_transactions()
    world.send(topic, events(3))
    producer.begin_transaction()
    world.send(topic, events(2), producer=producer)
    world.send(topic, events(5))
    consumer = world.consumer()
    world.until(lambda: world.count("audit_event") == 3, "what lies before it is read", of=[consumer])
    world.end_transaction(producer, commit=True)
    world.until_read(consumer)
    assert consumer.stop() == 0
    world.check()


def test_a_quiet_partition_stays_complete(world: World) -> None:
    """`complete_through` goes on while nothing arrives, and never passes what has not been read."""
    topic = world.topic()
    world.send(topic, events(3))
    consumer = world.consumer()
    world.until_read(consumer)
    statement = "SELECT complete_through FROM partition_progress"
    world.until(lambda: world.value(statement) is not None, "the tables are complete", of=[consumer])
    before = world.value(statement)
    world.until(lambda: world.value(statement) > before, "the tables stay complete", of=[consumer])
    assert world.value("SELECT complete_through < now() FROM partition_progress")
    assert consumer.stop() == 0
    world.check()


def test_a_clock_ahead_of_kafka_is_a_facet(world: World) -> None:
    """An event from the future is recorded with its own time and the facet `clock:ahead`."""
    topic = world.topic()
    world.send(topic, [event(headers={"ce_time": "2099-01-01T00:00:00+02:00"})])
    world.run_until_end()
    world.check()
    (row,) = world.rows("SELECT facets, occurred_at AT TIME ZONE 'UTC' AS utc FROM audit_event")
    assert row["facets"] == ["clock:ahead"] and row["utc"].isoformat() == "2098-12-31T22:00:00"


def test_headers_that_repeat_or_lie_do_not_cost_the_entry(world: World) -> None:
    """A thousand other headers, null ones, and a broken trace context leave the entry as it is."""
    topic = world.topic()
    plain = event()
    odd: list[tuple[str, bytes | None]] = [(f"x-{n}", b"\xff\x00") for n in range(1000)]
    world.send(topic, [plain._replace(headers=(*plain.headers, *odd, ("x-null", None), ("traceparent", b"\xff")))])
    world.run_until_end()
    world.check()
    assert world.value("SELECT trace_id FROM audit_event") is None


def test_a_compacted_topic_is_refused_loudly(world: World) -> None:
    """A topic that Kafka compacts halts with that cause, and the others are read."""
    compacted, topic = world.topic(cleanup_policy="compact"), world.topic()
    world.send(topic, events(3))
    consumer = world.consumer("run", "--until-end")
    assert consumer.wait() == 1
    progress = world.progress()
    assert progress[compacted, 0]["halted"] == "compacted" and progress[topic, 0]["next_offset"] == 3
    assert consumer.logged("halted", topic=compacted, cause="compacted")
    world.check()


def test_headers_are_kept_in_order_with_repeats(world: World) -> None:
    """A parked record keeps its headers as they came: their order, their repeats, their nulls."""
    topic = world.topic()
    plain = event().with_headers(ce_type="member.unheard_of")
    headers = (*plain.headers, ("again", b"1"), ("again", b"2"), ("nothing", None))
    world.send(topic, [plain._replace(headers=headers)], "parked")
    world.run_until_end()
    world.check()
    (row,) = world.rows("SELECT headers, key, value FROM parked_record")
    assert [(n, v if v is None else base64.b64decode(v)) for n, v in row["headers"]] == list(headers)
    assert (row["key"], row["value"]) == (plain.key, plain.value)


def _other(message: Message) -> Message:
    """The same identity with another content."""
    return message.with_headers(ce_time="2026-01-01T00:00:00Z")
