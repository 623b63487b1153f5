"""From the client's messages to records and runs of skipped offsets; messages are stand-ins here."""

from collections.abc import Sequence
from typing import Any

import pytest
from confluent_kafka import TIMESTAMP_NOT_AVAILABLE, KafkaError
from hypothesis import given
from hypothesis import strategies as st

from catalog.cells import Cell, Share
from catalog.reasons import HaltCause, IgnoreReason
from consumer.event.decode import MAX_VALUE
from consumer.event.ignored import wire_types
from consumer.event.model import Partition, Record, Skipped, Unreadable
from consumer.kafka.polled import EndOfPartition, PartitionError, Passed, Polled, add_messages, add_partition_event
from schemas import all_schemas
from tests.builders import Message, event

IGNORED = dict(wire_types(all_schemas()))
PARTITIONS = [Partition("t", "id-t", 0), Partition("t", "id-t", 1), Partition("u", "id-u", 0)]
STARTED = {(partition.topic, partition.number): partition for partition in PARTITIONS}
SKIPPED, WHOLE = event("member.signed_in"), event("member.removed")
# An ignored type whose headers are not as they should be has to be seen by the pipeline.
DOUBLED = SKIPPED._replace(headers=(*SKIPPED.headers, ("ce_type", b"member.removed")))
TWICE = SKIPPED._replace(headers=(*SKIPPED.headers, ("ce_type", b"member.signed_in")))
LYING = SKIPPED.with_headers(ce_type="member.removed")
NOT_AUDITED, OTHER_CELL = IgnoreReason.NOT_AUDITED, IgnoreReason.OTHER_CELL
TOMBSTONE = SKIPPED._replace(value=None)
assert SKIPPED.value is not None
LARGE = SKIPPED._replace(value=SKIPPED.value.ljust(MAX_VALUE + 1))


class Delivered:
    """What the binding gives for a record, or for an error."""

    def __init__(self, topic: str, number: int, offset: int, message: Message | None, code: int | None = None) -> None:
        self._place, self._message = (topic, number, offset), message
        self._error = None if code is None else KafkaError(code)

    def error(self) -> KafkaError | None:
        return self._error

    def topic(self) -> str:
        return self._place[0]

    def partition(self) -> int:
        return self._place[1]

    def offset(self) -> int:
        return self._place[2]

    def headers(self) -> Any:
        assert self._message is not None
        return list(self._message.headers) or None

    def value(self) -> bytes | None:
        assert self._message is not None
        return self._message.value

    def key(self) -> bytes | None:
        assert self._message is not None
        return self._message.key

    def timestamp(self) -> tuple[int, int]:
        return TIMESTAMP_NOT_AVAILABLE, -1


def polled(
    messages: Sequence[Delivered], share: Share | None = None
) -> tuple[list[Record | Skipped | Unreadable], list[Any]]:
    """The records of a poll, and the messages that are none."""
    result = Polled([], [], [])
    errors = add_messages(result, messages, STARTED, Passed(IGNORED, share))  # type: ignore[arg-type]
    return result.records, list(errors)


@pytest.mark.parametrize(
    "message",
    [WHOLE, DOUBLED, TWICE, LYING, TOMBSTONE, LARGE],
    ids=["whole", "doubled", "twice", "lying", "tombstone", "large"],
)
def test_a_record_is_made_where_the_pipeline_must_look(message: Message) -> None:
    """Also where the first bytes say that its type is ignored, but the headers do not."""
    (taken,), _ = polled([Delivered("t", 0, 7, message)])
    assert isinstance(taken, Record)
    assert (taken.partition, taken.offset, taken.timestamp_ms, taken.value) == (PARTITIONS[0], 7, None, message.value)


def test_a_value_of_the_largest_size_is_skipped() -> None:
    """Other headers may occur twice: the pipeline does not ask about them either."""
    assert LARGE.value is not None
    largest = LARGE._replace(value=LARGE.value[:-1], headers=(*LARGE.headers, ("note", b"1"), ("note", b"2")))
    assert polled([Delivered("t", 0, 7, largest)])[0] == [Skipped(PARTITIONS[0], 7, 8, NOT_AUDITED)]


def test_ignored_records_are_one_run_until_something_comes_between() -> None:
    """An offset that is missing, another partition, or a record that is made ends a run."""
    items, _ = polled([Delivered("t", 0, offset, SKIPPED) for offset in (3, 4, 5, 9)])
    assert items == [Skipped(PARTITIONS[0], 3, 6, NOT_AUDITED), Skipped(PARTITIONS[0], 9, 10, NOT_AUDITED)]
    items, _ = polled([Delivered("t", 0, 3, SKIPPED), Delivered("t", 1, 4, SKIPPED), Delivered("t", 0, 4, SKIPPED)])
    assert items == [
        Skipped(PARTITIONS[0], 3, 4, NOT_AUDITED),
        Skipped(PARTITIONS[1], 4, 5, NOT_AUDITED),
        Skipped(PARTITIONS[0], 4, 5, NOT_AUDITED),
    ]
    items, _ = polled([Delivered("t", 0, 3, SKIPPED), Delivered("t", 0, 4, WHOLE), Delivered("t", 0, 5, SKIPPED)])
    assert [type(item) for item in items] == [Skipped, Record, Skipped]


STEPS = st.lists(
    st.tuples(st.sampled_from([*STARTED, ("stopped", 0)]), st.integers(1, 3), st.sampled_from([SKIPPED, WHOLE])),
    max_size=30,
)


@given(STEPS)
def test_every_offset_is_given_once_and_in_order(steps: list[tuple[tuple[str, int], int, Message]]) -> None:
    """Runs and records together are what was delivered, partition by partition; a stopped partition's is dropped."""
    messages, sent = [], dict[Partition, list[tuple[int, bool]]]()
    ends = dict.fromkeys([*STARTED, ("stopped", 0)], 0)
    for key, distance, message in steps:
        ends[key] += distance
        messages.append(Delivered(*key, ends[key], message))
        if key in STARTED:
            sent.setdefault(STARTED[key], []).append((ends[key], message is SKIPPED))
    given_back = dict[Partition, list[tuple[int, bool]]]()
    for item in polled(messages)[0]:
        offsets = given_back.setdefault(item.partition, [])
        if isinstance(item, Skipped):
            assert item.first < item.after
            offsets += [(offset, True) for offset in range(item.first, item.after)]
        else:
            assert isinstance(item, Record)
            offsets.append((item.offset, False))
    assert given_back == sent


def test_errors_are_given_apart() -> None:
    """They end no run, and nothing of them is taken for a record."""
    failed = Delivered("t", 0, 4, None, KafkaError._PARTITION_EOF)
    items, errors = polled([Delivered("t", 0, 3, SKIPPED), failed, Delivered("t", 0, 4, SKIPPED)])
    assert (items, errors) == ([Skipped(PARTITIONS[0], 3, 5, NOT_AUDITED)], [failed])


@pytest.mark.parametrize(
    ("code", "cause"),
    [
        (KafkaError._AUTO_OFFSET_RESET, None),
        (KafkaError.OFFSET_OUT_OF_RANGE, None),
        (KafkaError._LOG_TRUNCATION, None),
        (KafkaError.INVALID_MSG, HaltCause.DAMAGED_LOG),
        (KafkaError._BAD_MSG, HaltCause.DAMAGED_LOG),
        (KafkaError._BAD_COMPRESSION, HaltCause.DAMAGED_LOG),
    ],
)
def test_an_error_of_a_partition_says_what_to_do(code: int, cause: HaltCause | None) -> None:
    """After the log's start moved, the partition is claimed again; a damaged log halts it."""
    result, message = Polled([], [], []), Delivered("t", 0, 4, None, code)
    assert add_partition_event(result, message, PARTITIONS[0])  # type: ignore[arg-type]
    assert result == Polled([], [], [PartitionError(PARTITIONS[0], cause, KafkaError(code).str())])


def test_other_messages_of_a_partition() -> None:
    """The end of its log is one, and an error that says nothing of the log is none."""
    result = Polled([], [], [])
    end = Delivered("t", 0, 9, None, KafkaError._PARTITION_EOF)
    assert add_partition_event(result, end, PARTITIONS[0])  # type: ignore[arg-type]
    assert result.ends == [EndOfPartition(PARTITIONS[0], 9)]
    other = Delivered("t", 0, 9, None, KafkaError.TOPIC_AUTHORIZATION_FAILED)
    assert not add_partition_event(result, other, PARTITIONS[0])  # type: ignore[arg-type]


PARTS = ("headers", "value", "key", "timestamp")
PLACE = ("error", "topic", "partition", "offset")


class Undecodable(Delivered):
    """A message of which some parts raise, each as often as it is asked for; headers give a damaged list after the first time."""

    def __init__(self, offset: int, broken: frozenset[str], error: Exception, message: Message = WHOLE) -> None:
        super().__init__("t", 0, offset, message)
        self._broken, self._fault, self._asked = broken, error, False

    def __getattribute__(self, name: str) -> Any:
        if name.startswith("_") or name not in self._broken:
            return super().__getattribute__(name)

        def get() -> object:
            assert not self._asked, "the binding gives a damaged list the second time, and reading it ends the process"
            self._asked = name == "headers"
            raise self._fault

        return get


FAULTS = st.sampled_from([SystemError("a result with an exception set"), UnicodeDecodeError("utf-8", b"\xe9\0", 0, 1, "\0 \udce9"),
                          ValueError("v"), OSError(5, "o"), RuntimeError("\u20ac")])  # fmt: skip


@given(st.frozensets(st.sampled_from(PARTS), min_size=1), FAULTS, st.sampled_from([WHOLE, SKIPPED, TOMBSTONE]))
def test_whatever_the_binding_raises_of_a_part_costs_that_part_alone(
    broken: frozenset[str], fault: Exception, message: Message
) -> None:
    """What can be had is kept, with its place; what comes before and after it in the poll is there too."""
    if message is TOMBSTONE:
        broken -= {"value"}
    messages = [
        Delivered("t", 0, 3, SKIPPED),
        Undecodable(4, broken or frozenset({"headers"}), fault, message),
        Delivered("t", 0, 5, SKIPPED),
        Delivered("t", 0, 6, WHOLE),
    ]
    items, errors = polled(messages)
    assert errors == []
    if isinstance(items[0], Skipped) and items[0].after > 4:  # an ignored type of which no part that is needed raised
        assert not broken & {"headers", "value"}
        return
    before, unreadable, after, last = items
    assert (before, after) == (Skipped(PARTITIONS[0], 3, 4, NOT_AUDITED), Skipped(PARTITIONS[0], 5, 6, NOT_AUDITED))
    assert isinstance(last, Record)
    assert isinstance(unreadable, Unreadable)
    kept = unreadable.record
    assert set(unreadable.missing) == (broken or {"headers"})
    assert (kept.partition, kept.offset) == (PARTITIONS[0], 4)
    assert kept.value == (None if "value" in broken else message.value)
    assert kept.key == (None if "key" in broken else message.key)
    assert list(kept.headers) == ([] if "headers" in unreadable.missing else list(message.headers))
    assert unreadable.detail.isascii()
    assert "\0" not in unreadable.detail


@pytest.mark.parametrize("part", PLACE)
def test_a_record_without_a_place_is_not_passed(part: str) -> None:
    """No one could say what was lost: the poll fails, and the database knows where to begin again."""
    with pytest.raises(ValueError, match="nowhere"):
        polled([Undecodable(4, frozenset({part}), ValueError("nowhere"))])


def test_a_fault_of_ours_is_no_fault_of_the_record(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the client gives every part, what was raised is raised; so is lack of memory."""
    with pytest.raises(MemoryError):
        polled([Undecodable(4, frozenset({"headers"}), MemoryError())])

    def broken(*_: object) -> bool:
        raise LookupError("ours")

    monkeypatch.setattr("consumer.kafka.polled.named_type", broken)
    with pytest.raises(LookupError, match="ours"):
        polled([Delivered("t", 0, 3, SKIPPED)])


class Foreign(Delivered):
    """A record of which nothing but its key may be looked at."""

    def headers(self) -> Any:
        raise AssertionError("a record of another cell is decoded")

    value = timestamp = headers


def test_a_record_of_another_cell_is_passed_by_its_key_alone() -> None:
    """Whatever it is otherwise: of an ignored type, a tombstone, or one that the client could not hand over."""
    assert WHOLE.key is not None
    ours, theirs = (cell.share for cell in Cell(1, 1).halves)
    if not ours.has(WHOLE.key):
        ours, theirs = theirs, ours
    items, _ = polled([Foreign("t", 0, offset, WHOLE) for offset in (3, 4, 7)], theirs)
    assert items == [Skipped(PARTITIONS[0], 3, 5, OTHER_CELL), Skipped(PARTITIONS[0], 7, 8, OTHER_CELL)]
    assert [type(item) for item in polled([Delivered("t", 0, 3, WHOLE)], ours)[0]] == [Record]


def test_runs_end_where_the_reason_changes() -> None:
    """Offsets that follow each other are counted for what they were passed for."""
    ours = next(cell.share for cell in Cell(1, 1).halves if cell.share.has(SKIPPED.key))
    other = next(name for name in map(str, range(100)) if not ours.has(name.encode()))
    foreign = WHOLE._replace(key=other.encode())
    items, _ = polled(
        [
            Delivered("t", 0, offset, delivered)
            for offset, delivered in enumerate((SKIPPED, SKIPPED, foreign, SKIPPED, foreign))
        ],
        ours,
    )
    reasons = [(0, 2, NOT_AUDITED), (2, 3, OTHER_CELL), (3, 4, NOT_AUDITED), (4, 5, OTHER_CELL)]
    assert items == [Skipped(PARTITIONS[0], *run) for run in reasons]


class Keyless(Delivered):
    """A record of which the client cannot hand over the key."""

    def key(self) -> Any:
        raise UnicodeError("no key")


@pytest.mark.parametrize("cell", Cell(1, 1).halves, ids=str)
def test_what_has_no_key_that_can_be_had_is_kept_by_every_cell(cell: Cell) -> None:
    """Each of them sees a record that could be its own; one with no key at all has one cell, as any key has."""
    (taken,), _ = polled([Keyless("t", 0, 3, WHOLE)], cell.share)
    assert isinstance(taken, Unreadable)
    assert "key" in taken.missing


def test_a_record_without_a_key_has_one_cell() -> None:
    """It is parked there, as it is without cells."""
    keyless = WHOLE._replace(key=None)
    taken = [polled([Delivered("t", 0, 3, keyless)], cell.share)[0][0] for cell in Cell(1, 1).halves]
    assert sorted(type(item).__name__ for item in taken) == ["Record", "Skipped"]
