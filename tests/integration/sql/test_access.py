"""Each role can do exactly what it needs."""

from collections.abc import Callable
from typing import LiteralString

import psycopg
import pytest
from psycopg import errors
from psycopg import sql as text

from tests.integration.sql.conftest import Role

RAW = ("parked_record", "original_record", "conflicting_event")
SEALED = ("audit_seal", "audit_sealed_workspace", "audit_sealed_day", "audit_export")
LEAF_OF_ORG_A = "SELECT tableoid::regclass::text FROM audit_event WHERE workspace_id = 'org_a'"
EVERYTHING = (
    "SELECT * FROM schema_migration", "SELECT workspace_id, event_source, event_id, content_digest FROM audit_event",
    "SELECT * FROM audit_event", "SELECT * FROM partition_progress",
    "SELECT kafka_topic, complete_through, retired_at FROM partition_progress",
    "SELECT kafka_topic_id, kafka_partition, kafka_offset FROM parked_record", "SELECT * FROM parked_record",
    "SELECT kafka_topic_id, kafka_partition, kafka_offset FROM original_record", "SELECT * FROM original_record",
    "SELECT kafka_topic_id, kafka_partition, kafka_offset FROM conflicting_event", "SELECT * FROM conflicting_event",
    "SELECT kafka_topic_id, kafka_partition, from_offset, to_offset, cause FROM data_gap", "SELECT * FROM data_gap",
    "SELECT * FROM operator_action", "DELETE FROM partition_progress",
    "UPDATE partition_progress SET epoch = epoch + 1",
    "INSERT INTO schema_migration VALUES (99, 'x', 'x')", "CREATE TEMP TABLE staging ()", "CREATE TABLE stray ()",
    "SELECT nextval('audit_event_id_seq')", "SELECT * FROM partition_account", "SELECT * FROM parked_unresolved",
    "SELECT * FROM audit_seal", "SELECT * FROM audit_sealed_workspace", "SELECT * FROM audit_sealed_day",
    "SELECT * FROM audit_export", "SELECT seal, record, checkpoint FROM audit_seal",
    "SELECT * FROM audit_cell", "SELECT * FROM audit_cell_start",
)  # fmt: skip
ALLOWED = {
    "audit_writer": {0, 1, 3, 4, 5, 7, 9, 11, 15, 17, 20, 21, 27},
    "audit_reader": {0, 1, 2, 4, 26, 27},
    "audit_operator": {*range(14), 15, 17, 20, 21, 25, 27, 28},
    "audit_sealer": {0, 1, 2, 20, 22, 23, 24, 26},
    "audit_exporter": {0, 1, 2, 22, 23, 24, 26, 27},
}


def refused(connection: Role, statement: LiteralString) -> bool:
    try:
        connection.execute(statement)
    except errors.InsufficientPrivilege:
        return True
    return False


@pytest.mark.parametrize("role", ALLOWED)
def test_role_can_do_what_it_needs_and_nothing_more(role: str, as_role: Callable[[str], Role]) -> None:
    """Of everything that can be tried, exactly the listed statements pass."""
    admin, connection = as_role("postgres"), as_role(role)
    # What PUBLIC may do in a new database is not ours to rely on.
    admin.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
    admin.execute("REVOKE ALL ON DATABASE audit_template FROM PUBLIC")

    passed = {number for number, statement in enumerate(EVERYTHING) if not refused(connection, statement)}

    assert passed == ALLOWED[role]


@pytest.mark.parametrize(
    ("role", "tables"),
    [
        ("audit_writer", {"audit_event", *RAW, "data_gap", "partition_progress"}),
        ("audit_reader", set[str]()),
        (
            "audit_operator",
            {
                "audit_event", "original_record", "conflicting_event", "data_gap", "operator_action",
                "audit_cell",
            },
        ),
        ("audit_sealer", {"audit_seal", "audit_sealed_workspace", "audit_sealed_day"}),
        ("audit_exporter", {"audit_export"}),
    ],
)  # fmt: skip
def test_role_inserts_where_it_must(
    role: str, tables: set[str], as_role: Callable[[str], Role], insert: Callable[..., None]
) -> None:
    """The consumer writes all but people's actions, an operator all but parked records, the reader nothing."""
    connection, accepted = as_role(role), set[str]()
    if role != "audit_sealer":
        insert(as_role("audit_owner"), "audit_seal")
    for table in ("audit_event", *RAW, "data_gap", "operator_action", "partition_progress", *SEALED, "audit_cell"):
        cause = {"cause": "log_damaged", "to_offset": 5} if (role, table) == ("audit_operator", "data_gap") else {}
        tail = "" if table in SEALED else "ON CONFLICT DO NOTHING"
        try:
            insert(connection, table, tail=tail, **cause)
        except errors.InsufficientPrivilege:
            continue
        accepted.add(table)

    assert accepted == tables


@pytest.mark.parametrize("column", ["id", "performed_by", "performed_at"])
def test_who_exported_and_when_cannot_be_forged(column: str, exporter: Role, insert: Callable[..., None]) -> None:
    """Who performed an export, and when, is what the database says."""
    with pytest.raises((errors.InsufficientPrivilege, errors.GeneratedAlways)):
        insert(exporter, "audit_export", **{column: None})


@pytest.mark.parametrize("column", ["id", "xid", "recorded_at", "source"])
@pytest.mark.parametrize("role", ["audit_writer", "audit_operator"])
def test_what_the_database_sets_cannot_be_forged(
    column: str, role: str, as_role: Callable[[str], Role], insert: Callable[..., None]
) -> None:
    """Number, transaction, time of recording and source tag are the database's, not the program's."""
    with pytest.raises((errors.InsufficientPrivilege, errors.GeneratedAlways)):
        insert(as_role(role), "audit_event", **{column: None})


def test_writer_tells_new_from_known(writer: Role, insert: Callable[..., None]) -> None:
    """ON CONFLICT with the identity as its target, and RETURNING it, work with the few columns that the writer sees."""
    tail = (
        "ON CONFLICT (workspace_id, event_source, event_id) DO NOTHING RETURNING workspace_id, event_source, event_id"
    )
    insert(writer, "audit_event", tail)
    insert(writer, "audit_event", tail, content_digest=b"\1" * 32)

    assert writer.execute("SELECT event_id, content_digest FROM audit_event").fetchall() == [("e1", bytes(32))]


@pytest.mark.parametrize("table", [*RAW, "data_gap"])
def test_writer_keeps_a_raw_record_once(table: str, writer: Role, insert: Callable[..., None]) -> None:
    """A record that is read again, or a gap that is detected again, also one with no known end, is not doubled."""
    insert(writer, table, "ON CONFLICT DO NOTHING")
    insert(writer, table, "ON CONFLICT DO NOTHING")

    assert (
        len(writer.execute(text.SQL("SELECT kafka_partition FROM {}").format(text.Identifier(table))).fetchall()) == 1
    )


def test_copy_past_row_level_security_is_refused(writer: Role) -> None:
    """PostgreSQL refuses COPY into a table with policies: this is why rows are staged."""
    with pytest.raises(errors.FeatureNotSupported, match="row-level security"):
        writer.execute("COPY audit_event (workspace_id) FROM STDIN")


@pytest.fixture
def two_workspaces(writer: Role, insert: Callable[..., None]) -> None:
    """One entry each of org_a and org_b."""
    insert(writer, "audit_event", workspace_id="org_a")
    insert(writer, "audit_event", workspace_id="org_b")


@pytest.mark.usefixtures("two_workspaces")
@pytest.mark.parametrize(
    ("workspace", "visible"),
    [("org_a", ["org_a"]), ("org_b", ["org_b"]), ("org_c", []), ("", []), ("%", []), (None, [])],
)
@pytest.mark.parametrize("role", ["audit_reader", "audit_exporter"])
def test_reader_and_exporter_see_one_workspace(
    role: str, workspace: str | None, visible: list[str], as_role: Callable[[str], Role]
) -> None:
    """Without any WHERE, they see the entries of the workspace that is set, and none where none is."""
    reader = as_role(role)
    if workspace is not None:
        reader.execute("SELECT set_config('audit.workspace_id', %s, false)", (workspace,))

    assert [row for (row,) in reader.execute("SELECT workspace_id FROM audit_event")] == visible


def test_workspace_ends_with_the_transaction(own_database: str, insert: Callable[..., None]) -> None:
    """A workspace that was set for a transaction is not left for the next user of the connection."""
    with psycopg.connect(own_database, autocommit=True) as connection:
        insert(connection, "audit_event")
        connection.execute("SET ROLE audit_reader")
        with connection.transaction():
            connection.execute("SELECT set_config('audit.workspace_id', 'org_a', true)")
            within = connection.execute("SELECT workspace_id FROM audit_event").fetchall()
        after = connection.execute("SELECT workspace_id FROM audit_event").fetchall()

    assert (within, after) == ([("org_a",)], [])


@pytest.mark.usefixtures("two_workspaces")
@pytest.mark.parametrize("role", ["audit_operator", "audit_sealer"])
def test_operator_and_sealer_see_all_workspaces(role: str, as_role: Callable[[str], Role]) -> None:
    """Raw records are of any workspace, and so is what is sealed."""
    rows = as_role(role).execute("SELECT workspace_id FROM audit_event ORDER BY 1").fetchall()

    assert rows == [("org_a",), ("org_b",)]


@pytest.mark.usefixtures("two_workspaces")
@pytest.mark.parametrize("role", ALLOWED)
def test_partition_is_closed(role: str, as_role: Callable[[str], Role], owner: Role) -> None:
    """No program reads a partition directly; and after a careless GRANT on all tables, it still sees no row there."""
    row = owner.execute(LEAF_OF_ORG_A).fetchone()
    assert row is not None
    leaf = text.SQL("SELECT workspace_id FROM {}").format(text.Identifier(row[0]))
    connection = as_role(role)

    with pytest.raises(errors.InsufficientPrivilege):
        connection.execute(leaf)
    owner.execute(text.SQL("GRANT SELECT ON ALL TABLES IN SCHEMA public TO {}").format(text.Identifier(role)))

    assert connection.execute(leaf).fetchall() == []


def test_public_has_nothing(owner: Role) -> None:
    """Neither a table, a column, a sequence nor a function of ours is open to everyone."""
    open_to_all = owner.execute(
        "SELECT relname FROM pg_class, aclexplode(relacl) AS a "
        "WHERE relnamespace = 'public'::regnamespace AND a.grantee = 0 "
        "UNION SELECT attname FROM pg_attribute, aclexplode(attacl) AS a "
        "WHERE a.grantee = 0 AND attrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace) "
        "UNION SELECT proname FROM pg_proc, aclexplode(coalesce(proacl, acldefault('f', proowner))) AS a "
        "WHERE pronamespace = 'public'::regnamespace AND a.grantee = 0"
    ).fetchall()

    assert open_to_all == []
