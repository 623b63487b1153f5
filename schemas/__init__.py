"""The schemas of the domain events, real-looking examples of each, and the two Avro framings (SPEC 3).

Law of this package: it imports nothing of ours; a released `.avsc` is never edited, a change is a new version.
"""

from schemas.encoding import (
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
