"""`audit-consumer explain`: what would become of an example event, for developers of services.

The example is encoded as a service would do it, and goes through the same pipeline as in the consumer.
"""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastavro.schema import expand_schema

import schemas
from catalog.definitions import repeated
from catalog.topics import TOPIC_OF_FAMILY
from consumer.event.model import Outcome, Partition, Record
from consumer.operator.dry_run import DryRun

# A value for an event type that has no schema: the header alone decides what becomes of it.
UNKNOWN_SCHEMA = schemas.SINGLE_OBJECT_MARKER + bytes(8)


class Unusable(Exception):
    """The input is not a record that a service could send; one line per problem."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


@dataclass(frozen=True, kw_only=True)
class Explained:
    """An example as a record, and its outcome."""

    record: Record
    outcome: Outcome


def explain(text: str) -> Explained:
    """What would become of the example in `text` (JSON as in schemas/examples), were it sent now. Raises Unusable."""
    example = _example(text)
    ce_type = example["headers"].get("ce_type") or ""
    headers = tuple((name, None if value is None else value.encode()) for name, value in example["headers"].items())
    record = Record(
        partition=Partition(TOPIC_OF_FAMILY.get(ce_type.partition(".")[0], "any topic"), "", 0),
        offset=0,
        timestamp_ms=time.time_ns() // 1_000_000,
        key=None if example["key"] is None else example["key"].encode(),
        value=_value(ce_type, example["data"]),
        headers=headers,
    )
    return Explained(record=record, outcome=DryRun(None).outcome(record))


def _example(text: str) -> dict[str, Any]:
    try:
        example = json.loads(text, object_pairs_hook=_unrepeated)
    except (ValueError, RecursionError) as error:
        raise Unusable([f"not JSON: {error}"]) from None
    problems = list(_problems(example)) if isinstance(example, Mapping) else ["an example is a JSON object"]
    if problems:
        raise Unusable(problems)
    return dict(example)


def _unrepeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object; ValueError for a key that it has twice, which nobody sends on purpose."""
    if (twice := repeated(key for key, _ in pairs)) is not None:
        raise ValueError(f"an object has {twice!a} more than once")
    return dict(pairs)


def _problems(example: Mapping[str, Any]) -> list[str]:
    names = {"key", "headers", "data"}
    problems = [f"/{name}: is missing" for name in sorted(names - example.keys())]
    problems += [f"/{name}: an example has key, headers and data only" for name in sorted(example.keys() - names)]
    if not _is_text(example.get("key")):
        problems.append("/key: is not a string (or null, for a record without a key)")
    headers = example.get("headers", {})
    if not isinstance(headers, Mapping):
        problems.append("/headers: is not an object of strings")
    else:
        problems += [f"/headers/{name!a}: is not Unicode" for name in headers if not _is_text(name)]
        problems += [f"/headers/{name}: is not a string" for name, value in headers.items() if not _is_text(value)]
    return problems


def _is_text(value: object) -> bool:
    """A string that has a UTF-8 form, or null."""
    return value is None or (isinstance(value, str) and not any("\ud800" <= letter <= "\udfff" for letter in value))


def _value(ce_type: str, data: object) -> bytes | None:
    """The value as a service would send it; None for null data, which is a tombstone."""
    if data is None:
        return None
    try:
        schema = schemas.latest(ce_type)
    except KeyError:
        return UNKNOWN_SCHEMA
    problems = [f"/data{problem}" for problem in schemas.mismatches(expand_schema(schemas.parsed(schema)), data)]
    if problems:
        raise Unusable(problems)
    return schemas.single_object_header(schema) + schemas.body(schema, data)  # type: ignore[arg-type]
