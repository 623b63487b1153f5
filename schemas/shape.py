"""Whether data fits a schema, in words that help the author of an example.

Ours, because fastavro's own check takes fields that the schema does not have, and its writer takes a bool for an int.
"""

from collections.abc import Iterator, Mapping
from reprlib import Repr
from typing import Any

_PRIMITIVES = {
    "null": type(None),
    "boolean": bool,
    "int": int,
    "long": int,
    "double": float,
    "string": str,
}
# As short as a sentence bears; a value that is nested deeply is no RecursionError.
_SHORT = Repr()
_SHORT.maxstring = _SHORT.maxother = 200
_BITS = {"int": 31, "long": 63}


def mismatches(schema: Any, value: object, pointer: str = "") -> Iterator[str]:
    """One sentence per place that does not fit, led by its JSON Pointer (RFC 6901).

    `schema` is fully expanded (`fastavro.schema.expand_schema`). An int is never taken for a double: in an example
    file, the form of a number is its type.
    """
    if isinstance(schema, list):
        if all(any(mismatches(branch, value, pointer)) for branch in schema):
            yield f"{pointer}: {_SHORT.repr(value)} is none of {', '.join(map(_name, schema))}"
        return
    kind = _name(schema)
    if kind == "record":
        yield from _record(schema, value, pointer)
    elif kind == "enum":
        if value not in schema["symbols"]:
            yield f"{pointer}: {_SHORT.repr(value)} is none of {', '.join(schema['symbols'])}"
    elif kind == "array":
        items = enumerate(value) if isinstance(value, list) else None
        yield from _members(schema["items"], items, f"{pointer}: {_SHORT.repr(value)} is not a list", pointer)
    elif kind == "map":
        entries = iter(value.items()) if isinstance(value, Mapping) else None
        yield from _members(schema["values"], entries, f"{pointer}: {_SHORT.repr(value)} is not an object", pointer)
    elif not _is_primitive(kind, value):
        yield f"{pointer}: {_SHORT.repr(value)} is not of type {kind}"


def _record(schema: Any, value: object, pointer: str) -> Iterator[str]:
    if not isinstance(value, Mapping):
        yield f"{pointer}: {_SHORT.repr(value)} is not an object"
        return
    fields = {field["name"]: field["type"] for field in schema["fields"]}
    for name in sorted(value.keys() - fields.keys()):
        yield f"{_below(pointer, name)}: the schema has no such field"
    for name, type_ in fields.items():
        if name in value:
            yield from mismatches(type_, value[name], _below(pointer, name))
        else:
            yield f"{_below(pointer, name)}: is missing"


def _members(
    schema: Any,
    members: Iterator[tuple[object, object]] | None,
    otherwise: str,
    pointer: str,
) -> Iterator[str]:
    if members is None:
        yield otherwise
        return
    for key, member in members:
        if isinstance(key, str) and not _is_unicode(key):
            yield f"{_below(pointer, ascii(key))}: is not Unicode"
            continue
        yield from mismatches(schema, member, _below(pointer, str(key)))


def _is_primitive(kind: str, value: object) -> bool:
    if type(value) is not _PRIMITIVES[kind]:  # not isinstance: a bool is not a number here
        return False
    if isinstance(value, str):
        return _is_unicode(value)
    return not isinstance(value, int) or kind not in _BITS or -(1 << _BITS[kind]) <= value < 1 << _BITS[kind]


def _is_unicode(text: str) -> bool:
    # JSON's \ud800 gives a lone surrogate, which has no UTF-8.
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)


def _below(pointer: str, name: str) -> str:
    return f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}"


def _name(schema: Any) -> str:
    return str(schema["type"] if isinstance(schema, dict) else schema)
