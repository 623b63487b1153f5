"""The database's text: numbered migrations and named statements, read from the files beside this one."""

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import LiteralString, NamedTuple

HERE = files(__name__)


class Migration(NamedTuple):
    """One numbered file of `migrations/`; `sha256` is the hex digest of its bytes."""

    version: int
    name: str
    text: LiteralString
    sha256: str


@cache
def query(name: str) -> LiteralString:
    """The statement in `queries/<name>.sql`, such as `consumer/fence`; FileNotFoundError where there is none."""
    return _literal((HERE / "queries" / f"{name}.sql").read_bytes())


@cache
def migrations() -> tuple[Migration, ...]:
    """All migrations, in the order in which they are applied. ValueError where a file's name has no number."""
    sql_files = (file for file in (HERE / "migrations").iterdir() if file.name.endswith(".sql"))
    return tuple(sorted(_migration(file.name.removesuffix(".sql"), file.read_bytes()) for file in sql_files))


@cache
def schema_facts() -> Mapping[tuple[str, str], str]:
    """What all migrations make, by kind and name of the thing: `query("operator/schema_facts")` asks the database for it."""
    kinds = json.loads((HERE / "schema_facts.json").read_bytes())
    return {(kind, name): text for kind, definitions in kinds.items() for name, text in definitions.items()}


def wanted_version() -> int:
    """The schema version that this code is written for; `query("runtime/schema_version")` asks the database for its own."""
    return migrations()[-1].version


def _migration(stem: str, content: bytes) -> Migration:
    number, _, name = stem.partition("_")
    return Migration(int(number), name, _literal(content), hashlib.sha256(content).hexdigest())


def _literal(content: bytes) -> LiteralString:
    # The text comes from our own files, never from input: that is what LiteralString promises (mypy takes any str).
    return content.decode()
