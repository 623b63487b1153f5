"""What was recorded never changes, whoever asks: by grants for the programs, by triggers for the owner."""

from collections.abc import Callable
from typing import LiteralString

import pytest
from psycopg import errors
from psycopg import sql as text

from tests.integration.sql.conftest import Role

APPEND_ONLY = (
    "audit_event", "parked_record", "original_record", "conflicting_event", "data_gap", "operator_action",
    "audit_seal", "audit_sealed_workspace", "audit_sealed_day", "audit_export",
    "audit_cell", "audit_cell_start",
)  # fmt: skip
TRUNCATE = "TRUNCATE {} CASCADE"
CHANGES = ("UPDATE {} SET {column} = {column}", "DELETE FROM {}", TRUNCATE)
COLUMNS = {
    "audit_seal": "seal", "audit_sealed_workspace": "seal", "audit_sealed_day": "seal", "audit_export": "reason",
    "audit_cell": "reason",
}  # fmt: skip
LEAVES = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'audit_event'::regclass ORDER BY 1"
PROGRAMS = ("audit_writer", "audit_reader", "audit_operator", "audit_sealer", "audit_exporter")


def change(connection: Role, statement: LiteralString, table: str) -> None:
    column = text.Identifier(COLUMNS.get(table, "kafka_partition"))
    connection.execute(text.SQL(statement).format(text.Identifier(table), column=column))


def insert_row(insert: Callable[..., None], connection: Role, table: str) -> None:
    if table.startswith("audit_sealed"):
        insert(connection, "audit_seal")
    if table == "audit_cell_start":
        insert(connection, "audit_cell")
        connection.execute("INSERT INTO audit_cell_start SELECT max(id), 't1', 0, 0, 0, 0, 0, 0 FROM audit_cell")
        return
    insert(connection, table)


def leaf_with_a_row(connection: Role) -> str:
    row = connection.execute("SELECT tableoid::regclass::text FROM audit_event").fetchone()
    assert row is not None
    return str(row[0])


@pytest.mark.parametrize("statement", CHANGES)
@pytest.mark.parametrize("table", APPEND_ONLY)
def test_owner_cannot_change(table: str, statement: str, owner: Role, insert: Callable[..., None]) -> None:
    """The owner of the tables, who holds every privilege, is refused by the trigger."""
    insert_row(insert, owner, table)

    with pytest.raises(errors.InsufficientPrivilege, match=r"is append-only: (UPDATE|DELETE|TRUNCATE) refused"):
        change(owner, statement, table)


@pytest.mark.parametrize("statement", CHANGES)
def test_owner_cannot_change_a_partition(statement: str, owner: Role, insert: Callable[..., None]) -> None:
    """Going round the partitioned table, straight to a leaf, is refused as well."""
    insert(owner, "audit_event")

    with pytest.raises(errors.InsufficientPrivilege, match="is append-only"):
        change(owner, statement, leaf_with_a_row(owner))


@pytest.mark.parametrize("statement", CHANGES)
@pytest.mark.parametrize("table", APPEND_ONLY)
def test_replication_role_is_no_way_round(
    table: str, statement: str, as_role: Callable[[str], Role], insert: Callable[..., None]
) -> None:
    """Not even a superuser in replica mode, where ordinary triggers sleep, changes a row by accident."""
    admin = as_role("postgres")
    admin.execute("SET session_replication_role = replica")
    insert_row(insert, admin, table)

    with pytest.raises(errors.InsufficientPrivilege, match="is append-only"):
        change(admin, statement, table)
    if table == "audit_event":
        with pytest.raises(errors.InsufficientPrivilege, match="is append-only"):
            change(admin, statement, leaf_with_a_row(admin))


@pytest.mark.parametrize("statement", CHANGES)
@pytest.mark.parametrize("table", APPEND_ONLY)
@pytest.mark.parametrize("role", PROGRAMS)
def test_programs_have_no_privilege_to_change(
    role: str, table: str, statement: str, as_role: Callable[[str], Role]
) -> None:
    """The programs do not get as far as the trigger."""
    with pytest.raises(errors.InsufficientPrivilege, match="permission denied for table"):
        change(as_role(role), statement, table)


def test_every_leaf_has_both_triggers(owner: Role) -> None:
    """A partition that is added later without a trigger, its ENABLE ALWAYS, or row-level security, fails here."""
    triggers = owner.execute(
        "SELECT leaf.oid::regclass::text, array_agg(t.tgname || ' ' || t.tgenabled::text ORDER BY t.tgname) "
        "FROM pg_class AS leaf LEFT JOIN pg_trigger AS t ON t.tgrelid = leaf.oid "
        "WHERE leaf.oid IN (SELECT relid FROM pg_partition_tree('audit_event')) AND leaf.relrowsecurity "
        "GROUP BY leaf.oid"
    ).fetchall()
    leaves = [name for (name,) in owner.execute(LEAVES)]

    assert len(leaves) == 16
    assert dict(triggers) == {table: ["append_only A", "append_only_truncate A"] for table in ["audit_event", *leaves]}


def test_every_table_is_append_only_or_known_not_to_be(owner: Role) -> None:
    """A new table must be given its triggers, or be named here as one that changes."""
    guarded = {
        name
        for (name,) in owner.execute(
            "SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname LIKE 'append_only%' AND tgenabled = 'A' "
            "GROUP BY 1 HAVING count(*) = 2"
        )
    }
    tables = {name for (name,) in owner.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}

    assert tables - guarded == {"partition_progress", "schema_migration"}
