"""Values that the constraints of audit_event refuse, and a superuser who has taken them away: a seal names the entry."""

import pytest

from tests.integration.export.world import World

ANY_TIME = "ALTER TABLE audit_event DROP CONSTRAINT audit_event_occurred_at_readable"
ANY_KEY = "ALTER TABLE audit_event DROP CONSTRAINT audit_event_pkey, DROP CONSTRAINT audit_event_identity"
REQUIRED = (
    "occurred_at", "id", "action", "facets", "actor_type", "actor_id", "subject_type", "subject_id", "channel", "diff",
    "event_source", "event_id", "recorded_at", "content_digest", "kafka_topic", "kafka_partition", "kafka_offset",
)  # fmt: skip


@pytest.fixture
def two_entries(sealed_world: World) -> World:
    """The second can be changed to anything."""
    world = sealed_world
    world.record()
    world.record()
    world.admin.execute(f"{ANY_TIME}; {ANY_KEY}".encode())
    world.admin.execute("ALTER TABLE audit_event ALTER id DROP IDENTITY")
    for column in (*REQUIRED, "workspace_id"):
        world.admin.execute(f"ALTER TABLE audit_event ALTER {column} DROP NOT NULL".encode())
    return world


@pytest.mark.parametrize(
    "change",
    [
        *(f"{column} = NULL" for column in REQUIRED),
        "facets = '{NULL}'",
        "facets = '{{a,b},{c,d}}'",
        "facets = '{a,NULL}'",
        "occurred_at = 'infinity'",
        "occurred_at = '-infinity'",
        "occurred_at = '10000-01-01T00:00:00Z'",
        "recorded_at = 'infinity'",
        "kafka_topic = 'two words'",
        "kafka_topic = ''",
        "diff = '[]'",
        "diff = '1e999'",
    ],
)
def test_seal_names_an_entry_that_cannot_be(change: str, two_entries: World) -> None:
    world = two_entries
    for constraint in ("position_not_negative", "diff_is_object", "source_is_channel"):
        world.admin.execute(f"ALTER TABLE audit_event DROP CONSTRAINT audit_event_{constraint}".encode())
    world.tamper(f"UPDATE audit_event SET {change} WHERE event_id = 'e2'")

    result = world.seal()

    assert (result.exit, result.word) == (1, "TAMPERED"), result
    assert f"entry {'' if change == 'id = NULL' else 2} of 'org_acme' is not" in result.err
    assert world.rows("SELECT count(*) FROM audit_seal") == [(0,)]


def test_seal_names_an_entry_of_no_workspace(two_entries: World) -> None:
    """It is in another partition of the table."""
    world = two_entries
    columns = ", ".join(name for (name,) in world.rows(
        "SELECT column_name::text FROM information_schema.columns WHERE table_name = 'audit_event' "
        "AND column_name NOT IN ('workspace_id', 'source')"
    ))  # fmt: skip
    world.tamper(f"INSERT INTO audit_event ({columns}) SELECT {columns} FROM audit_event WHERE event_id = 'e2'")

    result = world.seal()

    assert (result.exit, result.word) == (1, "TAMPERED"), result
    assert "entry 2 of '' is not as the consumer writes one: workspace_id is ''" in result.err


SEALING = (
    ("audit_sealed_workspace", "days", 1),
    ("audit_sealed_day", "entries", 1),
    ("audit_sealed_day", "digest", 1),
    ("audit_seal", "record", 5),
    ("audit_seal", "snapshot", 5),
    ("audit_seal", "accounts", 5),
    ("audit_seal", "checkpoint", 5),
)


@pytest.mark.parametrize("workspace", ["''", "'\\x00'", "NULL"])
def test_head_of_a_workspace_that_cannot_be_is_found(workspace: str, sealed_world: World) -> None:
    """The key is 32 bytes, and of a whole one the place in the map follows."""
    world = sealed_world
    world.record()
    assert world.seal().exit == 0
    table = "audit_sealed_workspace"
    world.admin.execute(
        f"ALTER TABLE {table} DROP CONSTRAINT {table}_pkey, DROP CONSTRAINT {table}_are_sha256, "
        "ALTER workspace DROP NOT NULL".encode()
    )
    world.tamper(f"INSERT INTO {table} VALUES ({workspace}, 0, sha256('x'))", table=table)

    assert world.check().exit == 1
    if workspace != "NULL":  # which no place of the map is read for
        assert (world.create().exit, world.seal().exit) == (1, 1)


@pytest.mark.parametrize("seal", [0, 1])
@pytest.mark.parametrize(("table", "column", "code"), SEALING)
def test_nothing_in_a_sealing_table_is_not_what_was_sealed(
    table: str, column: str, code: int, seal: int, sealed_world: World
) -> None:
    """NULL, where the table did not allow it, in the older or in the newest seal."""
    world = sealed_world
    for _ in range(2):
        world.record()
        assert world.seal().exit == 0
    world.admin.execute(f"ALTER TABLE {table} ALTER {column} DROP NOT NULL".encode())
    world.tamper(f"UPDATE {table} SET {column} = NULL WHERE seal = {seal}", table=table)

    checked = world.check()
    assert checked.exit in {1, 4, 5}, checked
    created = world.create()
    assert created.exit in {1, 4, 5} or (seal == 0 and created.exit == 0), created
    world.record()
    sealed = world.seal()
    assert sealed.exit == code or (seal == 0 and sealed.exit == 0), sealed
