"""The binary encoding of Avro (1.12, "Binary Encoding"), read strictly: one function per type, made once a schema.

Law of this file: no position is ever negative, so that reading past the end is an IndexError (or struct.error) and
never the other end of the bytes.
"""

from collections.abc import Callable
from struct import Struct
from typing import Any, NamedTuple, TypeAlias

from fastavro.types import Schema

MAX_VALUES = 500_000  # that one message may become: more than 8 MiB of e-mail addresses, some 100 MB of Python
_INT_BYTES, _LONG_BYTES = 5, 10

# (bytes, position, [values left]) -> (value, position after it)
Read: TypeAlias = Callable[[bytes, int, list[int]], tuple[Any, int]]


class InvalidEncodingError(Exception):
    """The bytes break a rule of the encoding; the text says which."""


class Reader(NamedTuple):
    """How to read one type, and how many values one of it is, each array and map counted as one."""

    read: Read
    values: int


def reader(schema: Schema, named: dict[str, Reader]) -> Reader:
    """`named` collects the named types, each of which is defined before it is referred to."""
    if isinstance(schema, list):
        return _union([reader(branch, named) for branch in schema])
    if isinstance(schema, str):
        return _PRIMITIVES.get(schema) or named[schema]
    made: Reader
    match schema["type"]:
        case "array":
            return Reader(_array(reader(schema["items"], named)), 1)
        case "map":
            return Reader(_map(reader(schema["values"], named)), 1)
        case "record":
            made = _record([(field["name"], reader(field["type"], named)) for field in schema["fields"]])
        case "enum":
            made = Reader(_enum(schema["symbols"]), 1)
        case "fixed":
            made = Reader(_fixed(schema["size"]), 1)
    named[schema["name"]] = made
    return made


def _record(fields: list[tuple[str, Reader]]) -> Reader:
    reads = [(name, field.read) for name, field in fields]

    def read_record(data: bytes, at: int, left: list[int]) -> tuple[dict[str, Any], int]:
        value = {}
        for name, read in reads:
            if read is _string and not (size := data[at]) & 0x81:
                # A short string, as _string reads it, without the call: most of an event is short strings.
                start, at = at + 1, at + 1 + (size >> 1)
                if at > len(data):
                    raise IndexError
                value[name] = data[start:at].decode("utf-8")
            else:
                value[name], at = read(data, at, left)
        return value, at

    return Reader(read_record, 1 + sum(field.values for _, field in fields))


def _union(branches: list[Reader]) -> Reader:
    reads = [branch.read for branch in branches]
    short = {2 * index: read for index, read in enumerate(reads[:64])}  # by the one byte of a small index

    def read_union(data: bytes, at: int, left: list[int]) -> tuple[Any, int]:
        if (byte := data[at]) in short:
            return short[byte](data, at + 1, left)
        index, at = _varint(data, at, _INT_BYTES)
        if 0 <= index < len(reads):
            return reads[index](data, at, left)
        raise InvalidEncodingError(f"union branch {index} of {len(reads)}")

    return Reader(read_union, max((branch.values for branch in branches), default=1))


def _enum(symbols: list[str]) -> Read:
    short = {2 * index: symbol for index, symbol in enumerate(symbols[:64])}  # by the one byte of a small index

    def read_enum(data: bytes, at: int, left: list[int]) -> tuple[str, int]:
        if (byte := data[at]) in short:
            return short[byte], at + 1
        index, at = _varint(data, at, _INT_BYTES)
        if 0 <= index < len(symbols):
            return symbols[index], at
        raise InvalidEncodingError(f"enum symbol {index} of {len(symbols)}")

    return read_enum


def _fixed(size: int) -> Read:
    def read_fixed(data: bytes, at: int, left: list[int]) -> tuple[bytes, int]:
        end = at + size
        if end > len(data):
            raise IndexError
        return data[at:end], end

    return read_fixed


def _array(items: Reader) -> Read:
    read = items.read

    def read_array(data: bytes, at: int, left: list[int]) -> tuple[list[Any], int]:
        value: list[Any] = []
        while True:
            count, at, end = _block(data, at, items.values, left)
            if not count:
                return value, at
            for _ in range(count):
                item, at = read(data, at, left)
                value.append(item)
            _check_block_end(at, end)

    return read_array


def _map(values: Reader) -> Read:
    read = values.read

    def read_map(data: bytes, at: int, left: list[int]) -> tuple[dict[str, Any], int]:
        value: dict[str, Any] = {}
        while True:
            count, at, end = _block(data, at, values.values, left)
            if not count:
                return value, at
            for _ in range(count):
                key, at = _string(data, at, left)
                if key in value:
                    raise InvalidEncodingError("a map has one key twice")
                value[key], at = read(data, at, left)
            _check_block_end(at, end)

    return read_map


def _block(data: bytes, at: int, each: int, left: list[int]) -> tuple[int, int, int | None]:
    """Count of a block's items, position of the first, and where the block says it ends (None: it does not say)."""
    count, at = _varint(data, at)
    end = None
    if count < 0:  # then the size in bytes follows
        size, at = _varint(data, at)
        count, end = -count, at + size
    if count > len(data) - at:  # each item takes a byte at least: `schema_safety`
        raise IndexError
    left[0] -= count * each
    if left[0] < 0:
        raise InvalidEncodingError(f"more than {MAX_VALUES} values in one message")
    return count, at, end


def _check_block_end(at: int, end: int | None) -> None:
    if end is not None and at != end:
        raise InvalidEncodingError(f"a block's size in bytes is wrong by {at - end}")


def _varint(data: bytes, at: int, limit: int = _LONG_BYTES) -> tuple[int, int]:
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
    if raw >> (32 if limit == _INT_BYTES else 64):
        raise InvalidEncodingError(f"a number does not fit {'int' if limit == _INT_BYTES else 'long'}")
    return (raw >> 1) ^ -(raw & 1), at + 1


def _string(data: bytes, at: int, left: list[int]) -> tuple[str, int]:
    value, at = _bytes(data, at, left)
    return value.decode(), at


def _bytes(data: bytes, at: int, left: list[int]) -> tuple[bytes, int]:
    size, at = _varint(data, at)
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
    return _varint(data, at, _INT_BYTES)


def _long(data: bytes, at: int, left: list[int]) -> tuple[int, int]:
    return _varint(data, at)


def _floating(form: Struct) -> Read:
    def read_floating(data: bytes, at: int, left: list[int]) -> tuple[float, int]:
        return form.unpack_from(data, at)[0], at + form.size

    return read_floating


_PRIMITIVES = {
    "null": Reader(_null, 1),
    "boolean": Reader(_boolean, 1),
    "int": Reader(_int, 1),
    "long": Reader(_long, 1),
    "float": Reader(_floating(Struct("<f")), 1),
    "double": Reader(_floating(Struct("<d")), 1),
    "bytes": Reader(_bytes, 1),
    "string": Reader(_string, 1),
}
