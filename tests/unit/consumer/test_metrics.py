"""Metrics and probes without services: what is counted, what is shown, what is answered."""

import threading
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, generate_latest

from catalog.audit_types import BY_NAME
from catalog.reasons import GapCause, HaltCause, IgnoreReason, ParkReason
from consumer.event.decode import Decoder
from consumer.event.model import Partition
from consumer.event.pipeline import Pipeline
from consumer.kafka.admin import Bounds
from consumer.partitions.breaker import Breaker, Limits
from consumer.partitions.position import Position
from consumer.polling.observer import CompositeObserver, Observer
from consumer.registry.client import Registry, SchemaAbsent
from consumer.retries import Retry
from consumer.storage.batch import Batch, WriteResult, reasons
from consumer.storage.writer import Written
from consumer.telemetry.histogram import BUCKETS, BatchHistogram
from consumer.telemetry.metrics import Metrics
from consumer.telemetry.partition_gauges import PartitionGauges
from consumer.telemetry.recorder import STUCK_SECONDS, CountedRegistry, MetricsRecorder
from schemas import all_schemas
from tests.builders import POSITION, Message, event, record

ROOT = Path(__file__).parents[3]
TOPICS = (POSITION.topic, "callmine.billing")
KEY = (POSITION.topic, POSITION.number)
AT = {"topic": POSITION.topic, "partition": str(POSITION.number)}


class Ops:
    """A recorder, and what Prometheus would see of it."""

    def __init__(self) -> None:
        self.metrics, self.gauges = Metrics(TOPICS, "2.16.1"), PartitionGauges(TOPICS)
        self.metrics.registry.register(self.gauges)
        self.recorder = MetricsRecorder(self.metrics, self.gauges)

    def value(self, name: str, **labels: str) -> float | None:
        return self.metrics.registry.get_sample_value(f"auditlog_{name}", labels)

    def text(self) -> str:
        return generate_latest(self.metrics.registry).decode()


@pytest.fixture
def ops() -> Ops:
    return Ops()


def batch_of(*messages: Message, timestamp_ms: int | None = 0) -> Batch:
    """A batch as the loop builds it."""
    batch, pipeline = Batch(), Pipeline(Decoder(all_schemas()))
    for offset, message in enumerate(messages):
        read = record(message, offset=offset, timestamp_ms=timestamp_ms)
        outcome = pipeline.run(read)
        batch.add(batch.range_of(POSITION, 0, 1), read, outcome)  # type: ignore[arg-type]
    return batch


def test_every_label_set_is_there_from_the_start(ops: Ops) -> None:
    """A rule over the first event of a kind sees it: its series was 0 before."""
    for topic in TOPICS:
        for reason in ParkReason:
            assert ops.value("records_parked_total", topic=topic, reason=reason) == 0
            assert ops.value("parked_unresolved_records", topic=topic, reason=reason) == 0
        assert all(ops.value("records_ignored_total", topic=topic, reason=reason) == 0 for reason in IgnoreReason)
        assert ops.value("records_total", topic=topic, outcome="conflict") == 0
        assert (
            ops.value("conflicting_events", topic=topic) is None
        )  # compared with what others had: 0 would be a number
        assert ops.value("end_to_end_seconds_count", topic=topic) == 0
        assert ops.value("partitions_assigned", topic=topic) == 0
    assert all(ops.value("events_total", audit_type=name) == 0 for name in BY_NAME)
    assert all(ops.value("retries_total", **{"class": kind}) == 0 for kind in Retry)
    assert all(ops.value("rebalances_total", event=word) == 0 for word in ("assigned", "revoked", "lost"))


def test_series_do_not_grow_with_what_is_read(ops: Ops) -> None:
    """The number of series depends on topics and partitions, not on workspaces, people or events."""
    ops.recorder.on_assigned([KEY])
    ops.recorder.on_written(Written(batch=batch_of(event(), event("member.signed_in")), result=WriteResult()))
    before = len(ops.text().splitlines())
    for number in range(20):
        ops.recorder.on_written(
            Written(batch=batch_of(event(workspace=f"org_{number}"), event(event_id=str(number))), result=WriteResult())
        )
    assert len(ops.text().splitlines()) == before


def test_a_batch_is_counted_by_what_became_of_it(ops: Ops) -> None:
    """Outcomes by topic, reasons, audited events by type, the batch's size, and the time of the write."""
    unknown = event().with_headers(ce_type="member.unheard_of")
    batch = batch_of(event(), event(), event("member.signed_in"), unknown)
    result = WriteResult(
        recorded=Counter({POSITION: 1}),
        duplicate=Counter({POSITION: 1}),
        parked=Counter({POSITION: 1}),
        newly_parked=reasons(batch.parked),
    )
    ops.recorder.on_submitted()
    ops.recorder.on_written(Written(batch=batch, result=result))
    counted = {o: ops.value("records_total", topic=POSITION.topic, outcome=o) for o in
               ("recorded", "duplicate", "conflict", "ignored", "parked")}  # fmt: skip
    assert counted == {"recorded": 1, "duplicate": 1, "conflict": 0, "ignored": 1, "parked": 1}
    assert ops.value("records_ignored_total", topic=POSITION.topic, reason="not_audited") == 1
    assert ops.value("records_parked_total", topic=POSITION.topic, reason="unknown_type") == 1
    assert ops.value("events_total", audit_type="member.removed") == 2
    assert ops.value("batch_records_sum") == 4
    assert ops.value("write_seconds_count") == 1
    assert time.time() - (ops.value("last_write_timestamp_seconds") or 0) < 5


def test_what_is_parked_already_is_an_outcome_only(ops: Ops) -> None:
    """Of two records that a rewind reads again one is parked already: nothing new that could page."""
    unknown = event().with_headers(ce_type="member.unheard_of")
    refused = Counter({(POSITION.topic, ParkReason.DATABASE_REFUSED): 1})
    result = WriteResult(parked=Counter({POSITION: 2}), newly_parked=refused)
    ops.recorder.on_written(Written(batch=batch_of(unknown, event()), result=result))
    assert ops.value("records_total", topic=POSITION.topic, outcome="parked") == 2
    assert ops.value("records_parked_total", topic=POSITION.topic, reason="unknown_type") == 0
    assert ops.value("records_parked_total", topic=POSITION.topic, reason="database_refused") == 1


def test_a_commit_without_an_answer_is_counted(ops: Ops) -> None:
    """The database kept the batch and could not say what became of it: what was meant to become of it counts."""
    unknown = event().with_headers(ce_type="member.unheard_of")
    ops.recorder.on_written(Written(batch=batch_of(event(), event(), unknown), result=WriteResult()))
    assert ops.value("records_total", topic=POSITION.topic, outcome="recorded") == 2
    assert ops.value("records_parked_total", topic=POSITION.topic, reason="unknown_type") == 1
    assert ops.value("records_parked_total", topic=POSITION.topic, reason="database_refused") == 0


def test_sanitized_events_are_counted(ops: Ops) -> None:
    """An event with a NUL in its text is recorded, and counted here."""
    nul = event(data={"before": {"email": "a\0@x.io", "role": "member"}})
    ops.recorder.on_written(Written(batch=batch_of(nul, event()), result=WriteResult(Counter({POSITION: 2}))))
    assert ops.value("records_sanitized_total", topic=POSITION.topic) == 1


@given(st.lists(st.floats(0, 4000) | st.sampled_from(BUCKETS), max_size=30))
def test_delays_fall_into_their_buckets(seconds: list[float]) -> None:
    """Each bucket counts what is not above its bound, whatever the batch."""
    delays, now = BatchHistogram("d", "d", "topic", ["t"]), 1_000_000.0
    delays.observe("t", now, [now - second for second in seconds])
    registry = CollectorRegistry()
    registry.register(delays)
    taken = [now - (now - second) for second in seconds]  # as floats subtract
    for bound in BUCKETS:
        below = sum(second < bound or second == bound for second in taken)
        assert registry.get_sample_value("d_bucket", {"topic": "t", "le": str(bound)}) == below
    assert registry.get_sample_value("d_bucket", {"topic": "t", "le": "+Inf"}) == len(seconds)
    assert registry.get_sample_value("d_sum", {"topic": "t"}) == pytest.approx(sum(taken))


def test_a_timestamp_ahead_of_us_is_no_delay(ops: Ops) -> None:
    """Clocks differ: a record from the future took no time, and one without a time is not counted."""
    ops.recorder.on_written(
        Written(batch=batch_of(event(), timestamp_ms=int(time.time() * 1000) + 60_000), result=WriteResult())
    )
    ops.recorder.on_written(Written(batch=batch_of(event(), timestamp_ms=None), result=WriteResult()))
    assert ops.value("end_to_end_seconds_sum", topic=POSITION.topic) == 0
    assert ops.value("end_to_end_seconds_count", topic=POSITION.topic) == 1


@pytest.mark.parametrize(
    ("start", "end", "new"),
    [(0, 0, True), (0, 9, False), (8, 9, False), (9, 9, True), (12, 9, True)],
)
def test_only_what_arrives_after_the_claim_can_be_late(ops: Ops, start: int, end: int, new: bool) -> None:
    """What Kafka already had then (a first start, a rewind, a restored database) is counted, and is no delay."""
    ops.recorder.on_claimed(Position(POSITION, start, 1, end, Breaker(Limits())))
    batch = batch_of(event(), event(), timestamp_ms=int((time.time() - 3600) * 1000))
    batch.ranges[POSITION].start, batch.ranges[POSITION].next = start, start + 2
    ops.recorder.on_written(Written(batch=batch, result=WriteResult(Counter({POSITION: 2}))))
    assert ops.value("end_to_end_seconds_count", topic=POSITION.topic) == (2 if new else 0)
    assert ops.value("backlog_events_total", topic=POSITION.topic) == (0 if new else 2)
    assert ops.value("records_total", topic=POSITION.topic, outcome="recorded") == 2
    assert ops.value("events_total", audit_type="member.removed") == 2


def test_a_rewind_makes_what_was_new_a_backlog(ops: Ops) -> None:
    """The claim after it has the log's end of that moment; behind it, delays are measured again."""
    for claimed, start in ((0, 0), (50, 10)):
        ops.recorder.on_claimed(Position(POSITION, start, 1, claimed, Breaker(Limits())))
        batch = batch_of(event(), timestamp_ms=0)
        batch.ranges[POSITION].start, batch.ranges[POSITION].next = start, start + 1
        ops.recorder.on_written(Written(batch=batch, result=WriteResult()))
    assert ops.value("end_to_end_seconds_count", topic=POSITION.topic) == 1
    assert ops.value("backlog_events_total", topic=POSITION.topic) == 1


def test_a_partition_brings_and_takes_its_series(ops: Ops) -> None:
    """Nothing of a partition is shown before it is ours, nor after it was taken back or lost."""
    assert 'partition="' not in ops.text()
    for gone in (ops.recorder.on_revoked, ops.recorder.on_lost):
        ops.recorder.on_assigned([KEY])
        ops.recorder.on_claimed(Position(POSITION, 7, 1, 9, Breaker(Limits())))
        assert ops.value("next_offset", **AT) == 7
        assert ops.value("partition_halted", **AT, cause="gap") == 0
        assert all(ops.value("data_gaps", **AT, cause=cause) == 0 for cause in GapCause)
        assert ops.value("partitions_assigned", topic=POSITION.topic) == 1
        gone([KEY])
        assert 'partition="' not in ops.text()
        assert ops.value("partitions_assigned", topic=POSITION.topic) == 0


def test_a_halted_partition_shows_its_cause(ops: Ops) -> None:
    """1 for its cause, 0 for the others, and 0 for all once it is active."""
    halted = {POSITION: HaltCause.BREAKER}
    ops.recorder.on_assigned([KEY])
    ops.recorder.on_loop(halted)
    assert {c: ops.value("partition_halted", **AT, cause=c) for c in HaltCause} == {
        c: int(c is HaltCause.BREAKER) for c in HaltCause
    }
    ops.recorder.on_loop({})
    assert ops.value("partition_halted", **AT, cause="breaker") == 0


def test_lag_is_known_only_when_it_is(ops: Ops) -> None:
    """No lag is shown before Kafka has returned the log's end; then offsets and age, and 0 when all is written."""
    ops.recorder.on_assigned([KEY])
    ops.recorder.on_claimed(Position(POSITION, 0, 1, 9, Breaker(Limits())))
    assert ops.value("lag_records", **AT) is None
    with ops.gauges.changing() as figures:
        figures[KEY].bounds = Bounds(0, 10)
    assert ops.value("lag_records", **AT) == 10
    assert 0 <= (ops.value("lag_seconds", **AT) or 0) < 5  # since it was assigned: nothing is known of before
    written = int(time.time() * 1000) - 600_000
    ops.recorder.on_written(Written(batch=batch_of(event(), timestamp_ms=written), result=WriteResult()))
    assert ops.value("lag_records", **AT) == 9
    assert 600 <= (ops.value("lag_seconds", **AT) or 0) < 610
    batch = batch_of(event(), timestamp_ms=written)
    batch.ranges[POSITION].next = 10
    batch.ranges[POSITION].complete_through = datetime.fromtimestamp(1_800_000_000, UTC)
    ops.recorder.on_written(Written(batch=batch, result=WriteResult()))
    assert (ops.value("lag_records", **AT), ops.value("lag_seconds", **AT)) == (0, 0)
    assert ops.value("complete_through_timestamp_seconds", **AT) == 1_800_000_000


def test_a_lag_is_never_negative(ops: Ops) -> None:
    """Kafka's time of the last record may be ahead of the database's."""
    ops.recorder.on_assigned([KEY])
    ops.recorder.on_claimed(Position(POSITION, 0, 1, 9, Breaker(Limits())))
    with ops.gauges.changing() as figures:
        figures[KEY].bounds, figures[KEY].last_timestamp = Bounds(0, 10), time.time() + 3600
    assert ops.value("lag_seconds", **AT) == 0


def test_a_batch_that_comes_after_its_partition_went_brings_no_series_back(ops: Ops) -> None:
    """What was written while the partition was being revoked counts, and leaves nothing of it behind."""
    ops.recorder.on_written(Written(batch=batch_of(event()), result=WriteResult()))
    assert 'partition="' not in ops.text()
    assert ops.value("records_total", topic=POSITION.topic, outcome="recorded") == 1


def test_each_retry_is_counted_by_its_kind(ops: Ops) -> None:
    """One step for each call, and of that kind only."""
    for retry in (Retry.WRITE, Retry.KAFKA, Retry.WRITE):
        ops.recorder.on_retry(retry)
    counted = {kind: ops.value("retries_total", **{"class": kind}) for kind in Retry}
    assert counted == {**dict.fromkeys(Retry, 0), Retry.WRITE: 2, Retry.KAFKA: 1}


def test_every_kind_of_retry_is_reported_somewhere() -> None:
    """A kind that no part of the consumer reports would be a series that is 0 for ever."""
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "consumer").rglob("*.py"))
    assert [kind for kind in Retry if f"on_retry(Retry.{kind.name})" not in sources] == []


def test_answers_of_the_registry_are_counted(ops: Ops, monkeypatch: pytest.MonkeyPatch) -> None:
    """By what they say; an error that is none of ours is an outage."""
    counted = CountedRegistry("http://127.0.0.1:1", ops.metrics)
    with pytest.raises(Exception, match="127"):
        counted.fetch(1)
    monkeypatch.setattr(Registry, "fetch", lambda *_: "{}")
    assert counted.fetch(1) == "{}"

    def absent(_: object, schema_id: int) -> str:
        raise SchemaAbsent(str(schema_id))

    monkeypatch.setattr(Registry, "fetch", absent)
    with pytest.raises(SchemaAbsent):
        counted.fetch(1)
    counts = {word: ops.value("registry_requests_total", answer=word) for word in ("schema", "absent", "unavailable")}
    assert counts == {"schema": 1, "absent": 1, "unavailable": 1}


def test_a_composite_observer_calls_all() -> None:
    """No call of an observer is forgotten on the way to the others."""
    called: list[str] = []

    class Ear(Observer):
        def __getattribute__(self, name: str) -> object:
            return lambda *_: called.append(name)

    calls = [name for name in vars(Observer) if not name.startswith("_")]
    for name in calls:
        getattr(CompositeObserver([Ear(), Ear()]), name)(*[None] * (0 if name in {"on_submitted", "on_fenced"} else 1))
    assert called == [name for name in calls for _ in range(2)]
    assert {name for name in vars(CompositeObserver) if not name.startswith("_")} == set(calls)


def test_the_loop_is_alive_while_it_turns(ops: Ops, monkeypatch: pytest.MonkeyPatch) -> None:
    """The probe checks the time of the last iteration and nothing else."""
    now = time.monotonic()
    ops.recorder.on_loop({})
    assert ops.recorder.alive()
    monkeypatch.setattr(time, "monotonic", lambda: now + STUCK_SECONDS + 5)
    assert not ops.recorder.alive()
    ops.recorder.on_loop({})
    assert ops.recorder.alive()


def test_an_empty_assignment_is_a_group_that_was_joined(ops: Ops) -> None:
    """A consumer for which no partition is left is ready as well: it is a standby."""
    assert not ops.recorder.joined.is_set()
    ops.recorder.on_assigned([])
    assert ops.recorder.joined.is_set()


def test_scrapes_and_changes_may_meet(ops: Ops) -> None:
    """Prometheus asks in another thread while partitions come and go."""
    ended = threading.Event()

    def change() -> None:
        for number in range(2000):
            ops.recorder.on_assigned([(POSITION.topic, number % 7)])
            ops.recorder.on_loop({Partition(POSITION.topic, "id", n): HaltCause.GAP for n in range(number % 5)})
            ops.recorder.on_revoked([(POSITION.topic, number % 3)])
        ended.set()

    thread = threading.Thread(target=change)
    thread.start()
    while not ended.is_set():
        ops.text()
    thread.join()
    assert ops.value("partitions_assigned", topic=POSITION.topic) == 4
