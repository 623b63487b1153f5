"""Packages: what `create` makes, its receiver verifies; what was not signed or not asked for properly, it refuses."""

import errno
import json
import os
from pathlib import Path

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from export.format.checkpoint import Checkpoint
from export.format.keys import COSIGNATURE, SigningKey, VerifierKey, cosigned
from export.format.note import Signature, parse_note, sign_note
from tests.integration.export.world import DAY, EXPORTER, LOG, World


def hold(world: World, name: str) -> str:
    """Keeps the newest checkpoint as a receiver does."""
    path = world.path / name
    path.write_bytes((world.folder / "checkpoint").read_bytes())
    return str(path)


@pytest.fixture
def two_seals(sealed_world: World) -> World:
    """Three entries of org_acme, the last in a seal of its own, and one of another workspace; `known` is held of between."""
    world = sealed_world
    world.record()
    world.record(time=f"{DAY}T09:00:00Z", subject_label='say "hi"\n, =x', actor_email="=a@x.io")
    world.record("org_globex", "2026-11-04T00:00:00Z")
    assert world.seal().exit == 0
    hold(world, "known")
    world.record(time=f"{DAY}T08:00:00Z")
    assert world.seal().exit == 0
    return world


def refused(world: World, code: int, *arguments: str, **changed: str) -> str:
    """Nothing is left of a package that is refused."""
    result = world.create("refused", *arguments, **changed)
    assert result.exit == code, result
    assert not [path.name for path in world.path.iterdir() if "refused" in path.name]
    return result.err


def test_package_is_verified_by_its_receiver(two_seals: World) -> None:
    world, known = two_seals, str(two_seals.path / "known")
    result = world.create("package", "--known", known)

    assert (result.exit, result.err, result.word) == (0, "", "VERIFIED")
    assert world.verify("package", "--known", known).exit == 0
    assert {path.name for path in (world.path / "package").iterdir()} == {
        "manifest", "audit.csv", "proof.json", "accounts.csv", "checkpoint", "README.txt",
    }  # fmt: skip
    exports = world.rows(
        "SELECT workspace_id, from_day::text, to_day::text, entries, requested_by, reason, performed_by, "
        "encode(manifest_sha256, 'hex') = %s FROM audit_export",
        (world.sha256(world.path / "package" / "manifest"),),
    )
    assert exports == [("org_acme", "2026-01-01", "2027-01-01", 3, "auditor@example.com", "SOC 2", "postgres", True)]
    manifest = json.loads((world.path / "package" / "manifest").read_text().rpartition("\n\n")[0])
    assert (manifest["reason"], manifest["performed_by"], manifest["entries_by_day"]) == ("SOC 2", "postgres", {DAY: 3})
    assert manifest["checkpoint"]["size"] == 2
    assert "audit-export verify" in (world.path / "package" / "README.txt").read_text()


def test_days_without_entries_and_workspaces_without_any(two_seals: World) -> None:
    """Nothing is something that can be shown."""
    world = two_seals
    for name, options in (
        ("before", {"to": "2026-11-03"}),
        ("after", {"from": "2026-11-04"}),
        ("nobody", {"workspace": "org_nobody"}),
        ("globex", {"workspace": "org_globex", "from": "2026-11-04", "to": "2026-11-05"}),
    ):
        assert world.create(name, **options).exit == 0
        assert world.verify(name, **options).exit == 0
    assert (world.path / "nobody" / "audit.csv").read_bytes().count(b"\r\n") == 1


@pytest.mark.parametrize("name", ["x" * 255, "\N{LATIN SMALL LETTER A WITH DIAERESIS}" * 127])
def test_folder_with_the_longest_name(name: str, two_seals: World) -> None:
    """While it is made it has another name, which must not be longer."""
    assert two_seals.create(name).exit == 0
    assert two_seals.verify(name).exit == 0


def test_newest_seal_counts(two_seals: World) -> None:
    """What is recorded and not sealed is in no package yet, and does no harm."""
    two_seals.record()

    assert "VERIFIED - 3 entries" in two_seals.create().out


def test_wrong_usage(two_seals: World) -> None:
    """Exit 2, a line that names it, nothing made, nothing journaled."""
    world = two_seals
    (world.path / "there").mkdir()
    other = SigningKey(EXPORTER, Ed25519PrivateKey.generate())
    (world.path / "other.key").write_bytes(other.encode())
    assert "already exists" in world.create("there").err
    for options, words in (
        ({"from": "2026-02-30"}, "--from"),
        ({"to": "2026-01-01"}, "is not before"),
        ({"workspace": ""}, "--workspace"),
        ({"policy": str(world.path / "missing")}, "policy"),
        ({"reason": " "}, "--reason"),
        ({"requested-by": "\t"}, "--requested-by"),
    ):
        replaced = {"workspace": "org_acme", "from": "2026-01-01", "to": "2027-01-01", "policy": str(world.policy),
                    "requested-by": "x", "reason": "y", **options}  # fmt: skip
        option_words = [word for option, value in replaced.items() for word in (f"--{option}", value)]
        result = world.run("create", str(world.path / "refused"), *option_words)
        assert (result.exit, result.word, words in result.err) == (2, "MALFORMED", True), result
    for environ in (
        {"AUDIT_EXPORT_KEY": str(world.path / "other.key")},
        {"AUDIT_EXPORT_KEY": None},
        {"DATABASE_URL": "x"},
    ):
        result = world.run("create", str(world.path / "refused"), "--workspace", "w", "--from", "2026-01-01", "--to",
                         "2026-01-02", "--policy", str(world.policy), "--requested-by", "x", "--reason", "y", **environ)  # fmt: skip
        assert (result.exit, result.word) == (2, "MALFORMED"), result
    assert not (world.path / "refused").exists()
    assert world.rows("SELECT count(*) FROM audit_export") == [(0,)]


def test_days_that_are_not_closed(two_seals: World) -> None:
    """Kafka is read completely through the start of 2027, and no further."""
    assert "not closed" in refused(two_seals, 3, to="2027-01-02")


def test_nothing_sealed(sealed_world: World) -> None:
    assert "nothing is sealed" in refused(sealed_world, 3)


def test_accounts_that_do_not_balance(sealed_world: World) -> None:
    """An entry that no counter knows of."""
    world = sealed_world
    world.record()
    world.admin.execute("UPDATE partition_progress SET next_offset = 2, recorded = 2")
    assert world.seal().exit == 0

    assert "do not balance" in refused(world, 3)
    assert world.check().exit == 3


def test_checkpoints_that_someone_holds(two_seals: World) -> None:
    """Of another key: 4; of another log: 3; of a later or other log of this name: 5; no checkpoint: 2."""
    world, known = two_seals, two_seals.path / "known"
    key = SigningKey(LOG, Ed25519PrivateKey.generate())
    (world.path / "forged.key").write_bytes(key.encode())
    assert world.seal(AUDIT_SEAL_DIR=str(world.path / "x"), AUDIT_SEAL_KEY=str(world.path / "forged.key")).exit == 2
    garbage = world.path / "garbage"
    garbage.write_text("no note\n")
    refused(world, 2, "--known", str(garbage))
    changed = world.path / "changed"
    changed.write_text(known.read_text().replace("\n1\n", "\n7\n"))
    refused(world, 4, "--known", str(changed))
    newest = hold(world, "newest")
    for table in ("audit_sealed_day", "audit_sealed_workspace", "audit_seal"):
        world.tamper(f"DELETE FROM {table} WHERE seal = 1", table=table)
    assert "--known 1 is of size 2" in refused(world, 5, "--known", newest)


@pytest.mark.parametrize("size", [1, 2, 3])
def test_checkpoint_of_another_log_of_the_policy(size: int, two_seals: World) -> None:
    """Whatever its size. That someone holds one says nothing of this log; in the sealer's folder it is not what was signed."""
    world = two_seals
    other = SigningKey("other.example/log", Ed25519PrivateKey.generate())
    world.policy.write_text(f"{world.policy.read_text()}log {other.verifier.encode()}\n")
    text = Checkpoint(origin=other.name, size=size, root=bytes(32)).encode()
    (world.path / "other").write_bytes(sign_note(text, [other]).encode())

    assert "is of the log 'other.example/log'" in refused(world, 3, "--known", str(world.path / "other"))
    (world.folder / "checkpoint").write_bytes((world.path / "other").read_bytes())
    assert "is of the log 'other.example/log'" in refused(world, 5)
    assert world.check().exit == 5


def test_witness_in_the_folder_is_in_the_package(two_seals: World) -> None:
    """A line that a witness adds to `checkpoint` is used where it is of the newest seal, and the quorum wants it."""
    world = two_seals
    private = Ed25519PrivateKey.generate()
    witness = VerifierKey("witness.example", COSIGNATURE, private.public_key().public_bytes_raw())
    world.policy.write_text(f"{world.policy.read_text()}witness w1 {witness.encode()}\nquorum w1\n")
    assert "quorum" in refused(world, 3)
    path = world.folder / "checkpoint"
    note = parse_note(path.read_bytes(), "checkpoint")
    blob = (1_790_000_000).to_bytes(8, "big") + private.sign(cosigned(1_790_000_000, note.text))
    path.write_bytes(path.read_bytes() + Signature(witness.name, witness.key_id, blob).encode().encode())

    assert world.create().exit == 0
    assert "w1" in world.verify().out
    assert world.seal().exit == 0  # a line of someone else's does not disturb the sealer
    refused(world, 3)


def test_least_privileged_login_can_create_and_nothing_more(two_seals: World) -> None:
    """A login with audit_exporter alone; without it, one line."""
    world = two_seals
    name = f"exporter_{world.url.rsplit('/', 1)[1]}"
    world.admin.execute(f"CREATE ROLE {name} LOGIN NOINHERIT PASSWORD 'x'".encode())
    try:
        host = world.url.rpartition("@")[2]
        world.environ["DATABASE_URL"] = f"postgresql://{name}:x@{host}"
        assert "GRANT audit_exporter TO" in refused(world, 1)
        world.admin.execute(f"GRANT audit_exporter TO {name}".encode())
        assert world.create().exit == 0
        assert world.check().exit == 1
        assert world.check().err.startswith(
            "TAMPERED - nothing was found, but a person is needed: the database refuses"
        )
    finally:
        world.admin.execute(f"DROP OWNED BY {name}; DROP ROLE {name}".encode())


def test_database_that_is_unavailable(two_seals: World) -> None:
    """The first word is the one of the exit code (section 10), and the line begins by saying that nothing was found."""
    world = two_seals
    world.environ["DATABASE_URL"] = "host=127.0.0.1 port=1 connect_timeout=1"

    words = "TAMPERED - nothing was found, but a person is needed: the database is unavailable"
    assert refused(world, 1).startswith(words)
    assert world.check().err.startswith(words)
    assert world.seal().err.startswith(words)


def test_full_disk_needs_a_person(two_seals: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The line names the file; the system does not."""

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)

    words = "TAMPERED - nothing was found, but a person is needed: cannot write audit.csv of the package: No space left on device\n"
    assert refused(two_seals, 1) == words


def test_what_cannot_be_journaled_is_not_handed_over(two_seals: World) -> None:
    world = two_seals
    world.admin.execute("REVOKE INSERT ON audit_export FROM audit_exporter")
    for column in ("workspace_id", "from_day", "to_day", "entries", "manifest_sha256", "requested_by", "reason"):
        world.admin.execute(f"REVOKE INSERT ({column}) ON audit_export FROM audit_exporter".encode())

    refused(world, 1)


def test_others_entries_are_out_of_reach(two_seals: World) -> None:
    """The session of an export sees one workspace, whatever a statement of it would ask for."""
    with psycopg.connect(two_seals.url) as connection:
        connection.execute("SET ROLE audit_exporter")
        connection.execute("SELECT set_config('audit.workspace_id', 'org_acme', true)")
        workspaces = connection.execute("SELECT DISTINCT workspace_id FROM audit_event").fetchall()
    assert workspaces == [("org_acme",)]


def test_check_that_found_nothing_out_leaves_the_last_result(sealed_world: World, tmp_path: Path) -> None:
    """Of a log without a seal, and of a database that is not there; but seals that were checked before must be there."""
    world, file = sealed_world, tmp_path / "check.prom"
    left = {"AUDIT_CHECK_METRICS_FILE": str(file), "AUDIT_SEAL_DIR": None}
    assert world.check(**left).exit == 3
    assert not file.exists()

    world.record()
    assert (world.seal().exit, world.check(**left).exit) == (0, 0)
    before = file.read_text()
    result = world.check(**left, DATABASE_URL="postgresql://127.0.0.1:1/none")
    assert result.exit == 1 and "nothing was found" in result.err
    assert file.read_text() == before

    tables = ("audit_seal", "audit_sealed_workspace", "audit_sealed_day")
    for table in tables:
        world.admin.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL".encode())
    world.admin.execute(f"TRUNCATE {', '.join(tables)}".encode())
    assert world.check(**left).exit == 3
    assert "auditlog_check_exit_code 3\n" in file.read_text()


def test_check_says_it_to_prometheus(two_seals: World, tmp_path: Path) -> None:
    """The file of a scheduled check has the exit code, also of a failure; where it cannot be written, exit 2."""
    world, file = two_seals, tmp_path / "check.prom"
    assert world.check(AUDIT_CHECK_METRICS_FILE=str(file)).exit == 0
    assert "auditlog_check_exit_code 0\n" in file.read_text()
    world.tamper("UPDATE audit_event SET trace_id = 'x' WHERE event_id = 'e1'")
    assert world.check(AUDIT_CHECK_METRICS_FILE=str(file)).exit == 1
    assert "auditlog_check_exit_code 1\n" in file.read_text()
    world.tamper("UPDATE audit_event SET trace_id = NULL WHERE event_id = 'e1'")
    assert world.check(AUDIT_CHECK_METRICS_FILE=str(tmp_path / "missing" / "check.prom")).exit == 2
