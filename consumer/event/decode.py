"""The data of an event out of a record's value: framing, then the writer schema, then strict Avro (SPEC 3).

Invariant: what is known about a schema is never overwritten; only "the registry does not know this id" can be
forgotten, because a registry may later change only that answer.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from fastavro.types import Schema

from catalog.reasons import ParkReason
from consumer.event import framing
from consumer.event.avro import decoder, defaults, schema_safety
from consumer.event.model import NeedsSchema, Poison
from schemas import SchemaFile, single_object_header

MAX_SCHEMA_ID = 2**31 - 1  # a registry's id is a positive Java int; asking for more gets an error, not an answer
MAX_VALUE = 8 * 1024 * 1024  # bytes


def check_size(value: bytes) -> None:
    """Raises Poison TOO_LARGE for a value over MAX_VALUE, before anything else of it is examined (SPEC 4)."""
    if len(value) > MAX_VALUE:
        raise Poison(ParkReason.TOO_LARGE, f"the value has {len(value)} bytes, the limit is {MAX_VALUE}")


@dataclass(frozen=True, kw_only=True)
class _WriterSchema:
    """A writer schema that may be decoded by, and the event type that it belongs to."""

    ce_type: str
    decode: decoder.Decode
    unresolved: bool  # it is the reader's schema, in all that decoding depends on


@dataclass(frozen=True, kw_only=True)
class _RefusedSchema:
    """Why records of a schema id are parked; a Poison itself would collect a traceback at each raise."""

    reason: ParkReason
    detail: str


_Known: TypeAlias = _WriterSchema | _RefusedSchema


class Decoder:
    """Decodes by the schemas of `files` and by those fetched from the Schema Registry.

    The newest version of a type is its reader schema. It does not fetch: an id that it does not know comes back as
    NeedsSchema, and the caller then calls `learn`. A file that is no schema, or whose default is no value, makes the decoder fail: it is ours.
    """

    def __init__(self, files: Iterable[SchemaFile]) -> None:
        self._types: dict[str, str] = {}  # full name of the record -> ce_type
        self._readers: dict[str, Schema] = {}
        self._by_header: dict[bytes, _WriterSchema] = {}
        self._by_id: dict[int, _Known] = {}
        self._absent: dict[int, _RefusedSchema] = {}
        ordered = sorted(files, key=lambda file: file.version)
        writers = [schema_safety.load(file.text) for file in ordered]
        for file in ordered:
            self._types[file.full_name] = file.ce_type
            self._readers[file.ce_type] = defaults.load(file.text)
        for file, writer in zip(ordered, writers, strict=True):
            self._by_header[single_object_header(file)] = self._writer(file.ce_type, writer)

    def names_type(self, ce_type: str, value: bytes) -> bool | NeedsSchema:
        """Whether the value's schema is one of that type's, without reading the value any further (SPEC 4, ignored).

        Poison: EMPTY_VALUE, BAD_FRAMING, SCHEMA_UNKNOWN, and what a learned schema was refused for.
        """
        writer = self._by_header.get(value[: framing.SINGLE_OBJECT_BODY]) or self._learned(value)
        if isinstance(writer, NeedsSchema):
            return writer
        return writer.ce_type == ce_type

    def decode(self, ce_type: str, value: bytes) -> dict[str, Any] | NeedsSchema:
        """The data of an event of this type in the shape of its reader schema.

        Poison: TOO_LARGE, EMPTY_VALUE, BAD_FRAMING, SCHEMA_UNKNOWN, SCHEMA_MISMATCH, AVRO_INVALID, TRAILING_BYTES,
        SCHEMA_RESOLUTION, and what a learned schema was refused for.
        """
        check_size(value)
        writer, body = self._by_header.get(value[: framing.SINGLE_OBJECT_BODY]), framing.SINGLE_OBJECT_BODY
        if writer is None:
            learned, body = self._learned(value), framing.CONFLUENT_BODY
            if isinstance(learned, NeedsSchema):
                return learned
            writer = learned
        if writer.ce_type != ce_type:
            raise Poison(ParkReason.SCHEMA_MISMATCH, f"ce_type is {ce_type[:100]!a}, the schema is {writer.ce_type}")
        data: dict[str, Any] = writer.decode(value, body)
        return data

    def reader(self, ce_type: str) -> Schema:
        """The reader schema of a type, as fastavro parses it; KeyError for a type without one."""
        return self._readers[ce_type]

    def unresolved(self) -> Iterator[tuple[bytes, str]]:
        """Of each known writer schema that is the reader's own: how its values begin, and the event type."""
        for header, writer in self._by_header.items():
            if writer.unresolved:
                yield header, writer.ce_type
        for schema_id, known in self._by_id.items():
            if isinstance(known, _WriterSchema) and known.unresolved:
                yield framing.CONFLUENT_MARKER + schema_id.to_bytes(4, "big"), known.ce_type

    def learn(self, schema_id: int, schema: str | Poison) -> None:
        """Remembers what the registry said of this id: a schema's text, or why its records are parked.

        A text that is refused parks them as well. A second schema of one id is ignored.
        """
        if isinstance(schema, Poison):
            known = self._absent if schema.reason is ParkReason.SCHEMA_UNKNOWN else self._by_id
            known.setdefault(schema_id, _RefusedSchema(reason=schema.reason, detail=schema.detail))
        elif schema_id not in self._by_id:
            self._by_id[schema_id] = self._check(schema)

    def forget_absent(self) -> None:
        """Forgets which ids the registry did not know, so that they are requested again: someone may have registered the schema."""
        self._absent.clear()

    def _check(self, schema_text: str) -> _Known:
        try:
            writer = schema_safety.load(schema_text)
        except Poison as poison:
            return _RefusedSchema(reason=poison.reason, detail=poison.detail)
        name = writer["name"] if isinstance(writer, dict) and writer["type"] == "record" else "not a record"
        ce_type = self._types.get(name)
        if ce_type is None:
            detail = f"the registry's schema is {name!a}, no event type's"
            return _RefusedSchema(reason=ParkReason.SCHEMA_MISMATCH, detail=detail)
        return self._writer(ce_type, writer)

    def _writer(self, ce_type: str, schema: Schema) -> _WriterSchema:
        reader = self._readers[ce_type]
        decode = decoder.decoder(schema, reader)
        return _WriterSchema(ce_type=ce_type, decode=decode, unresolved=decoder.same_form(schema, reader))

    def _learned(self, value: bytes) -> _WriterSchema | NeedsSchema:
        frame = framing.split(value)
        if isinstance(frame, framing.SingleObject):
            raise Poison(ParkReason.SCHEMA_UNKNOWN, f"no schema has the fingerprint {frame.fingerprint.hex()}")
        if frame.schema_id > MAX_SCHEMA_ID:
            raise Poison(ParkReason.SCHEMA_UNKNOWN, f"no registry gives the id {frame.schema_id}")
        known = self._by_id.get(frame.schema_id) or self._absent.get(frame.schema_id)
        if known is None:
            return NeedsSchema(frame.schema_id)
        if isinstance(known, _RefusedSchema):
            raise Poison(known.reason, f"schema id {frame.schema_id}: {known.detail}")
        return known
