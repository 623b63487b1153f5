"""Strict decoding of one Avro value: every byte is accounted for, and every rule of the encoding is enforced.

fastavro takes union and enum indexes of -1, ints over 32 bits, 11-byte varints, any byte as a boolean, wrong block
sizes, repeated map keys and trailing bytes. So the bytes are read here, by readers that are made once per schema,
and fastavro only resolves the writer's schema to the reader's where they differ.
"""

import struct
from collections.abc import Callable
from io import BytesIO
from typing import Any, TypeAlias

from fastavro import schemaless_reader
from fastavro.schema import to_parsing_canonical_form
from fastavro.types import Schema
from fastavro.validation import validate

from catalog.reasons import ParkReason
from consumer.event.avro import binary
from consumer.event.avro.primitives import InvalidEncodingError, Source, TooManyValuesError
from consumer.event.model import Poison

Decode: TypeAlias = Callable[[bytes, int], Any]


def decoder(writer: Schema, reader: Schema) -> Decode:
    """A function that decodes the Avro value from a position to the end of the bytes, in the reader schema's shape.

    Both schemas as `schema_safety.load` and `defaults.load` give them; the writer's has passed the check.
    Poison of the function: AVRO_INVALID, TOO_LARGE, TRAILING_BYTES, SCHEMA_RESOLUTION (Avro 1.12, "Binary Encoding" and
    "Schema Resolution"). A varint may be longer than it need be, up to 5 bytes for an int and 10 for a long: the
    specification does not forbid it and Java reads it.
    """
    decode = _strict(writer)
    if same_form(writer, reader):
        return decode

    def decode_and_resolve(data: bytes, at: int) -> Any:
        decode(data, at)
        return _resolve(data[at:], writer, reader)

    return decode_and_resolve


def same_form(writer: Schema, reader: Schema) -> bool:
    """Whether the two are one schema in all that decoding depends on (Avro 1.12, "Parsing Canonical Form for Schemas")."""
    return bool(to_parsing_canonical_form(writer) == to_parsing_canonical_form(reader))


def _strict(schema: Schema) -> Decode:
    reader = binary.reader(schema, {})

    def decode(data: bytes, at: int) -> Any:
        source = Source(data, at, binary.MAX_VALUES)
        try:
            value = reader.read(source)
        except (IndexError, struct.error):
            raise Poison(ParkReason.AVRO_INVALID, f"the value is cut off after {len(data) - at} bytes") from None
        except UnicodeDecodeError as fault:
            raise Poison(ParkReason.AVRO_INVALID, f"a string is not UTF-8: {fault.reason}") from None
        except InvalidEncodingError as fault:
            raise Poison(ParkReason.AVRO_INVALID, str(fault)) from None
        except TooManyValuesError:
            detail = f"the value's lists and maps hold more values than the limit, which is {binary.MAX_VALUES}"
            raise Poison(ParkReason.TOO_LARGE, detail) from None
        if source.at < len(data):
            raise Poison(ParkReason.TRAILING_BYTES, f"{len(data) - source.at} bytes after the value's {source.at - at}")
        return value

    return decode


def _resolve(body: bytes, writer: Schema, reader: Schema) -> Any:
    try:
        value = schemaless_reader(BytesIO(body), writer, reader)
    except Exception as fault:  # fastavro fails in many ways on schemas that do not match
        detail = ascii(f"{type(fault).__name__}: {fault}"[:300])[1:-1]
        raise Poison(ParkReason.SCHEMA_RESOLUTION, detail) from fault
    # fastavro matches named types by name alone (a fixed for a record).
    if not validate(value, reader, raise_errors=False, strict=True):
        raise Poison(ParkReason.SCHEMA_RESOLUTION, "the writer's value does not fit the reader schema")
    return value
