"""Schema resolution: a value of the writer's schema in the shape of the reader's, or a refusal."""

from typing import Any

import pytest

from catalog.reasons import ParkReason
from consumer.event.model import Poison
from tests.unit.consumer.avro import enum, record, resolve, text_of


def test_fields_are_joined_by_name() -> None:
    """A field more is dropped, a field less takes the reader's default, the order does not matter."""
    reader = record("R", b="string", a="long")
    reader["fields"].append({"name": "c", "type": ["null", "string"], "default": None})

    joined = resolve(record("R", a="int", extra="string", b="string"), reader, b"\2" + text_of(b"x") + text_of(b"y"))

    assert joined == {"a": 1, "b": "y", "c": None}


def test_an_unknown_symbol_takes_the_default_or_is_refused() -> None:
    """A symbol that the reader does not have becomes the reader's default symbol; without one it cannot be joined."""
    assert resolve(enum("a", "b"), enum("a", "z", default="z"), b"\2") == "z"
    assert resolve(enum("a", "b"), enum("a"), b"\0") == "a"
    with pytest.raises(Poison) as caught:
        resolve(enum("a", "b"), enum("a"), b"\2")
    assert caught.value.reason is ParkReason.SCHEMA_RESOLUTION


FIXED = {"type": "fixed", "name": "N", "size": 1}


@pytest.mark.parametrize(
    ("writer", "reader", "data"),
    [
        ("string", "long", text_of(b"a")),
        (record("R", a="int"), record("R", a="int", b="int"), b"\2"),
        (record("R", a="int"), record("Q", a="int"), b"\2"),
        (["int", "string"], "int", b"\2" + text_of(b"a")),
        (record("R", a=FIXED), record("R", a=record("N", b="int")), b"x"),
        (record("R", a=enum("a")), record("R", a={"type": "fixed", "name": "E", "size": 1}), b"\0"),
        ("bytes", "string", text_of(b"\xff")),
    ],
)
def test_what_cannot_be_joined_is_refused(writer: Any, reader: Any, data: bytes) -> None:
    """Types that do not match, also where fastavro would match them."""
    with pytest.raises(Poison) as caught:
        resolve(writer, reader, data)
    assert caught.value.reason is ParkReason.SCHEMA_RESOLUTION
    assert caught.value.detail.isascii()


def test_strictness_comes_before_joining() -> None:
    """Bytes that break the writer's rules are refused as such, whatever the reader would make of them."""
    with pytest.raises(Poison) as caught:
        resolve(record("R", a="int", b="boolean"), record("R", a="int"), b"\2\7")
    assert caught.value.reason is ParkReason.AVRO_INVALID


def test_a_refusal_quotes_no_value() -> None:
    """A value that cannot be joined may be a masked one: it is not in the reason."""
    reader = {"type": "record", "name": "R", "fields": [{"name": "b", "type": "bytes"}]}
    with pytest.raises(Poison) as caught:
        resolve(record("R", b=record("B", secret="string")), reader, text_of(b"hunter2"))
    assert "hunter2" not in str(caught.value)
