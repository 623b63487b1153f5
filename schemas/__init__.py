"""The schemas of the domain events, realistic examples of each, and the two Avro framings (SPEC 3).

    files     the schemas and examples in this folder, read once
    encoding  the two framings of a value, written
    shape     whether data fits a schema, and where it does not

The package imports nothing of ours. A released `.avsc` is never edited: a change is a new version.
"""

from schemas.encoding import (
    SINGLE_OBJECT_MARKER,
    DataMismatch,
    body,
    confluent_header,
    encode_confluent,
    encode_single_object,
    single_object_header,
)
from schemas.files import (
    Example,
    SchemaFile,
    all_schemas,
    by_fingerprint,
    examples,
    latest,
    parsed,
    read_example,
    read_schema,
)
from schemas.shape import mismatches

__all__ = [
    "SINGLE_OBJECT_MARKER",
    "DataMismatch",
    "Example",
    "SchemaFile",
    "all_schemas",
    "body",
    "by_fingerprint",
    "confluent_header",
    "encode_confluent",
    "encode_single_object",
    "examples",
    "latest",
    "mismatches",
    "parsed",
    "read_example",
    "read_schema",
    "single_object_header",
]
