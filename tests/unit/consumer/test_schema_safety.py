import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.reasons import ParkReason
from consumer.event.avro import schema_safety
from consumer.event.model import Poison
from schemas import SchemaFile, all_schemas

# The first closes its own string: in canonical form it is two fields.
ODD_NAMES = ('email","type":"string"},{"name":"role', "a b", "a\\", "{", "", "2nd", "a-b")


def record(name: str, *types: Any) -> dict[str, Any]:
    fields = [{"name": f"f{index}", "type": kind} for index, kind in enumerate(types)]
    return {"type": "record", "name": name, "fields": fields}


def array(items: Any) -> dict[str, Any]:
    return {"type": "array", "items": items}


def refusal(schema: Any) -> ParkReason:
    with pytest.raises(Poison) as caught:
        schema_safety.load(schema if isinstance(schema, str) else json.dumps(schema))
    return caught.value.reason


def nested(depth: int) -> Any:
    schema: Any = "string"
    for _ in range(depth - 1):
        schema = array(schema)
    return schema


@pytest.mark.parametrize("file", all_schemas(), ids=lambda file: f"{file.ce_type}.v{file.version}")
def test_our_schemas_are_safe(file: SchemaFile) -> None:
    """No schema of ours is refused."""
    assert schema_safety.load(file.text)


@pytest.mark.parametrize(
    "schema",
    [
        record("Node", ["null", "Node"]),
        record("Node", array("Node")),
        record("A", record("B", ["null", "A"])),
        {"type": "record", "name": "n.A", "fields": [{"name": "f", "type": {"type": "map", "values": "A"}}]},
    ],
)
def test_recursion_is_refused(schema: Any) -> None:
    """A schema that contains itself, directly or not, could be nested without end."""
    assert refusal(schema) is ParkReason.SCHEMA_UNSAFE


@pytest.mark.parametrize(
    "items",
    [
        "null",
        record("Empty"),
        record("Outer", "null", record("Inner", "null")),
        {"type": "fixed", "name": "F", "size": 0},
        record("Fixed", {"type": "fixed", "name": "F", "size": 0}),
    ],
)
def test_items_without_bytes_are_refused(items: Any) -> None:
    """A few bytes could claim billions of items that take none."""
    assert refusal(array(items)) is ParkReason.SCHEMA_UNSAFE
    assert refusal({"type": "map", "values": items}) is ParkReason.SCHEMA_UNSAFE
    assert refusal(record("R", items, array(items["name"] if isinstance(items, dict) else items))) is (
        ParkReason.SCHEMA_UNSAFE
    )


@pytest.mark.parametrize(
    "schema",
    [
        array(["null", "string"]),
        array(["null"]),
        array(record("R", "null", "boolean")),
        record("R", "null"),
        array(array("int")),
    ],
)
def test_a_byte_for_each_item_is_enough(schema: Any) -> None:
    """A union's index takes a byte, and so does an empty array; nulls outside of items are harmless."""
    assert schema_safety.load(json.dumps(schema))


def test_depth_is_bounded() -> None:
    """64 schemas inside one another are read, 65 are refused, and so is JSON that Python cannot read at all."""
    assert schema_safety.load(json.dumps(nested(64)))
    assert refusal(nested(65)) is ParkReason.SCHEMA_UNSAFE
    assert refusal("[" * 500_000) is ParkReason.SCHEMA_UNSAFE
    assert refusal('{"type": ' * 65 + '"int"' + "}" * 65) is ParkReason.SCHEMA_UNSAFE


def test_depth_by_name_is_bounded() -> None:
    """A chain of names is as deep as what it stands for, though its JSON is flat."""
    chain = [record("R0", "string"), *(record(f"R{n}", f"R{n - 1}") for n in range(1, 64))]

    # Each link holds all before it, so the whole stays below the bound on values only up to some length.
    assert schema_safety.load(json.dumps(record("Top", *chain[:60])))
    assert refusal(record("Top", *chain)) is ParkReason.SCHEMA_UNSAFE


def test_names_that_double_are_no_time_bomb() -> None:
    """Forty records, each with two of the one before, describe 2^40 values and are refused at once."""
    doubling = [record("R0", "string"), *(record(f"R{n}", f"R{n - 1}", f"R{n - 1}") for n in range(1, 40))]
    began = time.monotonic()

    assert refusal(record("Top", *doubling)) is ParkReason.SCHEMA_UNSAFE
    assert time.monotonic() - began < 5


def test_size_is_bounded() -> None:
    """A text over 1 MiB and a record of over 2,000 values are refused."""
    assert refusal(" " * (schema_safety.MAX_TEXT + 1)) is ParkReason.SCHEMA_UNSAFE
    assert refusal(record("R", *["int"] * schema_safety.MAX_VALUES)) is ParkReason.SCHEMA_UNSAFE
    assert schema_safety.load(
        json.dumps({"type": "record", "name": "R", "fields": [{"name": f"f{n}", "type": "int"} for n in range(9)]})
    )


@pytest.mark.parametrize(
    "schema",
    [
        "",
        "{",
        "42",
        "null",
        '"nothing"',
        '{"type": "object"}',
        '{"fields": []}',
        '{"type": "array"}',
        '{"type": "map", "items": "int"}',
        '{"type": "record", "name": "R", "fields": {"a": 1}}',
        '{"type": "record", "name": "R", "fields": [{"name": "a"}]}',
        '{"type": "record", "fields": []}',
        '{"type": "enum", "name": "E", "symbols": ["a", "a"]}',
        '{"type": "fixed", "name": "F", "size": -1}',
        '{"type": "fixed", "name": "F", "size": "1"}',
        '{"type": "fixed", "name": "F", "size": true}',
        '{"type": {"type": "error", "name": "E", "fields": []}}',
        json.dumps({"type": "record", "name": "R", "fields": [{"name": "a", "type": "int"}] * 2}),
        json.dumps(record("R", record("X", "int"), record("X", "int"))),
        *(json.dumps({"type": "record", "name": "R", "fields": [{"name": name, "type": "int"}]}) for name in ODD_NAMES),
        *(json.dumps({"type": "enum", "name": name, "symbols": ["A"]}) for name in ODD_NAMES),
        json.dumps({"type": "fixed", "name": "good", "namespace": 'a"b', "size": 1}),
    ],
)
def test_what_is_not_avro_is_refused(schema: str) -> None:
    """Text that is no Avro schema by itself has its own reason."""
    assert refusal(schema) is ParkReason.SCHEMA_NOT_AVRO


def test_only_what_decoding_needs_is_kept() -> None:
    """Logical types, defaults and fastavro's own marks in a foreign schema have no effect."""
    schema = {
        "type": "record",
        "name": "n.R",
        "__fastavro_parsed": True,
        "__named_schemas": {"n.R": "evil"},
        "fields": [
            {"name": "t", "type": {"type": "long", "logicalType": "timestamp-millis"}, "default": 0},
            {"name": "d", "type": {"type": "bytes", "logicalType": "decimal", "precision": 2**70}},
        ],
    }

    loaded = schema_safety.load(json.dumps(schema))

    assert isinstance(loaded, dict)
    assert loaded["fields"] == [{"name": "t", "type": "long"}, {"name": "d", "type": "bytes"}]
    assert loaded["__named_schemas"]["n.R"]["fields"] == loaded["fields"]


def test_details_can_be_stored() -> None:
    """What a refusal quotes of the schema is plain ASCII without NUL."""
    with pytest.raises(Poison) as caught:
        schema_safety.load('{"type": "record", "name": "R", "fields": [{"name": "a", "type": "\\u0000\\ud800é"}]}')

    assert caught.value.detail.isascii()
    assert "\0" not in caught.value.detail


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from(["int", "null", "record", "R", "fixed", "enum", "array"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["type", "name", "fields", "items", "values", "symbols", "size"]), inner, max_size=5
        )
    ),
    max_leaves=25,
)


@given(JSON)
def test_any_json_is_loaded_or_refused(schema: Any) -> None:
    """No text makes loading fail in another way than with one of two reasons."""
    try:
        schema_safety.load(json.dumps(schema))
    except Poison as poison:
        assert poison.reason in {ParkReason.SCHEMA_UNSAFE, ParkReason.SCHEMA_NOT_AVRO}
