"""The database holds the rules that no program may break: each named CHECK refuses."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import errors

import sql
from consumer.operator.tampering import differences, read_facts
from sandbox.services.postgres import PostgresServer
from tests.integration.sql.conftest import Role

PARTITION = {"kafka_topic": "callmine.schedules", "kafka_topic_id": "t1", "kafka_partition": 0}
NO_PARTITION = dict.fromkeys(PARTITION)
LONG = "é" * 128
REFUSED: list[tuple[str, str, dict[str, Any]]] = [
    *(
        ("audit_event", f"audit_event_{column}_length", {column: value})
        for column in ("workspace_id", "event_source", "event_id", "actor_id", "subject_id")
        for value in ("", LONG)
    ),
    *(
        ("audit_event", "audit_event_action_grammar", {"action": action})
        for action in ("", "schedule", "Schedule.paused", "schedule.paused ", "schedule.paused\n", "a.b_", "a..b")
    ),
    ("audit_event", "audit_event_action_length", {"action": "a." + "b" * 254}),
    ("audit_event", "audit_event_actor_type_known", {"actor_type": "robot"}),
    ("audit_event", "audit_event_source_is_channel", {"channel": "mcp"}),
    ("audit_event", "audit_event_source_is_channel", {"diff": '{"changes":{},"source":"mcp"}'}),
    ("audit_event", "audit_event_source_is_channel", {"channel": "mcp", "diff": '{"changes":{},"source":"web"}'}),
    ("audit_event", "audit_event_diff_is_object", {"diff": "[]"}),
    ("audit_event", "audit_event_content_digest_is_sha256", {"content_digest": bytes(31)}),
    ("audit_event", "audit_event_position_not_negative", {"kafka_offset": -1}),
    ("audit_event", "audit_event_occurred_at_readable", {"occurred_at": "infinity"}),
    ("audit_event", "audit_event_occurred_at_readable", {"occurred_at": "0001-12-31 BC"}),
    ("parked_record", "parked_record_position_not_negative", {"kafka_partition": -1}),
    ("parked_record", "parked_record_headers_is_array", {"headers": "{}"}),
    ("parked_record", "parked_record_reason_grammar", {"reason": "No good"}),
    ("original_record", "original_record_position_not_negative", {"kafka_offset": -1}),
    ("original_record", "original_record_headers_is_array", {"headers": "null"}),
    ("conflicting_event", "conflicting_event_position_not_negative", {"kafka_offset": -1}),
    ("conflicting_event", "conflicting_event_content_digest_is_sha256", {"content_digest": b""}),
    ("conflicting_event", "conflicting_event_headers_is_array", {"headers": "{}"}),
    ("data_gap", "data_gap_partition_not_negative", {"kafka_partition": -1}),
    ("data_gap", "data_gap_is_range", {"from_offset": 5, "to_offset": 5}),
    ("data_gap", "data_gap_is_range", {"from_offset": -1}),
    ("data_gap", "data_gap_cause_grammar", {"cause": "Retention"}),
    ("operator_action", "operator_action_known", {"action": "forget", **NO_PARTITION}),
    ("operator_action", "operator_action_names_parked", {"action": "dismiss", **NO_PARTITION}),
    ("operator_action", "operator_action_names_parked", {"action": "resume", "parked_id": 1}),
    ("operator_action", "operator_action_names_gap", {"action": "accept_gap"}),
    ("operator_action", "operator_action_names_gap", {"action": "resume", "gap_id": 1}),
    ("operator_action", "operator_action_names_partition", {"action": "resume", "kafka_topic": None}),
    ("operator_action", "operator_action_names_partition", {"action": "dismiss", "parked_id": 1}),
    ("operator_action", "operator_action_names_offsets", {"action": "rewind"}),
    ("operator_action", "operator_action_names_offsets", {"action": "rewind", "from_offset": 1}),
    ("operator_action", "operator_action_names_offsets", {"action": "resume", "from_offset": 1, "to_offset": 1}),
    ("operator_action", "operator_action_rewind_goes_back", {"action": "rewind", "from_offset": 1, "to_offset": 2}),
    ("operator_action", "operator_action_rewind_goes_back", {"action": "rewind", "from_offset": 1, "to_offset": -1}),
    ("operator_action", "operator_action_outcome_of_replay", {"action": "replay", "parked_id": 1, **NO_PARTITION}),
    ("operator_action", "operator_action_outcome_of_replay", {"action": "resume", "outcome": "recorded"}),
    (
        "operator_action",
        "operator_action_outcome_known",
        {"action": "replay", "parked_id": 1, "outcome": "lost", **NO_PARTITION},
    ),
    ("operator_action", "operator_action_reason_given", {"reason": " \t\n"}),
    ("operator_action", "operator_action_performed_by_given", {"performed_by": ""}),
    ("audit_seal", "audit_seal_not_negative", {"seal": -1}),
    ("audit_sealed_workspace", "audit_sealed_workspace_are_sha256", {"workspace": bytes(31)}),
    ("audit_sealed_workspace", "audit_sealed_workspace_are_sha256", {"days": bytes(33)}),
    ("audit_sealed_day", "audit_sealed_day_are_sha256", {"workspace": b""}),
    ("audit_sealed_day", "audit_sealed_day_are_sha256", {"digest": bytes(31)}),
    ("audit_sealed_day", "audit_sealed_day_not_empty", {"entries": 0}),
    ("audit_export", "audit_export_is_range", {"to_day": "2026-01-01"}),
    ("audit_export", "audit_export_entries_not_negative", {"entries": -1}),
    ("audit_export", "audit_export_manifest_is_sha256", {"manifest_sha256": b""}),
    ("audit_export", "audit_export_requested_by_given", {"requested_by": " "}),
    ("audit_export", "audit_export_reason_given", {"reason": " \t\n"}),
    ("audit_cell", "audit_cell_is_one_of", {"number": 0}),
    ("audit_cell", "audit_cell_is_one_of", {"number": 3}),
    ("audit_cell", "audit_cell_is_one_of", {"cells": 4097}),
    ("audit_cell", "audit_cell_reason_given", {"reason": " "}),
    ("partition_progress", "partition_progress_balanced", {"next_offset": 1}),
    ("partition_progress", "partition_progress_not_negative", {"recorded": 1, "parked": -1}),
    ("partition_progress", "partition_progress_halt_is_explained", {"halted": "gap"}),
    (
        "partition_progress",
        "partition_progress_halted_grammar",
        {"halted": "a gap", "halted_detail": "", "halted_at": "2026-01-01"},
    ),
]


@pytest.mark.parametrize(("table", "constraint", "changed"), REFUSED)
def test_check_refuses(
    table: str, constraint: str, changed: dict[str, Any], owner: Role, insert: Callable[..., None]
) -> None:
    """A row that breaks one rule is refused under that rule's name."""
    with pytest.raises(errors.CheckViolation) as caught:
        insert(owner, table, **changed)

    assert caught.value.diag.constraint_name == constraint


def test_every_check_has_refused(owner: Role) -> None:
    """No CHECK is left that was never seen to refuse."""
    checks = owner.execute(
        "SELECT DISTINCT conname FROM pg_constraint WHERE contype = 'c' AND connamespace = 'public'::regnamespace"
    )

    assert {name for (name,) in checks} == {constraint for _, constraint, _ in REFUSED}


@pytest.mark.parametrize(
    ("action", "changed"),
    [
        ("replay", {"outcome": "recorded", **NO_PARTITION}),
        ("dismiss", NO_PARTITION),
        ("accept_gap", {}),
        ("rewind", {"from_offset": 9, "to_offset": 0}),
        ("resume", {}),
    ],
)
def test_complete_action_is_accepted(
    action: str, changed: dict[str, Any], operator: Role, owner: Role, insert: Callable[..., None]
) -> None:
    """Each action with what it needs is stored, with who did it."""
    about = {"replay": "parked_record", "dismiss": "parked_record", "accept_gap": "data_gap"}.get(action)
    if about is not None:
        insert(owner, about)
        row = operator.execute(f"SELECT id FROM {about}".encode()).fetchone()
        assert row is not None
        changed = {**changed, "gap_id" if about == "data_gap" else "parked_id": row[0]}

    insert(operator, "operator_action", action=action, **changed)

    assert operator.execute("SELECT action, performed_by FROM operator_action").fetchall() == [(action, "postgres")]


def test_action_on_a_record_that_is_not_parked_is_refused(operator: Role, insert: Callable[..., None]) -> None:
    """An action names something that is there."""
    with pytest.raises(errors.ForeignKeyViolation):
        insert(operator, "operator_action", action="dismiss", parked_id=-1, **NO_PARTITION)


def test_unbalanced_update_is_refused(writer: Role, insert: Callable[..., None]) -> None:
    """An offset that moves without its outcome is refused; with it, it is accepted, and ignored is the reasons' sum."""
    insert(writer, "partition_progress")

    with pytest.raises(errors.CheckViolation, match="partition_progress_balanced"):
        writer.execute("UPDATE partition_progress SET next_offset = 3, recorded = 1")
    writer.execute(
        "UPDATE partition_progress SET next_offset = 3, recorded = 1, ignored_tombstone = 1, ignored_no_change = 1"
    )

    assert writer.execute("SELECT ignored FROM partition_progress").fetchall() == [(2,)]


def test_rewind_balances(writer: Role, operator: Role, owner: Role, insert: Callable[..., None]) -> None:
    """Offsets that a rewind gives back are counted, so that passing them again balances."""
    insert(owner, "partition_progress", next_offset=5, recorded=5)
    operator.execute("UPDATE partition_progress SET next_offset = 2, reread = reread + 3")

    writer.execute("UPDATE partition_progress SET next_offset = 5, duplicate = 3")

    assert writer.execute("SELECT next_offset, recorded, duplicate, reread FROM partition_progress").fetchall() == [
        (5, 5, 3, 3)
    ]


def test_source_is_read_from_the_diff(owner: Role, insert: Callable[..., None]) -> None:
    """The source tag is generated from the stored text, which is kept byte for byte."""
    diff = '{"changes":{"/source":{"after":"x"}},"mcp":{"client":"chatgpt","tool":null},"source":"mcp"}'
    insert(owner, "audit_event", diff=diff, channel="mcp")

    assert owner.execute("SELECT source, diff::text FROM audit_event").fetchall() == [("mcp", diff)]


def test_rows_of_a_transaction_share_its_id_and_time(own_database: str, insert: Callable[..., None]) -> None:
    """What is stored together carries one xid and one recorded_at."""
    with psycopg.connect(own_database, autocommit=True) as connection:
        with connection.transaction():
            insert(connection, "audit_event")
            insert(connection, "audit_event", event_id="e2")
        insert(connection, "audit_event", event_id="e3")
        first, second, third = connection.execute("SELECT xid::text, recorded_at FROM audit_event ORDER BY id")

    assert first == second
    assert first[0] != third[0]
    assert first[1] < third[1]


def test_progress_updates_are_hot(own_database: str, insert: Callable[..., None]) -> None:
    """The row that every batch updates touches no index: its new versions stay on its page."""
    pages = set()
    with psycopg.connect(own_database, autocommit=True) as connection:
        insert(connection, "partition_progress")
        for _ in range(200):
            connection.execute("UPDATE partition_progress SET next_offset = next_offset + 1, recorded = recorded + 1")
            pages |= set(connection.execute("SELECT (ctid::text::point)[0]::int FROM partition_progress"))

    assert pages == {(0,)}


def test_no_index_on_unbounded_text(owner: Role) -> None:
    """Every text column of an index of audit_event has a length CHECK, so that no entry is refused by an index."""
    indexed = owner.execute(
        "SELECT DISTINCT a.attname FROM pg_index AS i JOIN pg_attribute AS a ON a.attrelid = i.indrelid "
        "AND a.attnum = ANY (i.indkey) WHERE i.indrelid = 'audit_event'::regclass AND a.atttypid = 'text'::regtype"
    ).fetchall()
    checked = {
        match[1] for _, name, _ in REFUSED if (match := re.fullmatch(r"audit_event_(\w+)_length", name)) is not None
    }

    assert {name for (name,) in indexed} <= {*checked, "source"}  # mcp or null: audit_event_source_is_channel


def test_schema_file_is_what_the_migrations_make(
    server: PostgresServer, dump: Callable[..., str], request: pytest.FixtureRequest
) -> None:
    """`sql/schema.sql`, for readers, is the dump of a migrated database; `pytest --write-schema` writes it again."""
    if server.installation.major != 18:
        pytest.skip("pg_dump of another version writes the same schema in other words")
    file = Path(__file__).parents[3] / "sql" / "schema.sql"
    head = (
        "-- The whole schema as the migrations make it, for reading; written by `pytest tests/integration/sql --write-schema`.\n"
        "-- The sixteen leaves of audit_event are left out.\n\n"
    )
    schema = head + dump(server, server.url("audit_template"), "--exclude-table=audit_event_p*")
    if request.config.getoption("--write-schema", default=False):
        file.write_text(schema)

    assert file.read_text() == schema


def test_schema_facts_are_what_the_migrations_make(server: PostgresServer, request: pytest.FixtureRequest) -> None:
    """`sql/schema_facts.json` is the same on every version of PostgreSQL; `pytest --write-schema` writes it again."""
    file = Path(sql.__file__).with_name("schema_facts.json")
    with psycopg.connect(server.url("audit_template"), autocommit=True) as connection:
        facts = read_facts(connection)
    kinds: dict[str, dict[str, str]] = {}
    for (kind, name), definition in sorted(facts.items()):
        kinds.setdefault(kind, {})[name] = definition
    if request.config.getoption("--write-schema", default=False) and server.installation.major == 18:
        file.write_text(json.dumps(kinds, indent=1, ensure_ascii=False) + "\n")
        sql.schema_facts.cache_clear()

    assert [str(difference) for difference in differences(sql.schema_facts(), facts)] == []
