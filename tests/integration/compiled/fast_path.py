"""The native code gives the definition's row or no answer, for whatever a record holds. Run by test_wheel.py, which has the extension."""

import json
import random
import resource
import struct
from collections import Counter
from itertools import islice
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import schemas
from catalog.audit_types import BY_CE_TYPE, CHOICES
from consumer.event.decode import Decoder
from consumer.event.model import Partition, Record, Recorded
from consumer.event.pipeline import Pipeline
from consumer.native.fast_path import FastPath
from consumer.storage.copy_row import CopyRow
from sandbox.bench.shapes import demo, large
from tests.builders import event, example, record
from tests.fuzz.cases import case
from tests.fuzz.oracle import native_row
from tests.golden.outcome import record_of

DECODER = Decoder(schemas.all_schemas())
PIPELINE, FAST_PATH = Pipeline(DECODER), FastPath(DECODER)
PLANNED = sorted(BY_CE_TYPE.keys() - CHOICES.keys())
CASES = 1_500
MEBIBYTE = 1024 * 1024

# Control characters, what JSON, COPY and JSON pointers escape, and what has one, two, three and four bytes.
TEXTS = st.text(st.sampled_from('ab"\\/~\b\t\n\f\r\x01\x1f\x7f\0é€\ud7ff\ue000𝄞{},:'), max_size=12)
SCALARS = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats() | TEXTS
SECRETS = st.sampled_from(("api_key", "APIKey", "token2", "hotkey", "keys", "theme", "a/b~c"))


def answers(
    delivered: Record, ordinal: int = 7, *, decoder: Decoder = DECODER, fast_path: FastPath = FAST_PATH
) -> CopyRow | None:
    """What the native code says, after it was found to be what the definition says."""
    return native_row(fast_path, delivered, Pipeline(decoder).run(delivered), ordinal)


def changed(draw: st.DrawFn, value: Any, name: str = "") -> Any:
    """The value of an event with other texts, numbers, lists and maps in it; ids and enums stay."""
    if name == "preferences":
        return draw(st.dictionaries(TEXTS | SECRETS, SCALARS, max_size=6))
    if isinstance(value, dict):
        return {key: changed(draw, member, key) for key, member in value.items()}
    if isinstance(value, list):
        return draw(st.lists(TEXTS | st.sampled_from(("one", "two")), max_size=6))
    free = (
        isinstance(value, str)
        and not name.endswith("id")
        and name not in {"type", "channel", "provider", "format", "status"}
    )
    return draw(st.just(value) | TEXTS) if free else value


@st.composite
def events(draw: st.DrawFn) -> Record:
    """An event of a planned type, from any channel, with other values; half of the snapshots are changed twice."""
    ce_type = draw(st.sampled_from(PLANNED))
    data = changed(draw, example(ce_type).data)
    if data.get("before") and data.get("after") and draw(st.booleans()):
        data["after"] = {
            name: draw(st.sampled_from((value, data["before"][name]))) for name, value in data["after"].items()
        }
    data["origin"] = {
        "channel": draw(st.sampled_from(("web", "api", "mcp", "system", "unknown"))), "client": draw(st.none() | TEXTS),
        "tool": draw(st.none() | TEXTS),
    }  # fmt: skip
    data["actor"]["email"] = draw(st.none() | TEXTS)
    timestamp = draw(st.none() | st.sampled_from((0, -1, -(2**62), 2**62, 1_780_000_000_000)))
    return record(event(ce_type, data=data), offset=draw(st.integers(0, 2**62)), timestamp_ms=timestamp)


def test_every_type_that_needs_no_choice_is_planned() -> None:
    """So each new type is, or is listed here with its reason."""
    assert sorted(FAST_PATH.ce_types) == PLANNED


def test_examples_are_answered_as_the_definition_does() -> None:
    """And the plain one of each planned type is answered at all."""
    answered = {
        (sample.ce_type, sample.case) for sample in schemas.examples() if answers(record_of(sample)) is not None
    }

    assert {ce_type for ce_type, name in answered if name == "plain"} == set(PLANNED)


def test_the_traffic_of_the_benchmark_is_answered_as_the_definition_does() -> None:
    """Of what is audited, nine tenths do not need the definition; a text of 3 kB is no reason to, one of 30 kB is."""
    counts: Counter[tuple[bool, bool]] = Counter()
    for number, sent in enumerate((*islice(demo(), 6_000), *islice(large(3_000), 20), *islice(large(30_000), 20))):
        delivered = Record(
            Partition(sent.topic, "id", 2), number, 1_780_000_000_000, sent.key, sent.value, list(sent.headers)
        )
        counts[answers(delivered, number) is not None, isinstance(PIPELINE.run(delivered), Recorded)] += 1

    assert counts[True, True] > 0.85 * (counts[True, True] + counts[False, True])
    assert counts[True, False] == 0


@given(events())
@settings(max_examples=1_500, deadline=None)
def test_whatever_an_event_says_the_row_is_the_definitions(delivered: Record) -> None:
    """Texts, escapes, lists as multisets, secrets of open maps, clocks; both framings of it."""
    answers(delivered)


@pytest.mark.parametrize("start", range(0, 4 * CASES, CASES))
def test_hostile_records_are_left_to_the_definition(start: int) -> None:
    """Changed bytes, changed headers, and writer schemas of any shape: `make fuzz`'s own cases."""
    decoder = Decoder(schemas.all_schemas())
    fast_path = FastPath(decoder)
    for number in range(start, start + CASES):
        hostile = case(number)
        decoder.learn(hostile.schema_id, hostile.writer)
        fast_path.learn()
        answers(record(hostile.message), decoder=decoder, fast_path=fast_path)


@pytest.mark.parametrize("ce_type", PLANNED)
def test_a_cut_or_longer_value_is_left_to_the_definition(ce_type: str) -> None:
    """At every byte: nothing is read past the end, and nothing is left over."""
    message = event(ce_type)
    assert message.value is not None
    assert answers(record(message)) is not None
    for size in range(len(message.value)):
        assert answers(record(message._replace(value=message.value[:size]))) is None
    assert answers(record(message._replace(value=message.value + b"\0"))) is None


@pytest.mark.parametrize(
    "time",
    [
        "2024-02-29T23:59:59.999999Z", "2023-02-29T00:00:00.000000Z", "2000-02-29T00:00:00.000000Z", "1900-02-29T00:00:00.000000Z",
        "0001-01-01T00:00:00.000000Z", "0000-01-01T00:00:00.000000Z", "9999-12-30T23:59:59.999999Z", "9999-12-31T00:00:00.000000Z",
        "2026-13-01T00:00:00.000000Z", "2026-00-01T00:00:00.000000Z", "2026-01-32T00:00:00.000000Z", "2026-01-01T24:00:00.000000Z",
        "2026-01-01T00:60:00.000000Z", "2026-01-01T00:00:60.000000Z", "2026-01-01t00:00:00.000000z", "2026-01-01T00:00:00Z",
        "2026-01-01T00:00:00.000000+01:00", "2026-12-31T23:59:59.000001Z", "1969-12-31T23:59:59.999999Z",
    ],
)  # fmt: skip
def test_times_are_the_definitions(time: str) -> None:
    """Leap years, the ends of the calendar, and forms that are not the stored one; also ahead of the broker's clock."""
    for milliseconds in (0, -62_135_596_800_000, 253_402_300_799_999, 253_402_300_800_000):
        answers(record(event(headers={"ce_time": time}), timestamp_ms=milliseconds))


@pytest.mark.parametrize("name", ["api_key", "theme"])
def test_two_numbers_that_are_none_are_the_definitions(name: str) -> None:
    """NaN in two spellings is no change, also where a mask hides what it was."""
    spellings = (struct.pack("<d", float("nan")), bytes.fromhex("010000000000f87f"))
    placeholder = struct.pack("<d", 1234.5678)
    preferences = {"name": "one", "timezone": "UTC", "preferences": {name: 1234.5678}}
    message = event("workspace.settings_changed", data={"before": preferences, "after": {**preferences, "name": "two"}})
    assert message.value is not None
    value = message.value
    for spelling in spellings:
        value = value.replace(placeholder, spelling, 1)

    answers(record(message._replace(value=value)))


def test_a_map_with_one_key_twice_is_left_to_the_definition() -> None:
    """Also where neither snapshot differs in it."""
    settings_ = {"name": "one", "timezone": "UTC", "preferences": {"theme-a": True, "theme-b": True}}
    data = {"before": settings_, "after": {**settings_, "name": "two"}}
    message = event("workspace.settings_changed", data=data)
    assert message.value is not None
    assert answers(record(message)) is not None

    assert answers(record(message._replace(value=message.value.replace(b"theme-b", b"theme-a")))) is None


@pytest.mark.parametrize(
    "trace",
    [
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01", "00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0", "",
    ],
)  # fmt: skip
def test_traces_are_the_definitions(trace: str) -> None:
    """Ids of nothing but zeros are no trace; other versions and forms are left to the definition."""
    answers(record(event(headers={"traceparent": trace})))


def test_a_schema_of_the_registry_is_planned_once_it_is_learned() -> None:
    """In Confluent framing, where it is the reader's schema; an older one is resolved by the definition."""
    decoder = Decoder(schemas.all_schemas())
    fast_path, delivered = FastPath(decoder), record(event(schema_id=7))
    assert answers(delivered, decoder=decoder, fast_path=fast_path) is None

    text = schemas.latest("member.removed").text
    older = json.loads(text)
    older["fields"] = [field for field in older["fields"] if field["name"] != "origin"]
    decoder.learn(7, text)
    decoder.learn(8, json.dumps(older))
    fast_path.learn()

    assert answers(delivered, decoder=decoder, fast_path=fast_path) is not None
    assert fast_path.row(record(event(schema_id=8)), 0) is None


def test_memory_stays() -> None:
    """A hundred thousand rows and refusals leave nothing behind."""
    records = [record(event(ce_type)) for ce_type in PLANNED]
    broken = [delivered._replace(value=(delivered.value or b"")[:-1]) for delivered in records]

    def run(rounds: int) -> int:
        for _ in range(rounds):
            for delivered in (*records, *broken):
                FAST_PATH.row(delivered, 0)
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

    before = run(200)
    assert run(3_000) - before < 4 * MEBIBYTE


def test_what_it_is_called_with_is_checked() -> None:
    """A mistake of ours is an error and not a crash of the process."""
    row: Any = FAST_PATH.row
    for wrong in ((), (1, 2), ((1, 2, 3), 4)):
        with pytest.raises(TypeError):
            row(*wrong)
    for place in range(6):
        parts: list[Any] = list(record(event()))
        parts[place] = random.Random(place)
        try:
            row(tuple(parts), 0)
        except (TypeError, AttributeError, ValueError):
            continue
