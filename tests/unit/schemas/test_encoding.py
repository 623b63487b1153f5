"""Both framings, and the check in front of them: data that does not fit is refused with the place where it does not."""

import copy
import json
from io import BytesIO
from typing import Any

import pytest
from fastavro import schemaless_reader
from hypothesis import given
from hypothesis import strategies as st

import schemas

SETTINGS = schemas.latest("workspace.settings_changed")
SCHEDULE = schemas.latest("schedule.edited")
PREFERENCE = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False),
    st.text(),
)


EXAMPLES = {(sample.ce_type, sample.case): sample.data for sample in schemas.examples()}


def example_data(ce_type: str, case: str) -> dict[str, Any]:
    """A copy of an example's data, to be spoiled."""
    return dict(copy.deepcopy(EXAMPLES[ce_type, case]))


def test_confluent_framing_is_zero_and_a_big_endian_id() -> None:
    """Only the header differs between the two framings; the body is the same bytes."""
    data = example_data("schedule.edited", "plain")
    single_object = schemas.encode_single_object(SCHEDULE, data)
    confluent = schemas.encode_confluent(258, SCHEDULE, data)

    assert confluent[:5] == b"\x00\x00\x00\x01\x02"
    assert confluent[5:] == single_object[10:] == schemas.body(SCHEDULE, data)


def test_an_id_that_does_not_fit_is_refused() -> None:
    """A registry id has four bytes."""
    with pytest.raises(OverflowError):
        schemas.encode_confluent(2**32, SCHEDULE, example_data("schedule.edited", "plain"))


@given(st.dictionaries(st.text(), PREFERENCE))
def test_any_preferences_come_back_with_their_types(
    preferences: dict[str, Any],
) -> None:
    """What passes the check is written and read back exactly: no number changes its type on the way."""
    data = example_data("workspace.settings_changed", "plain")
    data["after"]["preferences"] = preferences
    framed = schemas.encode_single_object(SETTINGS, data)
    read = schemaless_reader(BytesIO(framed[10:]), schemas.parsed(SETTINGS), None)

    assert json.dumps(read, sort_keys=True) == json.dumps(data, sort_keys=True)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("extra", 1, "/extra: the schema has no such field"),
        ("schedule_id", 3, "/schedule_id: 3 is not of type string"),
        ("schedule_id", "\ud800", "/schedule_id: '\\ud800' is not of type string"),
        ("after", None, "/after: None is not an object"),
        (
            "after/status",
            "stopped",
            "/after/status: 'stopped' is none of active, paused",
        ),
        ("after/report/pages", 3, "/after/report/pages: the schema has no such field"),
        (
            "after/recipients",
            "a@x.example",
            "/after/recipients: 'a@x.example' is not a list",
        ),
        ("after/recipients", [None], "/after/recipients/0: None is not of type string"),
        ("actor/email", False, "/actor/email: False is none of null, string"),
    ],
)
def test_data_that_does_not_fit_is_refused(path: str, value: object, message: str) -> None:
    """The refusal names the place as a JSON Pointer and says what is wrong there."""
    data = example_data("schedule.edited", "plain")
    *parents, name = path.split("/")
    place = data
    for parent in parents:
        place = place[parent]
    place[name] = value

    with pytest.raises(schemas.DataMismatch) as refusal:
        schemas.encode_single_object(SCHEDULE, data)
    assert str(refusal.value) == message


@pytest.mark.parametrize("value", [True, 1.0, 2**31, -(2**31) - 1, "5", None])
def test_an_int_is_an_int_of_32_bits(value: object) -> None:
    """Neither a bool, nor a double, nor a bigger number passes for an Avro int."""
    data = example_data("billing.subscription_changed", "plain")
    data["after"]["seats"] = value

    with pytest.raises(schemas.DataMismatch, match=r"^/after/seats: .* is not of type int$"):
        schemas.encode_single_object(schemas.latest("billing.subscription_changed"), data)


@pytest.mark.parametrize("value", [2**63, -(2**63) - 1, ["a"], {"a": 1}])
def test_a_preference_is_one_of_five_types(value: object) -> None:
    """A number beyond 64 bits is not quietly made a double, and a preference does not nest."""
    data = example_data("workspace.settings_changed", "plain")
    data["after"]["preferences"] = {"a/b": value}

    with pytest.raises(
        schemas.DataMismatch,
        match=r"^/after/preferences/a~1b: .* none of null, boolean, long, double",
    ):
        schemas.encode_single_object(SETTINGS, data)


def test_all_that_is_wrong_is_reported_at_once() -> None:
    """One refusal lists every place, so that an author can fix a file in one go."""
    data = example_data("schedule.edited", "plain")
    del data["after"]
    data["before"]["preferences"] = {}

    with pytest.raises(schemas.DataMismatch) as refusal:
        schemas.encode_single_object(SCHEDULE, data)
    assert str(refusal.value) == "/before/preferences: the schema has no such field; /after: is missing"


def test_preferences_must_be_an_object() -> None:
    """A map is not made from a list."""
    data = example_data("workspace.settings_changed", "plain")
    data["before"]["preferences"] = []

    with pytest.raises(schemas.DataMismatch, match=r"^/before/preferences: \[\] is not an object$"):
        schemas.encode_single_object(SETTINGS, data)


def test_a_type_without_schema_is_a_key_error() -> None:
    """`latest` does not guess."""
    with pytest.raises(KeyError):
        schemas.latest("schedule.duplicated")


def test_a_schema_that_is_not_a_record_is_refused() -> None:
    """An event's schema is a record; a union at the top has no full name."""
    with pytest.raises(TypeError, match="is a record"):
        schemas.read_schema("report.viewed.v1", '["null", "string"]')
