"""The two framings of a record's value, written (SPEC 3); the consumer reads them by stricter code of its own."""

from collections.abc import Mapping
from functools import cache
from io import BytesIO
from typing import Any

from fastavro import schemaless_writer
from fastavro.schema import expand_schema

from schemas.files import SchemaFile, parsed
from schemas.shape import mismatches

SINGLE_OBJECT_MARKER = b"\xc3\x01"


class DataMismatch(ValueError):
    """The data does not fit the schema; the message names every place that does not."""


def encode_single_object(schema: SchemaFile, data: Mapping[str, Any]) -> bytes:
    """Avro single-object encoding, the default framing; raises DataMismatch."""
    _check(schema, data)
    return single_object_header(schema) + body(schema, data)


def encode_confluent(schema_id: int, schema: SchemaFile, data: Mapping[str, Any]) -> bytes:
    """Confluent wire format with the Schema Registry's id; raises DataMismatch."""
    _check(schema, data)
    return confluent_header(schema_id) + body(schema, data)


def single_object_header(schema: SchemaFile) -> bytes:
    """Ten bytes: the marker C3 01 and the fingerprint, little-endian (Avro specification, single-object encoding)."""
    return SINGLE_OBJECT_MARKER + schema.fingerprint


def confluent_header(schema_id: int) -> bytes:
    """Five bytes: zero and the id, big-endian; OverflowError when the id does not fit."""
    return b"\x00" + schema_id.to_bytes(4, "big")


def body(schema: SchemaFile, data: Mapping[str, Any]) -> bytes:
    """Avro binary of data that is known to fit: nothing is checked here, so that bulk traffic is fast."""
    written = BytesIO()
    schemaless_writer(written, parsed(schema), data)
    return written.getvalue()


def _check(schema: SchemaFile, data: Mapping[str, Any]) -> None:
    differences = list(mismatches(_expanded(schema), data))
    if differences:
        raise DataMismatch("; ".join(differences))


@cache
def _expanded(schema: SchemaFile) -> Any:
    return expand_schema(parsed(schema))
