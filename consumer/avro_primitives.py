"""The binary encoding of Avro's primitive types (1.12, "Binary Encoding"), read strictly.

Law of this file: no position is ever negative, so that reading past the end is an IndexError (or struct.error) and
never the other end of the bytes.
"""

from collections.abc import Callable
from struct import Struct
from typing import Any, NamedTuple, TypeAlias

INT_BYTES, LONG_BYTES = 5, 10  # of the longest varint

# (bytes, position, [values left]) -> (value, position after it)
Read: TypeAlias = Callable[[bytes, int, list[int]], tuple[Any, int]]


class InvalidEncodingError(Exception):
    """The bytes break a rule of the encoding; the text says which."""


class Reader(NamedTuple):
    """How to read one type, and how many values one of it is, each array and map counted as one.

    For `avro_compiled`: `fields` of a record, and `short` of an enum or a union, which has for each one-byte index the
    symbol, the branch, or None for the null branch.
    """

    read: Read
    values: int
    fields: "list[tuple[str, Reader]] | None" = None
    short: "dict[int, str | Reader | None] | None" = None


def varint(data: bytes, at: int, limit: int = LONG_BYTES) -> tuple[int, int]:
    """A zigzag varint of at most `limit` bytes, which fits an int (5) or a long (10)."""
    byte = data[at]
    if byte < 0x80:
        return (byte >> 1) ^ -(byte & 1), at + 1
    raw, shift, start = 0, 0, at
    while byte >= 0x80:
        raw |= (byte & 0x7F) << shift
        shift += 7
        at += 1
        if at - start == limit:
            raise InvalidEncodingError(f"a number of more than {limit} bytes")
        byte = data[at]
    raw |= byte << shift
    if raw >> (32 if limit == INT_BYTES else 64):
        raise InvalidEncodingError(f"a number does not fit {'int' if limit == INT_BYTES else 'long'}")
    return (raw >> 1) ^ -(raw & 1), at + 1


def string(data: bytes, at: int, left: list[int]) -> tuple[str, int]:
    """A string; UnicodeDecodeError where it is not UTF-8."""
    value, at = bytes_(data, at, left)
    return value.decode(), at


def bytes_(data: bytes, at: int, left: list[int]) -> tuple[bytes, int]:
    """Bytes behind their length."""
    size, at = varint(data, at)
    end = at + size
    if size < 0:
        raise InvalidEncodingError(f"a length of {size}")
    if end > len(data):
        raise IndexError
    return data[at:end], end


def _null(data: bytes, at: int, left: list[int]) -> tuple[None, int]:
    return None, at


def _boolean(data: bytes, at: int, left: list[int]) -> tuple[bool, int]:
    byte = data[at]
    if byte > 1:
        raise InvalidEncodingError(f"a boolean of {byte}")
    return byte == 1, at + 1


def _int(data: bytes, at: int, left: list[int]) -> tuple[int, int]:
    return varint(data, at, INT_BYTES)


def _long(data: bytes, at: int, left: list[int]) -> tuple[int, int]:
    return varint(data, at)


def _floating(form: Struct) -> Read:
    def read_floating(data: bytes, at: int, left: list[int]) -> tuple[float, int]:
        return form.unpack_from(data, at)[0], at + form.size

    return read_floating


PRIMITIVES = {
    "null": Reader(_null, 1),
    "boolean": Reader(_boolean, 1),
    "int": Reader(_int, 1),
    "long": Reader(_long, 1),
    "float": Reader(_floating(Struct("<f")), 1),
    "double": Reader(_floating(Struct("<d")), 1),
    "bytes": Reader(bytes_, 1),
    "string": Reader(string, 1),
}
