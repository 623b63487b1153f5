"""The binary encoding of Avro's primitive types (1.12, "Binary Encoding"), read strictly.

Invariant: no position is ever negative, so that reading past the end is an IndexError (or struct.error) and
never the other end of the bytes.
"""

from struct import Struct
from typing import Any

INT_BYTES, LONG_BYTES = 5, 10  # of the longest varint


class InvalidEncodingError(Exception):
    """The bytes break a rule of the encoding; the text says which."""


class TooManyValuesError(Exception):
    """The value may be valid, and would become more values than one message may."""


class Source:
    """The bytes of one message, the position of the next one to read, and how many values it may still become."""

    def __init__(self, data: bytes, at: int, left: int) -> None:
        self.data = data
        self.at = at
        self.left = left

    def varint(self, limit: int = LONG_BYTES) -> int:
        """Reads a zigzag varint of at most `limit` bytes, which fits an int (5) or a long (10)."""
        data, at = self.data, self.at
        byte = data[at]
        if byte < 0x80:
            self.at = at + 1
            return (byte >> 1) ^ -(byte & 1)
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
        self.at = at + 1
        return (raw >> 1) ^ -(raw & 1)

    def take(self, size: int) -> bytes:
        """Reads that many bytes."""
        if size < 0:
            raise InvalidEncodingError(f"a length of {size}")
        data, at = self.data, self.at
        end = at + size
        if end > len(data):
            raise IndexError
        self.at = end
        return data[at:end]


class Reader:
    """How to read one type. `values`: how many values one of it is, each array and map counted as one."""

    values: int = 1

    def read(self, source: Source) -> Any:
        """The next value; IndexError, struct.error, UnicodeDecodeError, InvalidEncodingError or TooManyValuesError where there is none."""
        raise NotImplementedError


class NullReader(Reader):
    """Takes no byte."""

    def read(self, source: Source) -> Any:  # noqa: ARG002 the others read from it
        return None


class BooleanReader(Reader):
    """One byte, 0 or 1."""

    def read(self, source: Source) -> Any:
        byte = source.data[source.at]
        if byte > 1:
            raise InvalidEncodingError(f"a boolean of {byte}")
        source.at += 1
        return byte == 1


class IntReader(Reader):
    """A varint of 32 bits."""

    def read(self, source: Source) -> Any:
        return source.varint(INT_BYTES)


class LongReader(Reader):
    """A varint of 64 bits."""

    def read(self, source: Source) -> Any:
        return source.varint()


class FloatingReader(Reader):
    """A float or a double, by its `form`."""

    def __init__(self, form: str) -> None:
        self._form = Struct(form)

    def read(self, source: Source) -> Any:
        value = self._form.unpack_from(source.data, source.at)[0]
        source.at += self._form.size
        return value


class BytesReader(Reader):
    """Bytes after their length."""

    def read(self, source: Source) -> Any:
        return source.take(source.varint())


class StringReader(Reader):
    """UTF-8 after its length in bytes."""

    def read(self, source: Source) -> Any:
        return source.take(source.varint()).decode()


PRIMITIVES: dict[str, Reader] = {
    "null": NullReader(),
    "boolean": BooleanReader(),
    "int": IntReader(),
    "long": LongReader(),
    "float": FloatingReader("<f"),
    "double": FloatingReader("<d"),
    "bytes": BytesReader(),
    "string": StringReader(),
}
