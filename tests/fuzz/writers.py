"""Writer schemas at random: our own with a few changes, as another version of a service, or a hostile one, would have."""

import json
import random
from collections.abc import Callable, Iterator
from typing import Any

import schemas

KINDS: tuple[Any, ...] = (
    "null", "boolean", "int", "long", "float", "double", "bytes", "string", ["null", "string"], ["null", "long", "double"],
    {"type": "array", "items": "string"}, {"type": "map", "values": ["null", "boolean", "long", "double", "string"]},
    {"type": "long", "logicalType": "timestamp-millis"}, {"type": "fixed", "name": "Fixed", "size": 3},
    {"type": "enum", "name": "Extra", "symbols": ["a", "b"]}, {"type": "array", "items": "null"},
)  # fmt: skip


def changed(chance: random.Random, ce_type: str) -> str:
    """The newest schema of a type with up to three changes; nearly always Avro still."""
    schema = json.loads(schemas.latest(ce_type).text)
    for _ in range(chance.choice((0, 1, 1, 2, 3))):
        chance.choice(CHANGES)(chance, chance.choice(list(_records(schema))))
    return json.dumps(schema)


def _records(schema: Any) -> Iterator[dict[str, Any]]:
    """Every record in a schema, the outermost first."""
    if isinstance(schema, list):
        for branch in schema:
            yield from _records(branch)
    elif isinstance(schema, dict):
        if schema.get("type") == "record":
            yield schema
        for inner in (schema.get("items"), schema.get("values"), schema.get("type")):
            yield from _records(inner)
        for field in schema.get("fields", ()):
            yield from _records(field["type"])


def _add(chance: random.Random, record: dict[str, Any]) -> None:
    field = {"name": f"extra{chance.randrange(3)}", "type": chance.choice(KINDS)}
    record["fields"].insert(chance.randint(0, len(record["fields"])), field)


def _drop(chance: random.Random, record: dict[str, Any]) -> None:
    if len(record["fields"]) > 1:
        record["fields"].pop(chance.randrange(len(record["fields"])))


def _reorder(chance: random.Random, record: dict[str, Any]) -> None:
    chance.shuffle(record["fields"])


def _retype(chance: random.Random, record: dict[str, Any]) -> None:
    # Not bytes: Avro 1.12 reads them as a string, Apache's library for Python does not.
    chance.choice(record["fields"])["type"] = chance.choice([kind for kind in KINDS if kind != "bytes"])


def _make_optional(chance: random.Random, record: dict[str, Any]) -> None:
    field = chance.choice(record["fields"])
    kind = field["type"] if isinstance(field["type"], list) else [field["type"], "null"]
    field["type"] = chance.sample(kind, len(kind))


def _edit_symbols(chance: random.Random, record: dict[str, Any]) -> None:
    for field in record["fields"]:
        if isinstance(field["type"], dict) and field["type"]["type"] == "enum":
            symbols = [*field["type"]["symbols"], "other"]
            field["type"]["symbols"] = chance.sample(symbols, chance.randint(1, len(symbols)))
            field["type"].pop("default", None)


def _rename(chance: random.Random, record: dict[str, Any]) -> None:
    # Not its namespace: Avro 1.12 matches records by their short names, Apache's library for Python by the full ones.
    record["name"] = chance.choice(("Other", "callmine.other.Other"))


def _recur(chance: random.Random, record: dict[str, Any]) -> None:
    chance.choice(record["fields"])["type"] = ["null", record["name"]]


CHANGES: tuple[Callable[[random.Random, dict[str, Any]], None], ...] = (
    _add, _add, _drop, _reorder, _reorder, _retype, _make_optional, _edit_symbols, _edit_symbols, _rename, _recur,
)  # fmt: skip
