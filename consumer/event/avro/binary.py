"""The binary encoding of Avro's complex types, read strictly: one reader for each type of a schema, made once.

Invariant: as in `primitives`; and the values of a message are counted before they are made.
"""

from sys import intern
from typing import Any

from fastavro.types import Schema

from consumer.event.avro.primitives import (
    INT_BYTES,
    PRIMITIVES,
    InvalidEncodingError,
    Reader,
    Source,
    TooManyValuesError,
)

MAX_VALUES = 500_000  # that all lists and maps of one message may hold: some 100 MB of Python


def reader(schema: Schema, named: dict[str, Reader]) -> Reader:
    """`named` collects the named types, each of which is defined before it is referred to.

    Names are interned, as string literals are: looking a field up then compares pointers.
    """
    if isinstance(schema, list):
        return UnionReader([reader(branch, named) for branch in schema])
    if isinstance(schema, str):
        return PRIMITIVES.get(schema) or named[schema]
    complex_reader: Reader
    match schema["type"]:
        case "array":
            return ArrayReader(reader(schema["items"], named))
        case "map":
            return MapReader(reader(schema["values"], named))
        case "record":
            complex_reader = RecordReader(
                [(intern(field["name"]), reader(field["type"], named)) for field in schema["fields"]]
            )
        case "enum":
            complex_reader = EnumReader([intern(symbol) for symbol in schema["symbols"]])
        case "fixed":
            complex_reader = FixedReader(schema["size"])
    named[schema["name"]] = complex_reader
    return complex_reader


class RecordReader(Reader):
    """Its fields, one after the other."""

    def __init__(self, fields: list[tuple[str, Reader]]) -> None:
        self._fields = fields
        self.values = 1 + sum(field.values for _, field in fields)

    def read(self, source: Source) -> Any:
        value: dict[str, Any] = {}
        for name, field in self._fields:
            value[name] = field.read(source)
        return value


class UnionReader(Reader):
    """The index of a branch, and a value of it."""

    def __init__(self, branches: list[Reader]) -> None:
        self._branches = branches
        self.values = max((branch.values for branch in branches), default=1)

    def read(self, source: Source) -> Any:
        index, branches = source.varint(INT_BYTES), self._branches
        if 0 <= index < len(branches):
            return branches[index].read(source)
        raise InvalidEncodingError(f"union branch {index} of {len(branches)}")


class EnumReader(Reader):
    """The index of a symbol."""

    def __init__(self, symbols: list[str]) -> None:
        self._symbols = symbols

    def read(self, source: Source) -> Any:
        index, symbols = source.varint(INT_BYTES), self._symbols
        if 0 <= index < len(symbols):
            return symbols[index]
        raise InvalidEncodingError(f"enum symbol {index} of {len(symbols)}")


class FixedReader(Reader):
    """So many bytes."""

    def __init__(self, size: int) -> None:
        self._size = size

    def read(self, source: Source) -> Any:
        return source.take(self._size)


class ArrayReader(Reader):
    """Blocks of items, up to an empty one."""

    def __init__(self, items: Reader) -> None:
        self._items = items

    def read(self, source: Source) -> Any:
        value: list[Any] = []
        items = self._items
        while True:
            count, end = _block(source, items.values)
            if not count:
                return value
            value += [items.read(source) for _ in range(count)]
            _check_block_end(source, end)


class MapReader(Reader):
    """Blocks of keys and values, up to an empty one."""

    def __init__(self, members: Reader) -> None:
        self._members = members

    def read(self, source: Source) -> Any:
        value: dict[str, Any] = {}
        members, keys = self._members, PRIMITIVES["string"]
        while True:
            count, end = _block(source, members.values)
            if not count:
                return value
            for _ in range(count):
                key = keys.read(source)
                if key in value:
                    raise InvalidEncodingError("a map has one key twice")
                value[key] = members.read(source)
            _check_block_end(source, end)


def _block(source: Source, values_per_item: int) -> tuple[int, int | None]:
    """Count of a block's items, and where the block says it ends (None: it does not say); TooManyValuesError."""
    count = source.varint()
    end = None
    if count < 0:  # then the size in bytes follows
        size = source.varint()
        count, end = -count, source.at + size
    if count > len(source.data) - source.at:  # each item takes a byte at least: `schema_safety`
        raise IndexError
    source.left -= count * values_per_item
    if source.left < 0:
        raise TooManyValuesError
    return count, end


def _check_block_end(source: Source, end: int | None) -> None:
    if end is not None and source.at != end:
        raise InvalidEncodingError(f"a block's size in bytes is wrong by {source.at - end}")
