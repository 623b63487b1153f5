"""A few seconds of `make fuzz`, and that its oracle refuses what is wrong."""

import json
from types import SimpleNamespace
from typing import Any

import pytest

from catalog.reasons import ParkReason
from consumer.event.model import Poison, Recorded
from consumer.event.pipeline import Pipeline
from consumer.storage.copy_row import CopyRow, copy_row
from tests.builders import record
from tests.fuzz import run, second
from tests.fuzz.cases import Case, case
from tests.fuzz.oracle import NO_OPINION, ORDINAL, READ_ALIKE, REFUSED, Oracle, agree, native_row

FIRST = 1
SECONDS = 4.0
# What some records of so many must come to; else the cases have become harmless, or hopeless.
COMMON = {"recorded", "ignored: not_audited"} | {
    f"parked: {reason}" for reason in ("not_cloudevents", "avro_invalid", "schema_resolution", "schema_unsafe")
}


def test_hostile_records_are_refused_with_a_reason_or_read_as_apache_reads_them() -> None:
    """Bytes changed, headers changed, and writer schemas of any shape; `make fuzz` has more time."""
    numbers: list[int] = []
    tally = run.fuzz(SECONDS, FIRST, numbers.append)

    assert set(tally.outcomes) >= COMMON
    assert set(tally.second) == {READ_ALIKE, REFUSED, NO_OPINION}
    assert tally.outcomes.total() == tally.second.total() == len(numbers)
    assert numbers == list(range(FIRST, FIRST + len(numbers)))


def test_a_case_is_repeated_by_its_number() -> None:
    """The seed that a finding names gives the same record."""
    first, again = case(12), case(12)

    assert (first.message.value, first.message.headers, first.writer) == (
        again.message.value, again.message.headers, again.writer,
    )  # fmt: skip


def test_a_value_that_is_read_otherwise_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the second implementation reads differently, or refuses, ends the run."""
    recorded, read = _first("recorded"), second.read
    monkeypatch.setattr(second, "read", lambda *arguments: {**read(*arguments), "workspace_id": 1})

    with pytest.raises(AssertionError, match="theirs"):
        Oracle().answer(recorded)


@pytest.mark.parametrize("reason", [ParkReason.AVRO_INVALID, ParkReason.TRAILING_BYTES, ParkReason.SCHEMA_RESOLUTION])
def test_a_decoder_that_refuses_everything_is_a_finding(reason: ParkReason) -> None:
    """By a value that was encoded and left alone, and that the second implementation reads; of a changed one it may be right."""
    decoder: Any = SimpleNamespace(decode=_refuse(reason))
    recorded = _first("recorded")

    with pytest.raises(AssertionError, match="as everything is"):
        agree(decoder, recorded._replace(intact=True))
    assert agree(decoder, recorded._replace(intact=False)) == REFUSED


def test_half_of_the_cases_are_intact() -> None:
    """And what is called intact is what a valid record or the writer schema has: most of it is read."""
    intact = [hostile for hostile in map(case, range(300)) if hostile.intact]

    assert 100 < len(intact) < 250
    oracle = Oracle()
    assert sum(oracle.answer(hostile).second == READ_ALIKE for hostile in intact) > len(intact) / 2


def test_what_the_second_implementation_cannot_read_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is no agreement: a run of nothing else would say so."""
    recorded = _first("recorded")
    assert Oracle().answer(recorded).second == READ_ALIKE

    def no_opinion(*_: object) -> None:
        raise second.NoOpinion

    monkeypatch.setattr(second, "read", no_opinion)
    assert Oracle().answer(recorded).second == NO_OPINION


def test_a_native_row_that_is_not_the_pipelines_is_a_finding() -> None:
    """Whatever is different, and any row of a record that is not recorded; none is always right."""
    delivered, decoder = record(_first("recorded").message), Oracle().decoder
    outcome = Pipeline(decoder).run(delivered)
    assert isinstance(outcome, Recorded)
    right = copy_row(delivered, outcome, ORDINAL)
    others = [CopyRow._make((*right[:place], b"other", *right[place + 1 :])) for place in range(len(right))]

    assert native_row(_gives(right), delivered, outcome, ORDINAL) == right
    assert native_row(_gives(None), delivered, outcome, ORDINAL) is None
    for row in (*others, tuple(right)):
        with pytest.raises(AssertionError):
            native_row(_gives(row), delivered, outcome, ORDINAL)
    parked = record(_first("parked: avro_invalid").message)
    with pytest.raises(AssertionError, match="has a row"):
        native_row(_gives(right), parked, Pipeline(decoder).run(parked), ORDINAL)


def test_values_of_another_type_differ() -> None:
    """`1`, `1.0` and `true` are three values of a preference; NaN is one."""
    assert not second.same({"a": 1}, {"a": True})
    assert not second.same([1], [1.0])
    assert not second.same({"a": None}, {})
    assert second.same([float("nan"), {"a": 0}], [float("nan"), {"a": 0}])


def test_a_schema_that_the_library_does_not_take_is_no_opinion() -> None:
    """Then nothing is compared, and nothing is concluded."""
    with pytest.raises(second.NoOpinion):
        second.read(json.dumps({"type": "record", "name": "1", "fields": []}), '"int"', b"")


def _first(outcome: str) -> Case:
    """The first case that comes to this."""
    return next(candidate for candidate in map(case, range(1000)) if Oracle().answer(candidate).outcome == outcome)


def _refuse(reason: ParkReason) -> Any:
    def decode(ce_type: str, value: bytes) -> None:
        raise Poison(reason, "as everything is")

    return decode


def _gives(row: CopyRow | tuple[object, ...] | None) -> Any:
    return SimpleNamespace(row=lambda _record, _ordinal: row)
