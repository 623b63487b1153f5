"""What lies in this folder, read once: `<ce_type>.v<N>.avsc` and `examples/<ce_type>.v<N>/<case>.json`."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

from fastavro.schema import fingerprint, parse_schema, to_parsing_canonical_form

_VERSIONED = re.compile(r"(?P<ce_type>[a-z]+\.[a-z_]+)\.v(?P<version>[1-9][0-9]*)")


@dataclass(frozen=True, slots=True)
class SchemaFile:
    """One released schema: `fingerprint` is CRC-64-AVRO in the byte order of the wire, `full_name` the record's."""

    ce_type: str
    version: int
    text: str
    fingerprint: bytes
    full_name: str


@dataclass(frozen=True, slots=True)
class Example:
    """One record as a service would send it, written as JSON; a number without point or exponent is a long."""

    ce_type: str
    version: int
    case: str
    key: str
    headers: Mapping[str, str]
    data: Mapping[str, Any]


@cache
def all_schemas() -> tuple[SchemaFile, ...]:
    """Every schema, ordered by type and version."""
    files = [file for file in _folder().iterdir() if file.name.endswith(".avsc")]
    all_files = [read_schema(file.name.removesuffix(".avsc"), file.read_text("utf-8")) for file in files]
    return tuple(sorted(all_files, key=lambda schema: (schema.ce_type, schema.version)))


@cache
def latest(ce_type: str) -> SchemaFile:
    """The newest schema of a type, which is the reader schema; KeyError when the type has none."""
    versions = [schema for schema in all_schemas() if schema.ce_type == ce_type]
    if not versions:
        raise KeyError(ce_type)
    return versions[-1]


def by_fingerprint(wire_order: bytes) -> SchemaFile | None:
    """The schema that a single-object header names, or None."""
    return _fingerprints().get(wire_order)


@cache
def parsed(schema: SchemaFile) -> dict[str, Any]:
    """The schema as fastavro wants it, with the names of this schema alone."""
    return _parse(schema.text)


def examples() -> tuple[Example, ...]:
    """Every example, ordered by type, version and case; read again each time, because its data is mutable."""
    folders = sorted(_folder().joinpath("examples").iterdir(), key=lambda folder: folder.name)
    return tuple(
        read_example(folder.name, file.name, file.read_text("utf-8"))
        for folder in folders
        for file in sorted(folder.iterdir(), key=lambda file: file.name)
    )


def read_schema(name: str, text: str) -> SchemaFile:
    """From a file's name without its ending, and its text; raises what fastavro raises when it is not Avro."""
    schema = _parse(text)
    # fastavro writes the hash as hex of its little-endian bytes, which is the order of single-object encoding.
    wire_order = bytes.fromhex(fingerprint(to_parsing_canonical_form(schema), "CRC-64-AVRO"))
    return SchemaFile(*_versioned(name), text, wire_order, schema["name"])


def read_example(folder: str, name: str, text: str) -> Example:
    """From a folder's name, a file's name and its text; ValueError when it is not of an example's shape."""
    content = json.loads(text)
    if not name.endswith(".json") or content.keys() != {"key", "headers", "data"}:
        raise ValueError(f"{folder}/{name}: an example is a .json file of key, headers and data, and nothing else")
    return Example(*_versioned(folder), name.removesuffix(".json"), **content)


@cache
def _fingerprints() -> dict[bytes, SchemaFile]:
    return {schema.fingerprint: schema for schema in all_schemas()}


def _folder() -> Traversable:
    return resources.files(__package__)


def _parse(text: str) -> dict[str, Any]:
    schema = parse_schema(json.loads(text))
    if not isinstance(schema, dict):
        raise TypeError("the schema of an event is a record")
    return schema


def _versioned(name: str) -> tuple[str, int]:
    match = _VERSIONED.fullmatch(name)
    if match is None:
        raise ValueError(f"{name!r} is not <ce_type>.v<N>")
    return match["ce_type"], int(match["version"])
