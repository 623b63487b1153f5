"""A field that the writer lacks has its default as it would have come if the writer had sent it (Avro 1.12, "Schema Resolution")."""

import json
import struct
from typing import Any

import pytest

from consumer.event.avro import defaults
from consumer.event.decode import Decoder
from schemas import encode_single_object, read_schema
from tests.unit.consumer.avro import array, decode, enum, long, record, resolve, text_of

FIXED = {"type": "fixed", "name": "F", "size": 2}
DECIMAL = {"type": "bytes", "logicalType": "decimal", "precision": 4, "scale": 2}
ACTOR = record("A", a="long", b="double")
ACTOR["fields"][1]["default"] = 2
OUTER = record("O", actor=ACTOR)
OUTER["fields"][0]["default"] = {"a": 7}
DOUBLES = {"type": "map", "values": ["null", "double"]}


def with_default(kind: Any, default: Any) -> dict[str, Any]:
    schema = record("R", a="int", b=kind)
    schema["fields"][1]["default"] = default
    return schema


def form(value: Any) -> str:
    """A text that differs for `1`, `1.0` and `true`, for a text and bytes, and for a zero with a sign."""
    return repr(value)


@pytest.mark.parametrize(
    ("kind", "default", "written"),
    [
        ("bytes", "a\x00\xff", text_of(b"a\x00\xff")),
        ("bytes", "", text_of(b"")),
        (FIXED, "\xff\x01", b"\xff\x01"),
        (DECIMAL, "\x01", text_of(b"\x01")),
        ("double", 1, struct.pack("<d", 1)),
        ("double", -0.0, struct.pack("<d", -0.0)),
        ("float", 0.1, struct.pack("<f", 0.1)),
        ("float", 3, struct.pack("<f", 3)),
        ("long", 2**63 - 1, long(2**63 - 1)),
        ("int", -1, long(-1)),
        ("boolean", False, b"\0"),
        ("string", "é", text_of("é".encode())),
        (enum("x", "y"), "y", long(1)),
        (["null", "string"], None, long(0)),
        (["null", "string"], "x", long(1) + text_of(b"x")),
        (["double", "long"], 1, long(0) + struct.pack("<d", 1)),
        (["int", "long"], 2**40, long(1) + long(2**40)),
        (["null", "boolean", "long", "double", "string"], 1.0, long(3) + struct.pack("<d", 1)),
        (["string", "bytes"], "x", long(0) + text_of(b"x")),
        ([FIXED, "bytes"], "x", long(1) + text_of(b"x")),
        (array("double"), [1, 2.5], long(2) + struct.pack("<dd", 1, 2.5) + b"\0"),
        (array("bytes"), [], b"\0"),
        (DOUBLES, {"k": 1, "n": None}, long(2) + text_of(b"k") + long(1) + struct.pack("<d", 1) + text_of(b"n") + long(0) + b"\0"),
        (ACTOR, {"a": 1}, long(1) + struct.pack("<d", 2)),
        (ACTOR, {"b": 3, "a": 1}, long(1) + struct.pack("<d", 3)),
        (OUTER, {}, long(7) + struct.pack("<d", 2)),
    ],
    ids=str,
)  # fmt: skip
def test_default_is_what_the_writer_would_have_sent(kind: Any, default: Any, written: bytes) -> None:
    """Each type: the value of a missing field is the value that is read from bytes of it, down to the type of each number."""
    reader = with_default(kind, default)

    assert form(resolve(record("R", a="int"), reader, long(5))) == form(decode(reader, long(5) + written))


def test_a_type_is_known_by_its_name() -> None:
    """A default of a type that another field defined, in another namespace."""
    reader = record("n.R", first={**ACTOR, "name": "m.A"}, a="int", b="m.A", c={"type": "array", "items": "m.A"})
    reader["fields"][2]["default"], reader["fields"][3]["default"] = {"a": 1}, [{"a": 2}]
    writer = record("n.R", first={**ACTOR, "name": "m.A"}, a="int")

    joined = resolve(writer, reader, long(9) + struct.pack("<d", 4) + long(5))

    assert form(joined) == form(
        {"first": {"a": 9, "b": 4.0}, "a": 5, "b": {"a": 1, "b": 2.0}, "c": [{"a": 2, "b": 2.0}]}
    )


@pytest.mark.parametrize(
    ("kind", "default"),
    [
        ("int", 2**31),
        ("long", True),
        ("double", "NaN"),
        ("float", 1e300),
        ("bytes", "\u0100"),
        (FIXED, "x"),
        (enum("x"), "y"),
        (array("int"), ["x"]),
        (DOUBLES, {"k": "x"}),
        (ACTOR, {}),
        (ACTOR, {"a": 1, "c": 1}),
        ([FIXED, "int"], "x"),
    ],
    ids=str,
)
def test_default_that_is_no_value_of_its_type_is_refused(kind: Any, default: Any) -> None:
    """A schema of ours whose default could not be sent is refused when it is loaded, not record by record."""
    with pytest.raises(defaults.InvalidDefaultError, match=r"^R\.b: "):
        defaults.load(json.dumps(with_default(kind, default)))


def test_one_event_by_two_schemas_is_one_value() -> None:
    """An old service's record and a new one's that says the default are the same data: one digest."""
    old, new = record("n.R", a="int"), {**with_default("double", 1), "name": "n.R"}
    v1, v2 = read_schema("thing.made.v1", json.dumps(old)), read_schema("thing.made.v2", json.dumps(new))
    decoder = Decoder([v1, v2])

    by_old = decoder.decode("thing.made", encode_single_object(v1, {"a": 5}))
    by_new = decoder.decode("thing.made", encode_single_object(v2, {"a": 5, "b": 1.0}))
    assert form(by_old) == form(by_new) == form({"a": 5, "b": 1.0})
