"""What cannot be recorded: every reason for real, an unavailable registry, and a broken producer."""

import json
import signal

import httpx
import pytest

from catalog.reasons import ParkReason
from sandbox.services.registry import SchemaRegistry
from schemas import confluent_header, latest, single_object_header
from tests.builders import Message, event, events
from tests.e2e.raw_producer import produce_raw
from tests.e2e.world import World, operate

REMOVED = latest("member.removed")
CRASHING = "the-record-that-kills"
REFUSED = "the-row-that-is-refused"


def test_every_reason_for_parking_happens(world: World, registry: SchemaRegistry) -> None:
    """One record for each word of ParkReason is parked under that word, with its bytes, among good ones."""
    world.rows(f"ALTER TABLE audit_event ADD CHECK (event_id <> '{REFUSED}')")
    topic = world.topic()
    planned: dict[int, ParkReason] = {}
    sent: dict[int, Message] = {}
    for reason, message in bad_records(registry).items():
        world.send(topic, events(2))
        (position,) = world.send(topic, [message], "parked")
        planned[position.offset], sent[position.offset] = reason, message
    for name in (b"x-caf\xe9", b"ce_type\0x"):  # the client cannot decode the first one, and ends the second at its NUL
        message = event()
        headers = [(known.encode(), value) for known, value in message.headers]
        offset = produce_raw(world.bootstrap, topic, message, [*headers, (name, b"1")])
        world.expected["parked"] += 1
        planned[offset] = ParkReason.RECORD_UNREADABLE if name.startswith(b"x") else ParkReason.NOT_CLOUDEVENTS
        sent[offset] = message
    assert set(planned.values()) == set(ParkReason)
    environ = {"SCHEMA_REGISTRY_URL": registry.url, "AUDIT_BREAKER": "99,100%/1000"}
    victim = world.consumer(failpoint=["crashing", CRASHING], **environ)
    assert victim.wait() == -signal.SIGSEGV
    heir = world.consumer(failpoint=["crashing", CRASHING], **environ)
    world.until_read(heir)
    assert heir.stop() == 0
    rows = world.rows("SELECT kafka_offset, reason, key, value FROM parked_record")
    assert {row["kafka_offset"]: row["reason"] for row in rows} == planned
    assert {row["kafka_offset"]: (row["key"], row["value"]) for row in rows} == {
        offset: (message.key, message.value) for offset, message in sent.items()
    }
    (kept,) = world.rows("SELECT kafka_offset, headers FROM parked_record WHERE reason = 'record_unreadable'")
    names = [name for name, _ in sent[kept["kafka_offset"]].headers]
    assert [name for name, _ in kept["headers"]] == [*names, "x-caf\\xe9"]
    world.check()


def test_a_consumer_that_was_killed_parks_nothing(world: World) -> None:
    """SIGKILL says nothing about a record: those it held are read by a child process, and recorded."""
    topic = world.topic()
    world.send(topic, events(300))
    victim = world.consumer(failpoint=["before_commit:2", "kill"])
    world.until(lambda: world.count("audit_event") > 0, "it has begun", of=[victim])
    world.send(topic, events(300))
    assert victim.wait() == -signal.SIGKILL
    heir = world.consumer()
    world.until_read(heir)
    assert heir.logged("claimed", unclean_before=True)
    assert heir.stop() == 0
    world.check()


@pytest.mark.parametrize(("breaker", "halted_at"), [("20,100%/1000", 29), ("99,10%/100", 19)])
def test_a_broken_producer_halts_its_partition_only(world: World, breaker: str, halted_at: int) -> None:
    """Too many parked in a row, or in the window, halt the partition; others go on; `resume` lets it go on too."""
    topic = world.topic(2)
    world.send(topic, events(10), partition=0)
    bad = [message.with_headers(ce_type="member.unheard_of") for message in events(25)]
    world.send(topic, bad, "parked", partition=0)
    world.send(topic, events(10), partition=0)
    consumer = world.consumer(AUDIT_BREAKER=breaker)
    world.until(lambda: bool(consumer.logged("halted", cause="breaker")), "it halts", of=[consumer])
    world.send(topic, events(50), partition=1)
    world.until(lambda: world.progress()[topic, 1]["next_offset"] == 50, "the other goes on", of=[consumer])
    row = world.progress()[topic, 0]
    assert (row["halted"], row["next_offset"]) == ("breaker", halted_at + 1)
    operate(world, "resume", topic, "0", "--reason", "the producer is fixed")
    if halted_at == 19:  # 15 bad ones are left: it halts a second time
        world.until(lambda: world.progress()[topic, 0]["next_offset"] == 30, "it halts again", of=[consumer])
        world.until(lambda: world.progress()[topic, 0]["halted"] == "breaker", "it halts again", of=[consumer])
        operate(world, "resume", topic, "0", "--reason", "again")
    world.until_read(consumer)
    assert consumer.stop() == 0
    world.check()


def test_confluent_framing_without_a_registry_halts_and_parks_nothing(world: World, registry: SchemaRegistry) -> None:
    """A setting is missing, no record is at fault: the partition is halted until the consumer has a registry."""
    topic = world.topic(2)
    schema_id = registry.register("member.removed", REMOVED.text)
    world.send(topic, events(5), partition=0)
    world.send(topic, [event(schema_id=schema_id)], partition=0)
    world.send(topic, events(5), partition=1)
    consumer = world.consumer("run", "--until-end")
    assert consumer.wait() == 1
    progress = world.progress()
    assert (progress[topic, 0]["halted"], progress[topic, 0]["next_offset"]) == ("registry_unset", 5)
    assert progress[topic, 1]["next_offset"] == 5 and world.count("parked_record") == 0
    world.run_until_end(SCHEMA_REGISTRY_URL=registry.url)
    world.check()


def test_a_registry_that_is_unavailable_is_waited_for(world: World, registry: SchemaRegistry) -> None:
    """Nothing is parked while the registry is down: its partition rests, others go on, and it is read afterwards."""
    topic = world.topic(2)
    registry.stop()
    try:
        world.send(topic, [event(schema_id=1), event(schema_id=1)], partition=0)
        world.send(topic, events(5), partition=1)
        consumer = world.consumer(SCHEMA_REGISTRY_URL=registry.url)
        world.until(lambda: bool(consumer.logged("registry_unavailable")), "it notices", of=[consumer])
        world.until(lambda: world.count("audit_event") == 5, "the other goes on", of=[consumer])
    finally:
        registry.start()
    assert world.progress()[topic, 0]["next_offset"] == 0 and world.count("parked_record") == 0
    assert registry.register("member.removed", REMOVED.text) == 1
    world.until_read(consumer)
    assert consumer.stop() == 0
    world.check()


def test_a_schema_that_the_registry_learns_late_is_waited_for(world: World, registry: SchemaRegistry) -> None:
    """An id that the registry does not know yet is asked for again before anything is parked."""
    topic = world.topic()
    following = registry.register("first", json.dumps({"type": "fixed", "name": f"f{world.group[6:]}", "size": 3})) + 1
    world.send(topic, [event(schema_id=following)])
    consumer = world.consumer(SCHEMA_REGISTRY_URL=registry.url)
    world.until(lambda: bool(consumer.logged("schema_absent")), "it asks", of=[consumer])
    text = json.loads(REMOVED.text) | {"doc": world.group}  # another text, so that it gets an id of its own
    assert registry.register("member.removed-late", json.dumps(text)) == following
    world.until_read(consumer)
    assert consumer.stop() == 0
    world.check()


def test_a_schema_that_never_comes_is_parked_after_its_grace(world: World, registry: SchemaRegistry) -> None:
    """When the registry has said for long enough that it does not know an id, its records are parked."""
    topic = world.topic()
    world.send(topic, [event(schema_id=999_999)], "parked")
    consumer = world.consumer(
        failpoint=["set", "consumer.registry.fetcher.GRACE_SECONDS=1"], SCHEMA_REGISTRY_URL=registry.url
    )
    world.until_read(consumer)
    assert consumer.stop() == 0
    assert world.value("SELECT reason FROM parked_record") == ParkReason.SCHEMA_UNKNOWN
    world.check()


def bad_records(registry: SchemaRegistry) -> dict[ParkReason, Message]:
    """A record for each reason, the crashing one last."""
    good = event()
    body = good.value or b""
    return {
        ParkReason.NOT_CLOUDEVENTS: event().with_headers(ce_specversion=None),
        ParkReason.BAD_TIME: event(headers={"ce_time": "2026-05-11T02:34:52"}),
        ParkReason.UNKNOWN_TYPE: event().with_headers(ce_type="member.unheard_of"),
        ParkReason.KEY_MISSING: event()._replace(key=None),
        ParkReason.KEY_MISMATCH: event()._replace(key=b"org_of_another"),
        ParkReason.ID_MISSING: event(headers={"ce_id": ""}),
        ParkReason.ID_MALFORMED: event(data={"actor": {"type": "user", "id": "dana", "email": None}}),
        ParkReason.TOO_LARGE: event()._replace(value=body + bytes(8 * 1024 * 1024)),
        ParkReason.EMPTY_VALUE: event()._replace(value=b""),
        ParkReason.BAD_FRAMING: event()._replace(value=b'{"workspace_id": "org_1"}'),
        ParkReason.SCHEMA_UNKNOWN: event()._replace(value=body[:2] + bytes(8) + body[10:]),
        ParkReason.SCHEMA_NOT_AVRO: _by_id(_register_json(registry), body),
        ParkReason.SCHEMA_UNSAFE: _by_id(registry.register("unsafe", _recursive()), body),
        ParkReason.SCHEMA_MISMATCH: event().with_headers(ce_type="report.exported"),
        ParkReason.SCHEMA_RESOLUTION: _by_id(registry.register("unlike", _unlike()), b"\x02"),
        ParkReason.AVRO_INVALID: event()._replace(value=body[:-3]),
        ParkReason.TRAILING_BYTES: event()._replace(value=body + b"\0"),
        ParkReason.UNKNOWN_PLAN: event("billing.subscription_changed", "unknown_plan"),
        ParkReason.DATABASE_REFUSED: event(event_id=REFUSED),
        ParkReason.CRASH_LOOP: event(event_id=CRASHING),
    }


def _by_id(schema_id: int, body: bytes) -> Message:
    skipped = len(single_object_header(REMOVED)) if body.startswith(b"\xc3") else 0
    return event()._replace(value=confluent_header(schema_id) + body[skipped:])


def _recursive() -> str:
    name = REMOVED.full_name
    return json.dumps({"type": "record", "name": name, "fields": [{"name": "next", "type": ["null", name]}]})


def _unlike() -> str:
    """A schema of the same name that has nothing of what ours needs."""
    return json.dumps({"type": "record", "name": REMOVED.full_name, "fields": [{"name": "other", "type": "long"}]})


def _register_json(registry: SchemaRegistry) -> int:
    url = f"{registry.url}/subjects/not-avro/versions"
    body = {"schemaType": "JSON", "schema": json.dumps({"$schema": "http://json-schema.org/draft-07/schema#"})}
    return int(httpx.post(url, json=body, timeout=30, trust_env=False).raise_for_status().json()["id"])
