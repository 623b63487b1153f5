"""A batch accounts for every offset that it passes, also after partitions were taken out of it."""

from hypothesis import given
from hypothesis import strategies as st

from catalog.reasons import HaltCause, IgnoreReason
from consumer.event.decode import Decoder
from consumer.event.model import Ignored, Parked, Partition, Recorded
from consumer.event.pipeline import Pipeline
from consumer.storage.batch import Batch
from schemas import all_schemas
from tests.builders import Message, event, record

PARTITIONS = [Partition("t", "id", number) for number in range(3)]
MESSAGES: dict[str, Message] = {
    "recorded": event(),
    "parked": event().with_headers(ce_type="member.unheard_of"),
    "ignored": event("member.signed_in"),
}
OUTCOMES = {name: Pipeline(Decoder(all_schemas())).run(record(message)) for name, message in MESSAGES.items()}
STEPS = st.lists(st.tuples(st.sampled_from(PARTITIONS), st.sampled_from([*MESSAGES, "skipped"])), max_size=30)


def filled(steps: list[tuple[Partition, str]]) -> Batch:
    """A batch as the loop builds it, each partition from offset 100 on; `skipped` is a run of three."""
    batch = Batch()
    for partition, kind in steps:
        offsets = batch.range_of(partition, 100, 1)
        if kind == "skipped":
            batch.skip(offsets, offsets.next + 3, IgnoreReason.NOT_AUDITED)
            continue
        outcome = OUTCOMES[kind]
        assert isinstance(outcome, Recorded | Ignored | Parked)
        batch.add(offsets, record(MESSAGES[kind], partition=partition, offset=offsets.next), outcome)
    return batch


def test_each_outcome_is_counted_once() -> None:
    """Records, bytes of what waits to be written, and the ignored ones by their reason."""
    steps = [(PARTITIONS[0], outcome) for outcome in ("recorded", "ignored", "skipped", "parked")]
    batch = filled(steps)
    offsets = batch.ranges[PARTITIONS[0]]
    assert (offsets.start, offsets.next, batch.records) == (100, 106, 6)
    assert offsets.ignored == {IgnoreReason.NOT_AUDITED: 4}
    assert [copied.partition for copied in batch.recorded] == [kept.partition for kept, _ in batch.parked]
    row = batch.recorded[0]
    assert batch.bytes == len(row.encoded) + len(row.packed) + len(MESSAGES["parked"].value or b"")


@given(STEPS, st.sets(st.sampled_from(PARTITIONS)))
def test_what_is_dropped_leaves_nothing(steps: list[tuple[Partition, str]], gone: set[Partition]) -> None:
    """The batch is what it would have been without the records of those partitions, but for the ordinals."""
    batch, without = filled(steps), filled([step for step in steps if step[0] not in gone])
    batch.drop(gone)
    assert batch.ranges == without.ranges
    assert (batch.records, batch.bytes, batch.parked) == (without.records, without.bytes, without.parked)
    assert [copied.record() for copied in batch.recorded] == [copied.record() for copied in without.recorded]
    ordinals = [copied.ordinal for copied in batch.recorded]
    assert ordinals == sorted(set(ordinals))


@given(STEPS)
def test_every_offset_has_one_outcome(steps: list[tuple[Partition, str]]) -> None:
    """What a partition has moved by is what was recorded, parked and ignored of it."""
    batch = filled(steps)
    for partition, offsets in batch.ranges.items():
        recorded = sum(copied.partition == partition for copied in batch.recorded)
        parked = sum(kept.partition == partition for kept, _ in batch.parked)
        assert offsets.next - offsets.start == recorded + parked + offsets.ignored.total()
    assert batch.records == sum(offsets.next - offsets.start for offsets in batch.ranges.values())


def test_a_halt_goes_with_its_partition() -> None:
    """The halt of a partition that was revoked is not ours to write."""
    batch = filled([(PARTITIONS[0], "recorded"), (PARTITIONS[1], "recorded")])
    batch.ranges[PARTITIONS[0]].halt = (HaltCause.BREAKER, "20 records parked in a row")
    batch.drop([PARTITIONS[0]])
    assert [offsets.halt for offsets in batch.ranges.values()] == [None]
