"""Strict decoding: every legal encoding is read, every breach of a rule is refused."""

import json
import struct
from io import BytesIO
from typing import Any

import pytest
from fastavro import parse_schema, schemaless_reader, schemaless_writer
from hypothesis import given
from hypothesis import strategies as st

from catalog.reasons import ParkReason
from consumer.event.avro import binary, schema_safety
from consumer.event.model import Poison
from tests.unit.consumer.avro import array, decode, enum, long, record, text_of

INT, LONG = st.integers(-(2**31), 2**31 - 1), st.integers(-(2**63), 2**63 - 1)
SYMBOLS = ["a", "b", "c"]


def refusal(schema: Any, data: bytes) -> ParkReason:
    with pytest.raises(Poison) as caught:
        decode(schema, data)
    return caught.value.reason


# --- encodings of every kind, also those that a common writer does not choose


PRIMITIVES: dict[str, st.SearchStrategy[tuple[Any, bytes]]] = {
    "null": st.just((None, b"")),
    "boolean": st.booleans().map(lambda value: (value, bytes([value]))),
    "int": INT.map(lambda value: (value, long(value))),
    "long": LONG.map(lambda value: (value, long(value))),
    "float": st.floats(width=32, allow_nan=False).map(lambda value: (value, struct.pack("<f", value))),
    "double": st.floats(allow_nan=False).map(lambda value: (value, struct.pack("<d", value))),
    "bytes": st.binary(max_size=90).map(lambda value: (value, text_of(value))),
    "string": st.text(max_size=90).map(lambda value: (value, text_of(value.encode()))),
}
SIMPLE = st.sampled_from(sorted(PRIMITIVES)) | st.sampled_from(["enum", "fixed"])
KINDS = st.recursive(
    SIMPLE,
    lambda inner: (
        st.tuples(st.sampled_from(["array", "map"]), inner.filter(lambda kind: kind != "null"))
        | st.tuples(st.just("union"), st.lists(inner, min_size=1, max_size=4))
        | st.tuples(st.just("record"), st.lists(inner, min_size=1, max_size=5))
    ),
    max_leaves=12,
)


def schema_of(kind: Any, names: list[int]) -> Any:
    names[0] += 1
    name = f"N{names[0]}"
    match kind:
        case "enum":
            return {"type": "enum", "name": name, "symbols": SYMBOLS}
        case "fixed":
            return {"type": "fixed", "name": name, "size": 3}
        case str():
            return kind
        case "array", inner:
            return array(schema_of(inner, names))
        case "map", inner:
            return {"type": "map", "values": schema_of(inner, names)}
        case "union", inners:
            return [schema_of(inner, names) for inner in inners]
        case _, inners:
            return record(name, **{f"f{at}": schema_of(inner, names) for at, inner in enumerate(inners)})


@st.composite
def blocks(draw: st.DrawFn, items: list[bytes]) -> bytes:
    """The items in blocks of drawn lengths, with and without their size in bytes."""
    out = b""
    while items:
        count = draw(st.integers(1, len(items)))
        body, items = b"".join(items[:count]), items[count:]
        out += (long(-count) + long(len(body)) if draw(st.booleans()) else long(count)) + body
    return out + b"\0"


@st.composite
def encoded(draw: st.DrawFn, kind: Any) -> tuple[Any, bytes]:
    """A value of this kind, and bytes that say it."""
    match kind:
        case "enum":
            index = draw(st.integers(0, 2))
            return SYMBOLS[index], long(index)
        case "fixed":
            return (value := draw(st.binary(min_size=3, max_size=3))), value
        case str():
            return draw(PRIMITIVES[kind])
        case "array", inner:
            items = draw(st.lists(encoded(inner), max_size=4))
            return [value for value, _ in items], draw(blocks([data for _, data in items]))
        case "map", inner:
            entries = draw(st.dictionaries(st.text(max_size=5), encoded(inner), max_size=4))
            parts = [text_of(key.encode()) + data for key, (_, data) in entries.items()]
            return {key: value for key, (value, _) in entries.items()}, draw(blocks(parts))
        case "union", inners:
            index = draw(st.integers(0, len(inners) - 1))
            value, data = draw(encoded(inners[index]))
            return value, long(index) + data
        case _:
            fields = [draw(encoded(inner)) for inner in kind[1]]
            return {f"f{at}": value for at, (value, _) in enumerate(fields)}, b"".join(data for _, data in fields)


@st.composite
def messages(draw: st.DrawFn) -> tuple[Any, Any, bytes]:
    kind = draw(KINDS)
    return (schema_of(kind, [0]), *draw(encoded(kind)))


def usable(schema: Any) -> bool:
    try:
        schema_safety.load(json.dumps(schema))
    except Poison:
        return False
    return True


MESSAGES = messages().filter(lambda message: usable(message[0]))


def by_fastavro(schema: Any, data: bytes) -> Any:
    return schemaless_reader(BytesIO(data), parse_schema(schema, {}), None)


@given(MESSAGES)
def test_every_valid_encoding_is_read(message: tuple[Any, Any, bytes]) -> None:
    """Any value in any legal encoding (blocks, negative counts) is decoded to that value, as fastavro does."""
    schema, value, data = message

    decoded = decode(schema, data)

    assert decoded == value
    assert repr(decoded) == repr(by_fastavro(schema, data))


@given(MESSAGES, st.data())
def test_every_cut_is_noticed(message: tuple[Any, Any, bytes], draws: st.DataObject) -> None:
    """A value that is cut anywhere is invalid, and a value with anything behind it has trailing bytes."""
    schema, _, data = message

    assert refusal(schema, data + draws.draw(st.binary(min_size=1, max_size=3))) is ParkReason.TRAILING_BYTES
    if data:
        assert refusal(schema, data[: draws.draw(st.integers(0, len(data) - 1))]) is ParkReason.AVRO_INVALID


@given(MESSAGES, st.data())
def test_any_bytes_are_read_or_refused(message: tuple[Any, Any, bytes], draws: st.DataObject) -> None:
    """Mutated bytes are refused for one of two reasons, or decoded to what fastavro decodes them to, wholly."""
    schema, _, data = message
    mutated = bytearray(data)
    for _ in range(draws.draw(st.integers(1, 3))):
        at = draws.draw(st.integers(0, len(mutated)))
        mutated[at : at + draws.draw(st.integers(0, 2))] = draws.draw(st.binary(max_size=2) | st.just(b"\xff" * 9))
    try:
        decoded = decode(schema, bytes(mutated))
    except Poison as poison:
        assert poison.reason in {ParkReason.AVRO_INVALID, ParkReason.TRAILING_BYTES}
    else:
        assert repr(decoded) == repr(by_fastavro(schema, bytes(mutated)))


@given(MESSAGES)
def test_what_fastavro_writes_is_read(message: tuple[Any, Any, bytes]) -> None:
    """The encoding that fastavro chooses gives the same value as the one that was drawn."""
    schema, value, _ = message
    out = BytesIO()
    schemaless_writer(out, parse_schema(schema, {}), value)

    assert decode(schema, out.getvalue()) == by_fastavro(schema, out.getvalue())


@pytest.mark.parametrize(
    ("schema", "data"),
    [
        (["null", "string"], long(-1)),
        (["string", "null"], long(-1)),
        (["null", "string"], long(2)),
        (["null", "string"], b"\x80"),
        ([], b"\0"),
        (enum("a", "b"), long(-1)),
        (enum("a", "b"), long(2)),
        (enum("a", "b"), long(2**31)),
        (enum(*(f"s{n}" for n in range(200))), long(200)),
        ("boolean", b"\x02"),
        ("boolean", b"\xff"),
        ("int", long(2**31)),
        ("int", long(-(2**31) - 1)),
        ("int", b"\x80\x80\x80\x80\x80\x00"),
        ("long", b"\xff" * 9 + b"\x02"),
        ("long", b"\x80" * 10 + b"\x00"),
        ("long", b"\xff" * 20),
        ("string", long(-1)),
        ("string", long(2**40)),
        ("string", long(2**63 - 1) + b"ab"),
        ("string", long(2) + b"\xff\xfe"),
        ("string", long(3) + b"\xed\xa0\x80"),
        ("string", long(2) + b"\xc0\x80"),
        ("bytes", long(-(2**63)) + b"ab"),
        ({"type": "fixed", "name": "F", "size": 4}, b"abc"),
        ("float", b"abc"),
        ("double", b"abcdefg"),
        (array("int"), long(2**62)),
        (array("int"), long(-(2**63)) + b"\0"),
        (array("int"), long(-1) + long(2) + b"\x02\x00"),
        (array("int"), long(-1) + long(-1) + b"\x02\x00"),
        (array("int"), long(1) + b"\x02"),
        ({"type": "map", "values": "int"}, long(2) + text_of(b"a") + b"\2" + text_of(b"a") + b"\4\0"),
        ({"type": "map", "values": "int"}, (long(1) + text_of(b"a") + b"\2") * 2 + b"\0"),
        ({"type": "map", "values": "int"}, long(1) + text_of(b"\xff") + b"\2\0"),
        (record("R", a="string", b="string"), text_of(b"a")),
        (record("R", a="string"), long(-1)),
        (record("R", a="string"), long(5) + b"ab"),
        (record("R", a="string"), long(2) + b"\xff\xfe"),
    ],
)
def test_each_rule_of_the_encoding_is_enforced(schema: Any, data: bytes) -> None:
    """Indexes, ranges, lengths, block sizes, booleans, UTF-8 and repeated keys: each breach alone is invalid."""
    assert refusal(schema, data) is ParkReason.AVRO_INVALID


@pytest.mark.parametrize(
    ("schema", "data", "value"),
    [
        ("long", b"\x80\x00", 0),
        ("int", b"\x82\x80\x80\x80\x00", 1),
        ("long", b"\xff" * 9 + b"\x01", -(2**63)),
        ("int", long(2**31 - 1), 2**31 - 1),
        (["null", "string"], b"\x82\x00" + text_of(b"x"), "x"),
        (record("R", a="string"), text_of(b"x" * 63), {"a": "x" * 63}),
        (record("R", a="string"), text_of(b"x" * 64), {"a": "x" * 64}),
        (enum(*(f"s{n}" for n in range(200))), long(199), "s199"),
        (enum(*(f"s{n}" for n in range(200))), long(64), "s64"),
        (["null"] * 64 + ["string"], long(64) + text_of(b"x"), "x"),
    ],
)
def test_a_longer_varint_than_needed_is_legal(schema: Any, data: bytes, value: Any) -> None:
    """The specification does not ask for the shortest form, and the borders of the ranges are inside."""
    assert decode(schema, data) == value


def test_nan_is_read() -> None:
    """A NaN of any payload is a NaN."""
    assert repr(decode("double", struct.pack("<Q", 0x7FF0000000000001))) == "nan"
    assert repr(decode("float", struct.pack("<I", 0x7F800001))) == "nan"


def test_small_message_of_many_values_is_refused() -> None:
    """What a message may become is bounded before it is made, however few bytes each value takes."""
    wide = record("W", flag="boolean", **{f"n{at}": "null" for at in range(999)})
    count = binary.MAX_VALUES // 1000

    assert refusal(array(wide), long(count) + bytes(count) + b"\0") is ParkReason.TOO_LARGE
    assert len(decode(array("boolean"), long(count) + bytes(count) + b"\0")) == count
    blocks_of_one = (long(1) + b"\0") * (binary.MAX_VALUES + 1) + b"\0"
    assert refusal(array("boolean"), blocks_of_one) is ParkReason.TOO_LARGE


def test_the_deepest_safe_value_is_read() -> None:
    """What schema_safety lets through can be decoded without running out of stack."""
    schema: Any = "string"
    for _ in range(schema_safety.MAX_DEPTH - 1):
        schema = array(schema)

    assert decode(schema, b"\2" * (schema_safety.MAX_DEPTH - 1) + b"\2x" + b"\0" * (schema_safety.MAX_DEPTH - 1))
