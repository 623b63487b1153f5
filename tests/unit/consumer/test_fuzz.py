"""A few seconds of `make fuzz`, and that its oracle refuses what is wrong."""

import json

import pytest

import schemas
from consumer.event.decode import Decoder
from tests.fuzz import oracle, second
from tests.fuzz.__main__ import fuzz
from tests.fuzz.cases import Case, case

FIRST = 1
SECONDS = 4.0
# What some records of so many must come to; else the cases have become harmless, or hopeless.
COMMON = {"recorded", "ignored: not_audited"} | {
    f"parked: {reason}" for reason in ("not_cloudevents", "avro_invalid", "schema_resolution", "schema_unsafe")
}


def test_hostile_records_are_refused_with_a_reason_or_read_as_apache_reads_them() -> None:
    """Bytes changed, headers changed, and writer schemas of any shape; `make fuzz` has more time."""
    assert set(fuzz(SECONDS, FIRST)) >= COMMON


def test_a_case_is_repeated_by_its_number() -> None:
    """The seed that a finding names gives the same record."""
    first, again = case(12), case(12)

    assert (first.message.value, first.message.headers, first.writer) == (
        again.message.value, again.message.headers, again.writer,
    )  # fmt: skip


def test_a_value_that_is_read_otherwise_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the second implementation reads differently, or refuses, ends the run."""
    recorded = next(candidate for candidate in map(case, range(100)) if _answer(candidate) == "recorded")
    read = second.read
    monkeypatch.setattr(second, "read", lambda *arguments: {**read(*arguments), "workspace_id": 1})

    with pytest.raises(AssertionError, match="theirs"):
        _answer(recorded)


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


def _answer(hostile: Case) -> str:
    return oracle.answer(Decoder(schemas.all_schemas()), hostile)
