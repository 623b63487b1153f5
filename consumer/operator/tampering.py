"""Whether the schema is what the migrations made: triggers, policies, grants, functions, partitions and the rest.

What is compared is a list of facts that reads the same on PostgreSQL 15 to 18 (decision 66). It needs no privilege, and
takes some fifty milliseconds. It finds only what is different now. A row that was edited while a trigger was disabled is found by
its digest (`consumer.operator.digests`), or by the verified export.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import sql
from runtime.postgres import Session

FACTS = sql.query("operator/schema_facts")
MAY_BECOME_OWNER = sql.query("operator/may_become_owner")
MIGRATIONS = sql.query("runtime/migrate_applied")

Facts: TypeAlias = Mapping[tuple[str, str], str]


@dataclass(frozen=True, kw_only=True)
class Difference:
    """Something that is not as the migrations made it; one of the two definitions is None where it is not there."""

    kind: str
    name: str
    expected: str | None
    actual: str | None

    def __str__(self) -> str:
        if self.kind == "owner login":
            return f"login {self.name} may become audit_owner: REVOKE audit_owner FROM {self.name}"
        if self.actual is None:
            return f"{self.kind} {self.name} is missing"
        if self.expected is None:
            return f"{self.kind} {self.name} is not of the migrations: {self.actual}"
        return f"{self.kind} {self.name} has changed: {self.actual} instead of {self.expected}"


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What is not as the migrations made it.

    In a database of another version than this program's, `unknown_version`, only the rows of `schema_migration` were compared: what
    a newer program made is not known, and anyone who may write to that table can say that there was one.
    """

    differences: list[Difference]
    unknown_version: int | None = None


def differences(expected: Facts, actual: Facts) -> list[Difference]:
    """What differs, sorted by kind and name."""
    return [
        Difference(kind=kind, name=name, expected=expected.get((kind, name)), actual=actual.get((kind, name)))
        for kind, name in sorted(expected.keys() | actual.keys())
        if expected.get((kind, name)) != actual.get((kind, name))
    ]


def read_facts(connection: Session) -> Facts:
    """The facts of this database, in a transaction of their own."""
    with connection.transaction():
        # Names are written with their schema unless it is on the path.
        connection.execute("SET LOCAL search_path TO public")
        rows = connection.execute(FACTS, {"expected": sorted(_names(sql.schema_facts()))}).fetchall()
    return {(kind, name): definition for kind, name, definition in rows}


def find_tampering(connection: Session) -> Comparison:
    """Compares with what the migrations of this program make."""
    ours, wanted = sql.migrations(), sql.wanted_version()
    applied = connection.execute(MIGRATIONS).fetchall()
    actual = {_migration(version, name): sha256 for version, name, sha256 in applied if version <= wanted}
    expected = {_migration(migration.version, migration.name): migration.sha256 for migration in ours}
    differing = differences(expected, actual)
    newest = max((version for version, _, _ in applied), default=0)
    if newest != wanted:
        return Comparison(differences=differing, unknown_version=newest)
    return Comparison(differences=[*differing, *differences(sql.schema_facts(), read_facts(connection))])


def may_become_owner(connection: Session) -> bool:
    """Whether the login of this session may become audit_owner, who can take triggers away; a superuser may."""
    row = connection.execute(MAY_BECOME_OWNER).fetchone()
    return row is not None and bool(row[0])


def _migration(version: int, name: str) -> tuple[str, str]:
    return "migration", f"{version:04} {name}"


def _names(facts: Iterable[tuple[str, str]]) -> set[str]:
    """The names of our relations and functions, which are compared whoever owns them."""
    return {name.partition("(")[0] for kind, name in facts if kind in {"relation", "function"}}
