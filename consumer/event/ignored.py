"""The rule for event types that are listed as not audited (SPEC 4): `ce_type` and schema agree, nothing else is read.

It is applied in two places. `wire_types` and `named_type` let the Kafka client pass a record by the first bytes of its
value, without making a Record; `ignored_type` is for the pipeline, which sees every other record. Both give the same answer.
"""

from collections.abc import Iterable, Mapping

from catalog.topics import IGNORED
from consumer.event.framing import SINGLE_OBJECT_BODY
from consumer.event.model import Headers
from schemas import SchemaFile, single_object_header

# How many bytes of a value name its schema (Avro single-object encoding).
PREFIX_BYTES = SINGLE_OBJECT_BODY
_BY_CE_TYPE: Mapping[bytes | None, str] = {ce_type.encode(): ce_type for ce_type in IGNORED}


def wire_types(files: Iterable[SchemaFile]) -> Mapping[bytes, bytes]:
    """The `ce_type` of each schema of an ignored type, by the first PREFIX_BYTES of its values.

    For Avro single-object encoding; a record in Confluent framing goes through the pipeline.
    """
    return {single_object_header(file): file.ce_type.encode() for file in files if file.ce_type in IGNORED}


def named_type(headers: Headers) -> bytes | None:
    """The value of `ce_type` if it occurs once; None otherwise."""
    named, seen = None, False
    for name, value in headers:
        if name == "ce_type":
            if seen:
                return None
            named, seen = value, True
    return named


def ignored_type(headers: Headers) -> str | None:
    """The `ce_type` if it occurs once and is listed as ignored; None otherwise."""
    return _BY_CE_TYPE.get(named_type(headers))
