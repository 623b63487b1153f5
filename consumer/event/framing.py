"""The first bytes of a value: which writer schema it names, and where the Avro body begins (SPEC 3)."""

from typing import NamedTuple, TypeAlias

from catalog.reasons import ParkReason
from consumer.event.model import Poison
from schemas import SINGLE_OBJECT_MARKER

SINGLE_OBJECT_BODY = 10  # where the body begins
CONFLUENT_MARKER = b"\x00"
CONFLUENT_BODY = 5


class SingleObject(NamedTuple):
    """Avro single-object encoding: the writer schema's CRC-64-AVRO, little-endian as on the wire."""

    fingerprint: bytes


class Confluent(NamedTuple):
    """Confluent wire format: the writer schema's id in the Schema Registry."""

    schema_id: int


Frame: TypeAlias = SingleObject | Confluent


def split(value: bytes) -> Frame:
    """The frame of a value, header and at least no body. Poison: EMPTY_VALUE, BAD_FRAMING."""
    if value.startswith(SINGLE_OBJECT_MARKER) and len(value) >= SINGLE_OBJECT_BODY:
        return SingleObject(value[2:10])
    if value.startswith(CONFLUENT_MARKER) and len(value) >= CONFLUENT_BODY:
        return Confluent(int.from_bytes(value[1:5], "big"))
    if not value:
        raise Poison(ParkReason.EMPTY_VALUE, "the value has no bytes")
    raise Poison(ParkReason.BAD_FRAMING, f"{len(value)} bytes, the first are {value[:10].hex(' ')}")
