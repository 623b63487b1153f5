"""`check` on databases that no one has touched; what a superuser does to them is in test_tampering."""

import base64
import hashlib
import sys
from itertools import count
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from export import settings
from export.check import everything, history, older_seals
from export.format.encoding import workspace_key
from export.tables.bucket_map import bucket_of
from export.tables.database import Connection
from tests.integration.export.world import DAY, INSERT, LOG, World


def test_untouched_database_is_verified(sealed_world: World) -> None:
    """Sealed entries of some workspaces, in several seals; what is not sealed yet is no finding."""
    world = sealed_world
    assert world.check().exit == 3
    for number in range(3):
        world.record(time=f"2026-11-0{3 - number}T08:00:00Z")
        world.record(f"org_{number}", time=f"{DAY}T08:00:00Z")
        assert world.seal().exit == 0
    world.record("org_later")

    result = world.check()

    assert (result.exit, result.err) == (0, "")
    assert result.out.startswith("VERIFIED - 6 entries of 5 workspaces")
    assert "with the checkpoint of AUDIT_SEAL_DIR" in result.out
    assert "witnesses    NONE: no one but the log's operator" in result.out
    assert "NOTHING" in world.check(AUDIT_SEAL_DIR=None).out


@pytest.mark.parametrize("kept", [0, older_seals.KEPT])
def test_heads_of_many_seals_are_compared(kept: int, sealed_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Workspaces of one bucket, and of others, in turn; whether their heads are kept from seal to seal or read again."""
    monkeypatch.setattr(older_seals, "KEPT", kept)
    monkeypatch.setattr(older_seals, "AT_ONCE", 1)
    world = sealed_world
    bucket = bucket_of(workspace_key("org_acme"))
    neighbor = next(name for name in map("org_{}".format, count()) if bucket_of(workspace_key(name)) == bucket)
    for workspaces in (("org_acme", "org_x"), (neighbor,), (), ("org_acme",), (neighbor, "org_x", "org_y")):
        for workspace_id in workspaces:
            world.record(workspace_id)
        assert world.seal().exit == 0

    assert world.check().exit == 0


def test_older_checkpoints_may_be_of_a_key_that_is_no_longer_trusted(sealed_world: World) -> None:
    """After a rotation the policy has the new key alone, and the old checkpoints are still of the log."""
    world = sealed_world
    world.record()
    assert world.seal().exit == 0
    assert world.run("keygen", LOG, "--out", str(world.path / "new")).exit == 0
    keys = f"{world.path}/new.key:{world.path}/log.key"
    assert world.seal(AUDIT_SEAL_KEY=keys).exit == 0
    assert world.seal(AUDIT_SEAL_KEY=str(world.path / "new.key")).exit == 0
    old, new = ((world.path / f"{name}.vkey").read_text() for name in ("log", "new"))
    world.policy.write_text(world.policy.read_text().replace(old, new))

    assert world.check().exit == 0


def test_seal_that_is_made_meanwhile_is_no_finding(sealed_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder is read before the tables, so that it can be behind them, and never ahead."""
    world, read = sealed_world, settings.folder_checkpoint
    world.record()
    assert world.seal().exit == 0

    def sealed_meanwhile(folder: Path | None) -> bytes | None:
        process = world.start(sys.executable, "-m", "export", "seal", "--once")
        process.communicate(timeout=60)
        assert process.returncode == 0
        return read(folder)

    monkeypatch.setattr(settings, "folder_checkpoint", sealed_meanwhile)

    assert (world.check().exit, len(world.records())) == (0, 2)


def test_completeness_after_the_seal_is_said(sealed_world: World) -> None:
    """By the sealer's own clock it could not be known yet."""
    world = sealed_world
    world.record()
    for through, said in (("2027-01-01T00:00:00Z", True), ("2026-11-04T00:00:00Z", False)):
        world.admin.execute("UPDATE partition_progress SET complete_through = %s", (through,))
        assert world.seal().exit == 0

        result = world.check()

        assert (result.exit, "  exception    complete_through of seal" in result.out) == (0, said), result


def test_witnesses_are_named(sealed_world: World) -> None:
    """Whose line is in the folder's checkpoint and whose key is in the policy."""
    world = sealed_world
    world.record()
    assert world.seal().exit == 0
    key = Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes_raw()
    name = "witness.example.com/w"
    typed = b"\x04" + public
    key_id = hashlib.sha256(name.encode() + b"\n" + typed).digest()[:4]
    vkey = f"{name}+{key_id.hex()}+{base64.b64encode(typed).decode()}"
    world.policy.write_text(f"{world.policy.read_text()}witness w1 {vkey}\n")
    checkpoint = world.folder / "checkpoint"
    text = checkpoint.read_bytes().partition(b"\n\n")[0] + b"\n"
    signature = key.sign(b"cosignature/v1\ntime 1795684607\n" + text)
    line = base64.b64encode(key_id + (1795684607).to_bytes(8) + signature).decode()
    with checkpoint.open("a") as file:
        file.write(f"\N{EM DASH} {name} {line}\n")

    assert "witnesses    w1\n" in world.check().out


def test_every_finding_is_reported(sealed_world: World) -> None:
    """One does not hide the others."""
    world = sealed_world
    for workspace in ("org_a", "org_b", "org_c"):
        world.record(workspace)
    assert world.seal().exit == 0
    world.tamper("UPDATE audit_event SET trace_id = 'x' WHERE workspace_id IN ('org_a', 'org_b')")
    world.tamper("DELETE FROM audit_event WHERE workspace_id = 'org_c'")

    result = world.check()

    assert result.exit == 1
    assert all(words in result.err for words in ("'org_a'", "'org_b'", "are gone"))


def test_database_that_goes_away_hides_no_finding(sealed_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was found before is said, and that no more was compared."""
    world = sealed_world
    first, second = sorted(("org_a", "org_b"), key=workspace_key)
    for workspace in (first, second):
        world.record(workspace)
    assert world.seal().exit == 0
    world.tamper(f"UPDATE audit_event SET trace_id = 'x' WHERE workspace_id = '{first}'")
    compare = history.check_history

    def gone(connection: Connection, key: str) -> None:
        if key == workspace_key(second):
            world.rows("SELECT pg_terminate_backend(%s, 10000)", (connection.info.backend_pid,))
        compare(connection, key)

    monkeypatch.setattr(everything, "check_history", gone)
    result = world.check()

    assert (result.exit, result.word) == (1, "TAMPERED"), result
    assert f"{first!a} are not those sealed; and no more was compared: the database is unavailable" in result.err


def test_finding_in_a_large_workspace_hides_no_other(sealed_world: World) -> None:
    """More follows the one that was edited than the server can send before it is read."""
    world = sealed_world
    large, behind = sorted(("org_a", "org_b"), key=workspace_key)
    world.record(behind)
    with world.recording() as transaction:
        world.add(transaction, large, "2026-11-03T10:00:00Z")
        entries = [world.entry(large, "2026-11-04T10:00:00Z", subject_label="x" * 4000) for _ in range(5000)]
        transaction.cursor().executemany(INSERT, entries)
    first = world.rows("SELECT min(id) FROM audit_event WHERE workspace_id = %s", (large,))[0][0]
    assert world.seal().exit == 0
    world.tamper(
        f"UPDATE audit_event SET trace_id = 'x' WHERE workspace_id = '{behind}' OR (workspace_id = '{large}' AND id = {first})"
    )

    result = world.check()

    assert (result.exit, result.word) == (1, "TAMPERED"), result
    assert all(f"{workspace!a} are not those sealed" in result.err for workspace in (large, behind)), result
