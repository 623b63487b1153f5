"""Whether a writer schema may be decoded by: it comes from outside, and some schemas turn few bytes into gigabytes.

Invariant: every walk is bounded by the length of the text, not by what the text describes when written out.
"""

import json
from dataclasses import dataclass
from typing import Any

from fastavro import parse_schema
from fastavro.types import Schema

from catalog.reasons import ParkReason
from consumer.event.model import Poison

MAX_TEXT = 1024 * 1024  # characters
MAX_DEPTH = 64  # schemas inside schemas; also what keeps decoding off the end of the stack
MAX_VALUES = 2_000  # values of one record, each array and map counted as one

PRIMITIVES = frozenset({"null", "boolean", "int", "long", "float", "double", "bytes", "string"})
# Whatever else a schema may say (logicalType, doc, default, fastavro's own marks) does not change how bytes are read.
_ATTRIBUTES = {
    "record": ("type", "name", "namespace", "fields"),
    "enum": ("type", "name", "namespace", "symbols"),
    "fixed": ("type", "name", "namespace", "size"),
    "array": ("type", "items"),
    "map": ("type", "values"),
}


@dataclass(frozen=True, kw_only=True)
class _Shape:
    """What a schema describes when every name is written out; `values` as for MAX_VALUES."""

    depth: int
    empty: bool  # some value of it takes no byte at all
    values: int


def load(text: str) -> Schema:
    """The schema in `text`, checked and reduced to what decoding needs, as fastavro parses it, full names throughout.

    Logical types are dropped: our reader schemas have none, so resolution gives the underlying value (Avro 1.12,
    "Logical Types"). Poison: SCHEMA_UNSAFE, SCHEMA_NOT_AVRO.
    """
    if len(text) > MAX_TEXT:
        raise _unsafe(f"the schema has {len(text)} characters, the limit is {MAX_TEXT}")
    try:
        bare = _bare(json.loads(text), 1)
        schema = parse_schema(bare, {})  # a table of its own, so that no name is shared between schemas
        check(schema)
    except RecursionError:
        raise _unsafe("the schema's JSON is nested too deep to be read") from None
    except Poison:
        raise
    except Exception as fault:  # fastavro answers a malformed schema with whatever its code trips over
        raise _not_avro(f"{type(fault).__name__}: {fault}") from fault
    return schema


def check(schema: Schema) -> None:
    """Refuses a parsed schema (full names) that could exhaust memory or stack, or whose names could be read as something else.

    That is: recursion, items without bytes, depth over MAX_DEPTH, more than MAX_VALUES values. Poison: SCHEMA_UNSAFE,
    SCHEMA_NOT_AVRO. Canonical forms do not escape names (Avro 1.12, "Names": letters, digits and underscores), so with a
    quotation mark in a name two schemas could have one form.
    """
    _shape(schema, {})


def _shape(schema: Schema, named: dict[str, _Shape | None]) -> _Shape:
    """The shape of a schema; `named` collects those of named types (None while one is open)."""
    if isinstance(schema, list):
        shape = _around([_shape(branch, named) for branch in schema], union=True)
    elif isinstance(schema, str):
        shape = (
            _Shape(depth=1, empty=schema == "null", values=1)
            if schema in PRIMITIVES
            else named[schema] or _recursive(schema)
        )
    elif schema["type"] in ("array", "map"):
        shape = _repeated(schema, named)
    else:
        named[schema["name"]] = None
        shape = named[schema["name"]] = _named(schema, named)
    if shape.depth > MAX_DEPTH:
        raise _unsafe(f"nested more than {MAX_DEPTH} deep")
    if shape.values > MAX_VALUES:
        raise _unsafe(f"one record would have more than {MAX_VALUES} values")
    return shape


def _named(schema: dict[str, Any], named: dict[str, _Shape | None]) -> _Shape:
    fields = [field["name"] for field in schema.get("fields", ())]
    # Java's library takes letters of every script, as Python's identifiers do.
    for name in (*schema["name"].split("."), *fields):
        if not name.isidentifier():
            raise _not_avro(f"{name!r} is not a name")
    if schema["type"] == "enum":
        return _Shape(depth=1, empty=False, values=1)
    if schema["type"] == "fixed":
        size = schema["size"]
        if type(size) is not int or size < 0:
            raise _not_avro(f"{schema['name']}: {size!r} is not the size of a fixed")
        return _Shape(depth=1, empty=size == 0, values=1)
    if len(set(fields)) < len(fields):
        raise _not_avro(f"{schema['name']}: two fields have one name")
    return _around([_shape(field["type"], named) for field in schema["fields"]], union=False)


def _around(parts: list[_Shape], *, union: bool) -> _Shape:
    values = [part.values for part in parts]
    return _Shape(
        depth=1 + max((part.depth for part in parts), default=0),
        empty=not union and all(part.empty for part in parts),  # a union's index takes a byte
        values=max(values, default=1) if union else 1 + sum(values),
    )


def _repeated(schema: dict[str, Any], named: dict[str, _Shape | None]) -> _Shape:
    items = _shape(schema["items" if schema["type"] == "array" else "values"], named)
    if items.empty:
        # A map's entry has its key's length, one byte at least, but a value without bytes says nothing either.
        raise _unsafe(f"an item of {schema['type']} can take no byte, so a few bytes could claim billions of them")
    return _Shape(depth=1 + items.depth, empty=False, values=1)


def _bare(schema: Any, depth: int) -> Any:
    if depth > MAX_DEPTH:
        raise _unsafe(f"nested more than {MAX_DEPTH} deep")
    if isinstance(schema, list):
        return [_bare(branch, depth + 1) for branch in schema]
    if not isinstance(schema, dict):
        return schema
    kind = schema["type"]
    if not isinstance(kind, str) or kind not in _ATTRIBUTES:
        return _bare(kind, depth + 1)  # {"type": "long", "logicalType": …}: an annotated primitive or name
    bare = {name: schema[name] for name in _ATTRIBUTES[kind] if name in schema}
    for inner in ("items", "values"):
        if inner in bare:
            bare[inner] = _bare(bare[inner], depth + 1)
    if "fields" in bare:
        bare["fields"] = [{"name": field["name"], "type": _bare(field["type"], depth + 1)} for field in bare["fields"]]
    return bare


def _recursive(name: str) -> _Shape:
    raise _unsafe(f"{name} contains itself")


def _unsafe(detail: str) -> Poison:
    return Poison(ParkReason.SCHEMA_UNSAFE, _plain(detail))


def _not_avro(detail: str) -> Poison:
    return Poison(ParkReason.SCHEMA_NOT_AVRO, _plain(detail))


def _plain(detail: str) -> str:
    """Details quote the schema, whose names may hold what PostgreSQL cannot store."""
    return ascii(detail[:300])[1:-1]
