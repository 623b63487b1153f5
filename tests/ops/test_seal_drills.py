"""What an operator does by docs/runbook.md to seal and to export, line by line: at the end everything is as it was signed."""

import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from sandbox.services.postgres import PostgresServer
from sandbox.services.process import wait_until
from sandbox.services.service import KafkaBroker
from tests.integration.export import conftest, test_restore
from tests.integration.export.test_copies import Topic
from tests.integration.export.world import EXPORTER, CommandResult, World
from tests.ops.runbook import Procedure

# Of the tests of the export.
sealed_world = conftest.sealed_world
backup = test_restore.backup

EXPORT = "audit-export"
DAYS = {"from": "2026-11-01", "to": "2026-11-20"}


def typed(world: World, line: list[str], **environ: str) -> CommandResult:
    """A line that must end with 0."""
    process = world.run(*line, **environ)
    assert process.exit == 0, (line, process)
    return process


def consumer_status(world: World, line: list[str]) -> None:
    program = Path(sys.executable).with_name("audit-consumer")
    environ = {"DATABASE_URL": world.url, "PATH": "/usr/bin:/bin"}
    process = subprocess.run([program, *line], check=False, env=environ, capture_output=True, text=True)
    assert process.returncode == 0, process.stdout + process.stderr


def seals_on(world: World, line: list[str], folder: Path, **environ: str) -> None:
    """The last line: it makes a seal, and ends when it is told to."""

    def seals() -> int:
        return (folder / "records").read_text().count("callmine-audit-seal/1")

    before = seals()
    process = world.start(sys.executable, "-m", "export", *line, **environ)
    assert wait_until(lambda: seals() > before, 60)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err


def policy_of(world: World, log: Path) -> str:
    """The receiver's policy with the log's key in the place of the world's."""
    exporter = (world.path / "exporter.vkey").read_text()
    world.policy.write_text(f"log {log.read_text()}exporter {exporter}")
    return str(world.policy)


def test_the_first_sealing(sealed_world: World) -> None:
    """A login, a key, the first seal, a check, and on."""
    world, drill = sealed_world, Procedure("The first sealing")
    for number in range(3):
        world.record(f"org_{number}")
    with psycopg.connect(world.url) as admin:
        for start in ("CREATE ROLE", "GRANT"):
            line = drill.line(start).replace("NEW_LOGIN", "audit_seal_drill").replace("NEW_PASSWORD", "x")
            admin.execute(line.encode())
        admin.rollback()  # roles are of the whole cluster
    out = str(world.path / "drill")
    typed(world, drill.command("keygen", EXPORT, name="audit.example.com/drill", log=out))
    policy = policy_of(world, world.path / "drill.vkey")
    key = {"AUDIT_SEAL_KEY": f"{out}.key"}
    assert "sealed 3 entries" in typed(world, drill.command("seal", EXPORT), **key).out
    typed(world, drill.command("check", EXPORT, policy=policy))
    seals_on(world, drill.command("seal", EXPORT), world.folder, **key)
    drill.over()


def test_what_is_kept_outside_is_looked_at(sealed_world: World) -> None:
    """A copy is by our key, and the database continues it; a copy of a log that was started again is detected."""
    world, drill = sealed_world, Procedure("What to keep outside")
    outside = world.path / "outside"
    outside.mkdir()
    world.record()
    assert world.seal(AUDIT_SEAL_COPY_DIR=str(outside)).exit == 0
    world.record()
    assert world.seal().exit == 0
    copy = {"checkpoint": str(outside / "checkpoint"), "policy": str(world.policy)}
    typed(world, drill.command("inspect", EXPORT, **copy))
    check = drill.command("check", EXPORT, **copy)
    typed(world, check, AUDIT_SEAL_DIR=str(outside))
    drill.over()
    world.tamper("DELETE FROM audit_sealed_day", table="audit_sealed_day")
    world.tamper("DELETE FROM audit_sealed_workspace", table="audit_sealed_workspace")
    world.tamper("DELETE FROM audit_seal", table="audit_seal")
    assert world.run(*check, AUDIT_SEAL_DIR=str(outside)).exit == 5


def test_losing_the_folder(sealed_world: World, kafka: KafkaBroker) -> None:
    """The copy in Kafka says that the database is what was signed; then a new folder adopts it."""
    world, drill, topic = sealed_world, Procedure("Losing the sealer's folder"), Topic(kafka)
    for _ in range(2):
        world.record()
        assert world.seal(**topic.settings).exit == 0
    world.folder.rename(world.path / "lost")
    copy = world.path / "copy"
    copy.mkdir()
    drill.line("kcat -C -q -e -b HOST:PORT -t TOPIC -p 0 -o -1")
    (copy / "checkpoint").write_bytes(topic.records()[-1].value() or b"")
    policy = str(world.policy)
    typed(world, drill.command("check", EXPORT, policy=policy), AUDIT_SEAL_DIR=str(copy))
    assert world.seal().exit == 2  # an empty folder alone is not enough
    typed(world, drill.command("seal", EXPORT))
    typed(world, drill.command("check", EXPORT, policy=policy))
    seals_on(world, drill.command("seal", EXPORT), world.folder)
    drill.over()
    typed(world, ["check", "--policy", policy], AUDIT_SEAL_DIR=str(copy))


@pytest.mark.skipif(shutil.which("kcat") is None, reason="kcat is not installed: apt-get install kcat")
def test_kcat_reads_the_newest_copy(sealed_world: World, kafka: KafkaBroker) -> None:
    """The line as it is in the runbook, by Debian's kcat: the file has the checkpoint, byte for byte, and not the one before it."""
    world, topic = sealed_world, Topic(kafka)
    copy = world.path / "copy"
    copy.mkdir()
    line = Procedure("Losing the sealer's folder").line("kcat ")
    for word, value in (("HOST:PORT", kafka.bootstrap), ("TOPIC", topic.name), ("FOLDER", str(copy))):
        line = line.replace(word, value)
    for _ in range(2):
        world.record()
        assert world.seal(**topic.settings).exit == 0
        process = subprocess.run(["bash", "-c", line], check=False, capture_output=True, text=True, timeout=60)
        assert (process.returncode, process.stdout, process.stderr) == (0, "", "")
        assert (copy / "checkpoint").read_bytes() == (world.folder / "checkpoint").read_bytes()
    typed(world, ["check", "--policy", str(world.policy)], AUDIT_SEAL_DIR=str(copy))


def test_sealing_after_a_restore(sealed_world: World, backup: Callable[[], Callable[[], None]]) -> None:
    """Seals are lost with the database, and the log says so for ever."""
    world, drill = sealed_world, Procedure("Sealing after a restore")
    test_restore.lost_two(world, backup)
    assert world.seal().exit == 5
    world.record(time="2026-11-03T12:00:00Z")
    consumer_status(world, drill.command("status"))
    typed(world, drill.command("seal", EXPORT))
    typed(world, drill.command("check", EXPORT, policy=str(world.policy)))
    seals_on(world, drill.command("seal", EXPORT), world.folder)
    drill.over()
    typed(world, ["create", str(world.path / "package"), *asked(world)])
    assert "restored     the database lost seals 2 to 3" in world.verify("package", **DAYS).out


def asked(world: World) -> list[str]:
    """The options of a request."""
    days = [word for name, day in DAYS.items() for word in (f"--{name}", day)]
    return ["--workspace", "org_acme", *days, "--policy", str(world.policy), "--requested-by", "x", "--reason", "x"]


def test_rotating_the_key(sealed_world: World) -> None:
    """Whoever has the old key in their policy can look at the note; the log goes on, and any of the two policies accepts it."""
    world, drill = sealed_world, Procedure("Rotating the log's key")
    world.record()
    assert world.seal().exit == 0
    paths = {name: str(world.path / name) for name in ("log.key", "new", "new.key", "rotation")}
    typed(world, drill.command("keygen", EXPORT, name="audit.example.com/log", **paths))
    typed(world, drill.command("rotate", EXPORT, **paths))
    typed(world, drill.command("inspect", EXPORT, policy=str(world.policy), **paths))
    both = {"AUDIT_SEAL_KEY": f"{world.path}/new.key:{world.path}/log.key"}
    seals_on(world, drill.command("seal", EXPORT), world.folder, **both)
    drill.over()
    assert world.check().exit == 0
    policy_of(world, world.path / "new.vkey")
    assert world.check().exit == 0
    assert world.seal(AUDIT_SEAL_KEY=f"{world.path}/new.key").exit == 0


def test_a_stolen_key(sealed_world: World, postgres: PostgresServer) -> None:
    """The old log is kept whole, outside; a new one of another name seals the same entries; the schema is as it was."""
    world, drill = sealed_world, Procedure("A stolen key")
    for number in range(3):
        world.record(f"org_{number}")
        assert world.seal().exit == 0
    process = world.start()
    assert wait_until(lambda: len(world.records()) > 3, 60)
    drill.line("kill -TERM SEALER_PID")
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    old_log = world.path / "old.dump"
    dump = drill.line("pg_dump").replace("OLD_LOG", str(old_log)).replace("SUPERUSER_URL", world.url).split()
    postgres.run(*dump)
    assert old_log.stat().st_size > 0
    taking = Procedure("Taking a log out")
    for start in (*["ALTER TABLE"] * 3, "TRUNCATE", *["ALTER TABLE"] * 3):
        world.admin.execute(taking.line(start).encode())
    consumer_status(world, taking.command("status --verify"))
    taking.over()
    out, fresh = str(world.path / "log2"), world.path / "fresh"
    typed(world, drill.command("keygen", EXPORT, new_name="audit.example.com/log2", log2=out))
    policy = policy_of(world, world.path / "log2.vkey")
    new = {"AUDIT_SEAL_KEY": f"{out}.key", "AUDIT_SEAL_DIR": str(fresh)}
    assert "sealed 3 entries" in typed(world, drill.command("seal", EXPORT), **new).out
    typed(world, drill.command("check", EXPORT, policy=policy), **new)
    seals_on(world, drill.command("seal", EXPORT), fresh, **new)
    drill.over()


def test_answering_an_auditor(sealed_world: World) -> None:
    """Made, verified as the receiver will, compared with what they hold; who asked and why is kept."""
    world, drill = sealed_world, Procedure("Answering an auditor")
    world.record()
    assert world.seal().exit == 0
    known = world.path / "known"
    known.write_bytes((world.folder / "checkpoint").read_bytes())
    world.record()
    assert world.seal().exit == 0
    values = {
        "folder": str(world.path / "package"),
        "workspace": "org_acme",
        "policy": str(world.policy),
        "checkpoint": str(known),
    }

    def line(start: str) -> list[str]:
        words = drill.command(start, EXPORT, **values)
        days = iter(DAYS.values())
        return [next(days) if word == "DAY" else word for word in words]

    typed(world, line("create"))
    said = typed(world, line("verify")).out
    assert "VERIFIED - 2 entries of org_acme" in said
    assert "with your checkpoints of size 1" in said
    assert EXPORTER in typed(world, line("inspect")).out
    drill.over()
    assert world.rows("SELECT workspace_id, starts_with(requested_by, 'dana@'), reason FROM audit_export") == [
        ("org_acme", True, "SOC 2 review, ticket 4720")
    ]
