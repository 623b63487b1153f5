"""The defaults of a reader schema as values (Avro 1.12, "Complex Types", Records).

JSON cannot say every value: a default of bytes is a text there, one of 1.0 may be written `1`, and one of a record may leave out what
has a default itself. fastavro puts the JSON into the data as it stands, so each default is converted once, when the schema is loaded.
Then a field that the writer did not have is as if the writer had sent the default: one event has one digest by either schema.
"""

import json
import struct
from typing import Any, TypeAlias

from fastavro import parse_schema
from fastavro.types import Schema

_Named: TypeAlias = dict[str, dict[str, Any]]
_BITS = {"int": 31, "long": 63}


class InvalidDefaultError(ValueError):
    """A default is not a value of its field's type; the text says which."""


def load(text: str) -> Schema:
    """A reader schema as `fastavro.parse_schema` gives it, each default the value that it stands for.

    The schema is one that `schema_safety.load` takes. InvalidDefaultError, and what fastavro raises for a text that is no schema.
    """
    schema = parse_schema(json.loads(text), {})
    _convert(schema, {})
    return schema


def _convert(schema: Any, named: _Named) -> None:
    """Converts in place: fastavro keeps the same fields a second time, by the names of their records."""
    if isinstance(schema, list):
        for branch in schema:
            _convert(branch, named)
    elif isinstance(schema, dict):
        if "name" in schema:
            named[schema["name"]] = schema
        _convert(schema.get("items", schema.get("values")), named)
        for field in schema.get("fields", ()):
            _convert(field["type"], named)  # first, as the defaults of a record's fields are part of its own default
            if "default" in field:
                try:
                    field["default"] = _value(field["type"], field["default"], named)
                except (InvalidDefaultError, OverflowError, UnicodeEncodeError) as fault:
                    raise InvalidDefaultError(f"{schema['name']}.{field['name']}: {fault}") from None


def _value(schema: Any, default: Any, named: _Named) -> Any:
    """The value; OverflowError and UnicodeEncodeError for a number or a character that is too large for the type."""
    if isinstance(schema, list):
        return _of_union(schema, default, named)
    kind = schema if isinstance(schema, str) else schema["type"]
    match kind, default:
        case "record", dict():
            return _of_record(schema, default, named)
        case "map", dict():
            return {key: _value(schema["values"], member, named) for key, member in default.items()}
        case "array", list():
            return [_value(schema["items"], item, named) for item in default]
        case "enum", str() if default in schema["symbols"]:
            return default
        case "fixed", str() if len(default) == schema["size"]:
            return default.encode("latin-1")
        case ("null", None) | ("boolean", bool()) | ("string", str()):
            return default
        case _ if kind in named:
            return _value(named[kind], default, named)
    return _of_number_or_bytes(kind, default)


def _of_number_or_bytes(kind: str, default: Any) -> Any:
    if kind == "bytes" and type(default) is str:
        return default.encode("latin-1")  # code points 0 to 255 are the bytes
    if type(default) is int and kind in _BITS and -(1 << _BITS[kind]) <= default < 1 << _BITS[kind]:
        return default
    if type(default) in (int, float) and kind in ("float", "double"):
        form = "<f" if kind == "float" else "<d"
        return struct.unpack(form, struct.pack(form, default))[0]
    raise InvalidDefaultError(f"the default {default!r} is no value of type {kind}")


def _of_union(branches: list[Any], default: Any, named: _Named) -> Any:
    """By the first branch that it is a value of, as Java's library does: 1.12 takes any, versions before it the first alone."""
    for branch in branches:
        try:
            return _value(branch, default, named)
        except (InvalidDefaultError, OverflowError, UnicodeEncodeError):
            continue
    raise InvalidDefaultError(f"the default {default!r} is no value of a branch of the union")


def _of_record(record: dict[str, Any], default: dict[str, Any], named: _Named) -> dict[str, Any]:
    """With the defaults of the fields that it leaves out, which are values already."""
    value = {}
    for field in record["fields"]:
        name = field["name"]
        if name not in default and "default" not in field:
            raise InvalidDefaultError(f"the default has no {name}, and {name} has no default")
        value[name] = _value(field["type"], default[name], named) if name in default else field["default"]
    if unknown := default.keys() - value.keys():
        raise InvalidDefaultError(f"the default has {', '.join(sorted(unknown))}, which {record['name']} has not")
    return value
