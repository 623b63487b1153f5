"""The binary encoding of Avro's complex types, read strictly: one function for each type of a schema, made once.

Law of this file: as in `avro_primitives`; and what a message may become is counted before it is made.
"""

from typing import Any

from fastavro.types import Schema

from consumer.avro_compiled import compiled
from consumer.avro_primitives import INT_BYTES, PRIMITIVES, InvalidEncodingError, Read, Reader, string, varint

MAX_VALUES = 500_000  # that one message may become: more than 8 MiB of e-mail addresses, some 100 MB of Python


def reader(schema: Schema, named: dict[str, Reader]) -> Reader:
    """`named` collects the named types, each of which is defined before it is referred to."""
    if isinstance(schema, list):
        return _union([reader(branch, named) for branch in schema])
    if isinstance(schema, str):
        return PRIMITIVES.get(schema) or named[schema]
    made: Reader
    match schema["type"]:
        case "array":
            return Reader(_array(reader(schema["items"], named)), 1)
        case "map":
            return Reader(_map(reader(schema["values"], named)), 1)
        case "record":
            made = _record([(field["name"], reader(field["type"], named)) for field in schema["fields"]])
        case "enum":
            made = _enum(schema["symbols"])
        case "fixed":
            made = Reader(_fixed(schema["size"]), 1)
    named[schema["name"]] = made
    return made


def _record(fields: list[tuple[str, Reader]]) -> Reader:
    return Reader(compiled(fields), 1 + sum(field.values for _, field in fields), fields=fields)


def _union(branches: list[Reader]) -> Reader:
    reads = [branch.read for branch in branches]
    short = {2 * index: None if branch is PRIMITIVES["null"] else branch for index, branch in enumerate(branches[:64])}

    def read_union(data: bytes, at: int, left: list[int]) -> tuple[Any, int]:
        index, at = varint(data, at, INT_BYTES)
        if 0 <= index < len(reads):
            return reads[index](data, at, left)
        raise InvalidEncodingError(f"union branch {index} of {len(reads)}")

    return Reader(read_union, max((branch.values for branch in branches), default=1), short=dict(short))


def _enum(symbols: list[str]) -> Reader:
    short = {2 * index: symbol for index, symbol in enumerate(symbols[:64])}  # by the one byte of a small index

    def read_enum(data: bytes, at: int, left: list[int]) -> tuple[str, int]:
        if (byte := data[at]) in short:
            return short[byte], at + 1
        index, at = varint(data, at, INT_BYTES)
        if 0 <= index < len(symbols):
            return symbols[index], at
        raise InvalidEncodingError(f"enum symbol {index} of {len(symbols)}")

    return Reader(read_enum, 1, short=dict(short))


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
                key, at = string(data, at, left)
                if key in value:
                    raise InvalidEncodingError("a map has one key twice")
                value[key], at = read(data, at, left)
            _check_block_end(at, end)

    return read_map


def _block(data: bytes, at: int, each: int, left: list[int]) -> tuple[int, int, int | None]:
    """Count of a block's items, position of the first, and where the block says it ends (None: it does not say)."""
    count, at = varint(data, at)
    end = None
    if count < 0:  # then the size in bytes follows
        size, at = varint(data, at)
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
