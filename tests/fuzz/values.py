"""A value of any schema, encoded in any of the legal ways: block by block, counted forwards or backwards."""

import random
import struct
from typing import Any

from tests.unit.consumer.avro import long, text_of

# Among them what is an id somewhere, what PostgreSQL cannot hold, and what has several forms in Unicode.
TEXTS = (
    "", "org_1", "user_1", "pro", "free", "a\0b", "a\ufffdb", "é", "e\u0301", "\u202e", "𝄞", "x" * 300, "null", '"', "2026-01-01",
)  # fmt: skip
LONGS = (0, 1, -1, 63, 64, -65, 2**31 - 1, -(2**31), 2**53 + 1, 2**63 - 1, -(2**63))
DOUBLES = (0.0, -0.0, 1.0, 0.1, 1e308, 5e-324, float("inf"), float("-inf"), float("nan"))


def encoded(chance: random.Random, schema: Any, named: dict[str, Any], depth: int = 0) -> bytes:
    """Bytes of some value of a schema (as JSON has it); `named` collects the named types by their short names."""
    if isinstance(schema, list):
        index = chance.randrange(len(schema))
        return long(index) + encoded(chance, schema[index], named, depth + 1)
    if isinstance(schema, str):
        known = named.get(schema.rpartition(".")[2])
        return _primitive(chance, schema) if known is None else encoded(chance, known, named, depth + 1)
    match schema["type"]:
        case "record":
            named[schema["name"]] = schema
            return b"".join(encoded(chance, field["type"], named, depth + 1) for field in schema["fields"])
        case "enum":
            named[schema["name"]] = schema
            return long(chance.randrange(len(schema["symbols"])))
        case "fixed":
            named[schema["name"]] = schema
            return chance.randbytes(schema["size"])
        case "array":
            return _blocks(chance, [encoded(chance, schema["items"], named, depth + 1) for _ in _some(chance)])
        case "map":
            keys = chance.sample(TEXTS, len(_some(chance)))
            members = [text_of(key.encode()) + encoded(chance, schema["values"], named, depth + 1) for key in keys]
            return _blocks(chance, members)
        case other:
            return encoded(chance, other, named, depth + 1)


def _primitive(chance: random.Random, name: str) -> bytes:
    match name:
        case "null":
            return b""
        case "boolean":
            return bytes([chance.randrange(2)])
        case "int":
            return long(chance.choice([number for number in LONGS if -(2**31) <= number < 2**31]))
        case "long":
            return long(chance.choice(LONGS))
        case "float":
            return struct.pack("<f", chance.choice([number for number in DOUBLES if number != 1e308]))
        case "double":
            return struct.pack("<d", chance.choice(DOUBLES))
        case "bytes":
            return text_of(chance.randbytes(chance.randrange(5)))
        case _:
            return text_of(chance.choice(TEXTS).encode())


def _some(chance: random.Random) -> range:
    return range(chance.choice((0, 1, 2, 5)))


def _blocks(chance: random.Random, items: list[bytes]) -> bytes:
    out = b""
    while items:
        count = chance.randint(1, len(items))
        body, items = b"".join(items[:count]), items[count:]
        out += (long(-count) + long(len(body)) if chance.random() < 0.5 else long(count)) + body
    return out + b"\0"
