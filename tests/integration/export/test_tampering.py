"""A superuser who knows where the triggers are switched off: each change is found, by the command and with the code it should."""

from typing import NamedTuple

import pytest

from export.evidence import chains
from export.evidence.chains import Range
from export.format.days import DayHead, chain_rows, chain_start
from export.format.errors import ExportError
from tests.integration.export.world import DAY, LOG, World


class Attack(NamedTuple):
    """What is done to which table, and how the commands must end; None: need not notice."""

    name: str
    table: str
    statement: str
    seal: int | None
    create: int | None
    check: int


OF_ACME = "workspace = sha256('org_acme')"
HEAD, STEP = "INSERT INTO audit_sealed_workspace VALUES ", "INSERT INTO audit_sealed_day VALUES "
INSERTED = (
    "INSERT INTO audit_event (xid, occurred_at, kafka_offset, kafka_partition, workspace_id, event_source, event_id, action, "
    "facets, actor_type, actor_id, subject_type, subject_id, channel, kafka_topic, content_digest, diff) "
    "SELECT {xid}, {time}, kafka_offset, kafka_partition, {workspace}, event_source, 'forged', action, facets, actor_type, "
    "actor_id, subject_type, subject_id, channel, kafka_topic, content_digest, diff FROM audit_event "
    "WHERE event_id = 'e1'"
)
RANGE = "ALTER TABLE audit_event DROP CONSTRAINT audit_event_occurred_at_readable"
NO_KEYS = "ALTER TABLE audit_event DROP CONSTRAINT audit_event_pkey, DROP CONSTRAINT audit_event_identity; "
ATTACKS = (
    Attack(
        "edits an entry", "audit_event", "UPDATE audit_event SET actor_id = 'user_9' WHERE event_id = 'e1'", None, 1, 1
    ),
    Attack("edits a trace", "audit_event", "UPDATE audit_event SET trace_id = 'x' WHERE event_id = 'e1'", None, 1, 1),
    Attack("edits an id", "audit_event", "UPDATE audit_event SET actor_email = '' WHERE event_id = 'e1'", None, 1, 1),
    Attack("deletes an entry", "audit_event", "DELETE FROM audit_event WHERE event_id = 'e1'", None, 1, 1),
    Attack(
        "deletes the last entry of a day", "audit_event", "DELETE FROM audit_event WHERE event_id = 'e5'", None, 1, 1
    ),
    Attack("deletes a workspace", "audit_event", "DELETE FROM audit_event WHERE workspace_id = 'org_acme'", None, 1, 1),
    Attack(
        "deletes another workspace",
        "audit_event",
        "DELETE FROM audit_event WHERE workspace_id = 'org_globex'",
        None,
        0,
        1,
    ),
    Attack(
        "inserts into a sealed day",
        "audit_event",
        INSERTED.format(xid="xid", time="occurred_at + interval '1 minute'", workspace="workspace_id"),
        None,
        1,
        1,
    ),
    Attack(
        "inserts after the last entry of a sealed day",
        "audit_event",
        INSERTED.replace("'e1'", "'e4'").format(
            xid="xid", time="occurred_at + interval '1 s'", workspace="workspace_id"
        ),
        None,
        1,
        1,
    ),
    Attack(
        "back-dates into a day without entries",
        "audit_event",
        INSERTED.format(xid="xid", time="occurred_at - interval '5 days'", workspace="workspace_id"),
        None,
        1,
        1,
    ),
    Attack(
        "inserts into a new workspace as if it had been sealed",
        "audit_event",
        INSERTED.format(xid="xid", time="occurred_at", workspace="'org_forged'"),
        None,
        0,
        1,
    ),
    Attack(
        "inserts for a transaction that has not begun",
        "audit_event",
        INSERTED.format(xid="'99999999'", time="occurred_at", workspace="workspace_id"),
        None,
        0,
        1,
    ),
    Attack(
        "inserts what no consumer has written",
        "audit_event",
        INSERTED.format(xid="pg_current_xact_id()", time="occurred_at", workspace="workspace_id"),
        1,
        0,
        0,
    ),
    Attack(
        "moves an entry to another seal",
        "audit_event",
        "UPDATE audit_event SET xid = '3' WHERE event_id = 'e4'",
        None,
        1,
        1,
    ),
    Attack(
        "moves an entry to another day",
        "audit_event",
        "UPDATE audit_event SET occurred_at = occurred_at - interval '1 day' WHERE event_id = 'e1'",
        None,
        1,
        1,
    ),
    Attack("detaches a partition", "", "", None, 1, 1),
    Attack(
        "changes a record",
        "audit_seal",
        "UPDATE audit_seal SET record = replace(record, 'seal 0', 'seal 7') WHERE seal = 0",
        5,
        5,
        5,
    ),
    Attack(
        "changes the newest record",
        "audit_seal",
        "UPDATE audit_seal SET record = replace(record, 'restored -', 'restored 0-1') WHERE seal = 2",
        5,
        5,
        5,
    ),
    Attack("changes a snapshot", "audit_seal", "UPDATE audit_seal SET snapshot = '3:3:' WHERE seal = 1", 5, 5, 5),
    Attack(
        "changes the newest accounts",
        "audit_seal",
        "UPDATE audit_seal SET accounts = replace(accounts, ',5,', ',6,') WHERE seal = 2",
        5,
        1,
        1,
    ),
    Attack("changes older accounts", "audit_seal", "UPDATE audit_seal SET accounts = '' WHERE seal = 0", None, 0, 1),
    Attack(
        "changes the newest checkpoint", "audit_seal", "UPDATE audit_seal SET checkpoint = 'x' WHERE seal = 2", 5, 4, 4
    ),
    Attack(
        "shows an older checkpoint",
        "audit_seal",
        "UPDATE audit_seal SET checkpoint = (SELECT checkpoint FROM audit_seal WHERE seal = 1) WHERE seal = 2",
        5,
        5,
        5,
    ),
    Attack(
        "changes an older checkpoint", "audit_seal", "UPDATE audit_seal SET checkpoint = 'x' WHERE seal = 1", None, 0, 1
    ),
    Attack(
        "takes an older checkpoint away",
        "audit_seal",
        "UPDATE audit_seal SET checkpoint = '' WHERE seal = 1",
        None,
        0,
        1,
    ),
    Attack(
        "shows an older checkpoint in another seal",
        "audit_seal",
        "UPDATE audit_seal SET checkpoint = (SELECT checkpoint FROM audit_seal WHERE seal = 0) WHERE seal = 1",
        None,
        0,
        1,
    ),
    Attack(
        "changes a signature of an older checkpoint",
        "audit_seal",
        "UPDATE audit_seal SET checkpoint = (SELECT split_part(one.checkpoint, E'\\n\\n', 1) || E'\\n\\n' || "
        "split_part(other.checkpoint, E'\\n\\n', 2) FROM audit_seal AS one, audit_seal AS other WHERE one.seal = 1 AND "
        "other.seal = 0) WHERE seal = 1",
        None,
        0,
        1,
    ),
    Attack(
        "changes a head",
        "audit_sealed_workspace",
        f"UPDATE audit_sealed_workspace SET days = sha256('x') WHERE {OF_ACME} AND seal = 2",
        1,
        1,
        1,
    ),
    Attack(
        "changes another workspace's head",
        "audit_sealed_workspace",
        f"UPDATE audit_sealed_workspace SET days = sha256('x') WHERE NOT {OF_ACME}",
        1,
        1,
        1,
    ),
    Attack(
        "changes an older head",
        "audit_sealed_workspace",
        f"UPDATE audit_sealed_workspace SET days = sha256('x') WHERE {OF_ACME} AND seal = 0",
        None,
        0,
        1,
    ),
    Attack(
        "deletes an older head",
        "audit_sealed_workspace",
        f"DELETE FROM audit_sealed_workspace WHERE {OF_ACME} AND seal = 0",
        None,
        0,
        1,
    ),
    Attack(
        "deletes a head",
        "audit_sealed_workspace",
        f"DELETE FROM audit_sealed_workspace WHERE {OF_ACME} AND seal = 2",
        1,
        1,
        1,
    ),
    Attack(
        "deletes a workspace's heads",
        "audit_sealed_workspace",
        f"DELETE FROM audit_sealed_workspace WHERE {OF_ACME}",
        1,
        1,
        1,
    ),
    Attack(
        "adds a head",
        "audit_sealed_workspace",
        "INSERT INTO audit_sealed_workspace VALUES (sha256('x'), 2, sha256('x'))",
        1,
        1,
        1,
    ),
    Attack(
        "changes a day",
        "audit_sealed_day",
        f"UPDATE audit_sealed_day SET entries = entries + 1 WHERE {OF_ACME} AND seal = 2",
        1,
        1,
        1,
    ),
    Attack(
        "changes a day's digest",
        "audit_sealed_day",
        f"UPDATE audit_sealed_day SET digest = sha256('x') WHERE {OF_ACME} AND seal = 2",
        1,
        1,
        1,
    ),
    Attack(
        "changes an older step of a day",
        "audit_sealed_day",
        f"UPDATE audit_sealed_day SET digest = sha256('x') WHERE {OF_ACME} AND seal = 0",
        None,
        1,
        1,
    ),
    Attack(
        "deletes an older step of a day",
        "audit_sealed_day",
        f"DELETE FROM audit_sealed_day WHERE {OF_ACME} AND seal = 0",
        None,
        None,
        1,
    ),
    Attack("deletes a day", "audit_sealed_day", f"DELETE FROM audit_sealed_day WHERE {OF_ACME} AND seal = 2", 1, 1, 1),
    Attack(
        "adds a day",
        "audit_sealed_day",
        "INSERT INTO audit_sealed_day VALUES (sha256('org_acme'), '2026-10-01', 1, 1, sha256('x'))",
        1,
        1,
        1,
    ),
)


# A head of seal 7 with the hash of all days as of then, so that it goes with them.
GOES_WITH_IT = (
    f"{HEAD}(sha256('org_acme'), 7, sha256(convert_to('callmine-audit-days/1 ' || encode(sha256('org_acme'), 'hex') || "
    "E'\\n' || (SELECT string_agg(line, '' ORDER BY line) FROM (SELECT DISTINCT ON (day) day || ' ' || entries || ' ' || "
    "encode(digest, 'hex') || E'\\n' AS line FROM audit_sealed_day WHERE workspace = sha256('org_acme') "
    "ORDER BY day, seal DESC) AS days), 'UTF8')))"
)
# A seal that is not there has no row in audit_seal, which only someone who switches its constraints off can change.
STRAYS = (
    ("days_without_a_head", [f"{STEP}(sha256('x'), '2026-10-01', 1, 1, sha256('x'))"], "and audit_sealed_workspace no head"),
    ("a_day_of_a_later_seal", [f"{STEP}(sha256('org_acme'), '2026-10-01', 7, 1, sha256('x'))"], "of seal 7, which"),
    ("a_head_of_a_later_seal", [f"{HEAD}(sha256('org_acme'), 7, sha256('x'))"], "of seal 7, which"),
    (
        "a_head_and_a_day_of_a_later_seal",
        [
            f"{STEP}(sha256('org_acme'), '2026-10-01', 7, 1, sha256('x'))",
            GOES_WITH_IT,
        ],
        "of seal 7, which",
    ),
    ("a_head_of_a_negative_seal", [f"{HEAD}(sha256('org_acme'), -1, sha256('x'))"], "of seal -1, which"),
)  # fmt: skip


@pytest.fixture
def three_seals(sealed_world: World) -> World:
    """Five entries of a workspace on one day, in two seals, and one of another workspace."""
    world = sealed_world
    world.record()
    world.record(time=f"{DAY}T12:00:00Z")
    world.record("org_globex", "2026-11-04T00:00:00Z")
    assert world.seal().exit == 0
    assert world.seal().exit == 0
    world.record(time=f"{DAY}T11:00:00Z")
    world.record(time=f"{DAY}T09:00:00Z")
    assert world.seal().exit == 0
    assert world.create("before").exit == 0
    return world


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name.replace(" ", "_"))
def test_superuser_is_found_out(attack: Attack, three_seals: World) -> None:
    """Each command, by itself, says what it should; none says that all is well where it is not."""
    world = three_seals
    if attack.table:
        world.tamper(attack.statement, table=attack.table)
    else:
        leaf = world.rows("SELECT tableoid::regclass::text FROM audit_event WHERE workspace_id = 'org_acme' LIMIT 1")[
            0
        ][0]
        world.admin.execute(f"ALTER TABLE audit_event DETACH PARTITION {leaf}".encode())
    for name, expected, result in (
        ("check", attack.check, world.check()),
        ("check without the folder", attack.check, world.check(AUDIT_SEAL_DIR=None)),
        ("create", attack.create, world.create()),
    ):
        assert expected is None or (result.exit, name) == (expected, name), result
    # Something new of the same workspace has to be sealed, or its days would not be read.
    if attack.table:
        world.record(time=f"{DAY}T13:00:00Z")
    result = world.seal()
    assert result.exit == (attack.seal or 0), result


def test_a_chain_takes_no_entry_beyond_the_sealed_ones() -> None:
    """By itself: the counts of a check would find it too."""
    key, row = "0" * 64, b'["2026-11-01T00:00:00.000000Z"]'
    digest = chain_rows(chain_start(key, "2026-11-01"), [row])
    head = DayHead("2026-11-01", 1, digest)
    scope = Range(workspace_id="org_acme", key=key, from_day=head.day, to_day="2026-11-02", days=[head])
    chain = chains._Chain(scope, head, [(1, digest)])
    chain.add([row])
    with pytest.raises(ExportError, match="has 2 entries of 2026-11-01, 1 were sealed"):
        chain.add([row])


def test_older_heads_and_days_that_go_together_are_compared_with_the_map_of_then(three_seals: World) -> None:
    """Nothing of seal 0 is left of a workspace that has newer heads: all that is left goes together."""
    world = three_seals
    seal_0 = (world.path / "before" / "checkpoint").with_name("of_seal_0")
    seal_0.write_text(world.rows("SELECT checkpoint FROM audit_seal WHERE seal = 0")[0][0])
    for table in ("audit_sealed_workspace", "audit_sealed_day"):
        world.tamper(f"DELETE FROM {table} WHERE {OF_ACME} AND seal = 0", table=table)

    result = world.check()

    assert (result.exit, "its map is not that of seal 0" in result.err) == (1, True), result
    assert world.create("package", "--known", str(seal_0)).exit == 1


@pytest.mark.parametrize(("statements", "words"), [stray[1:] for stray in STRAYS], ids=[stray[0] for stray in STRAYS])
def test_rows_that_no_seal_has_brought_are_found(statements: list[str], words: str, three_seals: World) -> None:
    """No map has them, so nothing else would ever meet them."""
    for statement in statements:
        three_seals.tamper(statement, table=statement.split()[2])

    result = three_seals.check()

    assert (result.exit, words in result.err) == (1, True), result


# What the constraints of audit_event refuse, which a superuser can take away; all of it is of a transaction that was sealed.
UNREAD = (
    ("no_time", "ALTER TABLE audit_event ALTER occurred_at DROP NOT NULL", "xid", "NULL", "workspace_id"),
    ("a_time_after_all", "", "xid", "'infinity'", "workspace_id"),
    ("a_time_before_all", "", "xid", "'0044-03-15 12:00:00 BC'", "workspace_id"),
    ("no_transaction", "ALTER TABLE audit_event ALTER xid DROP NOT NULL", "NULL", "occurred_at", "workspace_id"),
    ("no_workspace", NO_KEYS + "ALTER TABLE audit_event ALTER workspace_id DROP NOT NULL", "xid", "occurred_at", "NULL"),
)  # fmt: skip


@pytest.mark.parametrize(("alter", "xid", "time", "workspace"), [u[1:] for u in UNREAD], ids=[u[0] for u in UNREAD])
def test_entries_that_nobody_reads_are_found(
    alter: str, xid: str, time: str, workspace: str, three_seals: World
) -> None:
    """They are of no day, no seal or no workspace, so no chain meets them."""
    world = three_seals
    world.admin.execute(RANGE.encode())
    if alter:
        world.admin.execute(alter.encode())
    world.tamper(INSERTED.format(xid=xid, time=time, workspace=workspace))

    result = world.check()

    assert (result.exit, result.word) == (1, "TAMPERED"), result
    assert "entries that should be sealed, and" in result.err


def test_nothing_is_sealed_where_a_seal_is_refused(three_seals: World) -> None:
    """A refused seal leaves folder and tables as they were."""
    world = three_seals
    files = {path: path.read_bytes() for path in world.folder.rglob("*") if path.is_file()}
    world.tamper("UPDATE audit_sealed_day SET entries = 9 WHERE seal = 2", table="audit_sealed_day")
    world.record(time=f"{DAY}T13:00:00Z")

    assert world.seal().exit == 1

    assert {path: path.read_bytes() for path in world.folder.rglob("*") if path.is_file()} == files
    assert world.rows("SELECT max(seal) FROM audit_seal") == [(2,)]


def test_forged_seals_are_not_taken_over(three_seals: World) -> None:
    """A seal that the superuser adds, with whatever checkpoint, is none of ours."""
    world = three_seals
    world.tamper(
        "INSERT INTO audit_seal (seal, snapshot, record, accounts, checkpoint) SELECT 3, snapshot, "
        "replace(record, 'seal 2', 'seal 3'), accounts, checkpoint FROM audit_seal WHERE seal = 2",
        table="audit_seal",
    )

    assert (world.seal().exit, world.create().exit, world.check().exit) == (5, 5, 5)


def test_log_signed_again_by_another_key_is_refused(three_seals: World) -> None:
    """Someone with another key of the same name edits an entry and seals everything again: the folder and the policy say so."""
    world = three_seals
    world.run("keygen", LOG, "--out", str(world.path / "forged"))
    for table in ("audit_sealed_day", "audit_sealed_workspace", "audit_seal"):
        world.tamper(f"DELETE FROM {table}", table=table)
    (digest,) = world.rows("SELECT content_digest FROM audit_event WHERE event_id = 'e1'")[0]
    world.tamper("UPDATE audit_event SET trace_id = 'edited' WHERE event_id = 'e1'")
    forged = {"AUDIT_SEAL_DIR": str(world.path / "other"), "AUDIT_SEAL_KEY": str(world.path / "forged.key")}
    assert world.seal(**forged).exit == 0
    assert digest == world.rows("SELECT content_digest FROM audit_event WHERE event_id = 'e1'")[0][0]

    assert (world.seal().exit, world.create().exit, world.check().exit) == (5, 5, 5)
    assert world.check(AUDIT_SEAL_DIR=None).exit == 4
