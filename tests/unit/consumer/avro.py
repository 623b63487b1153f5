"""Schemas and encodings written by hand, and the decoder as its tests call it."""

import json
from typing import Any

from consumer.event.avro import decoder, defaults, schema_safety


def record(name: str, **types: Any) -> dict[str, Any]:
    return {"type": "record", "name": name, "fields": [{"name": key, "type": kind} for key, kind in types.items()]}


def array(items: Any) -> dict[str, Any]:
    return {"type": "array", "items": items}


def enum(*symbols: str, **more: str) -> dict[str, Any]:
    return {"type": "enum", "name": "E", "symbols": list(symbols), **more}


def long(number: int) -> bytes:
    rest, out = (number << 1) ^ (number >> 63), b""
    while rest > 127:
        rest, out = rest >> 7, out + bytes([rest & 127 | 128])
    return out + bytes([rest])


def decode(schema: Any, data: bytes) -> Any:
    loaded = schema_safety.load(json.dumps(schema))
    return decoder.decoder(loaded, loaded)(data, 0)


def resolve(writer: Any, reader: Any, data: bytes) -> Any:
    return decoder.decoder(schema_safety.load(json.dumps(writer)), defaults.load(json.dumps(reader)))(b"head" + data, 4)


def text_of(data: bytes) -> bytes:
    return long(len(data)) + data
