"""Apache's Avro library: the second opinion on every value that ours has decoded."""

import json
import math
from functools import cache
from io import BytesIO
from typing import Any

import avro.schema
from avro.errors import AvroException, SchemaResolutionException
from avro.io import BinaryDecoder, DatumReader
from avro.schema import EnumSchema, Schema, UnionSchema


class NoOpinion(Exception):
    """The library does not take the writer's schema at all."""


class _Reader(DatumReader):
    """With what the library lacks of Avro 1.12: the default symbol of an enum, and a union that is read as no union."""

    def read_data(self, writers_schema: Schema, readers_schema: Schema, decoder: BinaryDecoder) -> object:
        if isinstance(writers_schema, UnionSchema) and not isinstance(readers_schema, UnionSchema):
            return self.read_data(writers_schema.schemas[decoder.read_long()], readers_schema, decoder)
        return super().read_data(writers_schema, readers_schema, decoder)

    def read_enum(self, writers_schema: EnumSchema, readers_schema: EnumSchema, decoder: BinaryDecoder) -> str:
        try:
            return str(super().read_enum(writers_schema, readers_schema, decoder))
        except SchemaResolutionException as error:
            default = readers_schema.props.get("default")
            if default is None or "not present in Reader's Schema" not in str(error):
                raise
            return str(default)


def read(writer: str, reader: str, body: bytes) -> Any:
    """The value in `body`, all of which must be used. NoOpinion; AvroException and others where it refuses."""
    try:
        schema = avro.schema.parse(_bare(writer))
    except AvroException as error:
        raise NoOpinion(str(error)) from None
    stream = BytesIO(body)
    value = _Reader(schema, _parsed(reader)).read(BinaryDecoder(stream))
    assert stream.tell() == len(body), f"the second implementation leaves {len(body) - stream.tell()} bytes"
    return value


@cache
def _parsed(reader: str) -> Schema:
    return avro.schema.parse(reader)


def same(ours: Any, theirs: Any) -> bool:
    """Whether two values are the same to a diff: `1`, `1.0` and `true` are three values, NaN is itself."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return ours.keys() == theirs.keys() and all(same(ours[name], theirs[name]) for name in ours)
    if isinstance(ours, list) and isinstance(theirs, list):
        return len(ours) == len(theirs) and all(map(same, ours, theirs))
    if isinstance(ours, float) and isinstance(theirs, float):
        return ours == theirs or (math.isnan(ours) and math.isnan(theirs))
    return type(ours) is type(theirs) and bool(ours == theirs)


def _bare(writer: str) -> str:
    """Without logical types: ours gives the underlying value, as the reader schemas have none."""

    def without(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        return {name: value for name, value in pairs if name != "logicalType"}

    return json.dumps(json.loads(writer, object_pairs_hook=without))
