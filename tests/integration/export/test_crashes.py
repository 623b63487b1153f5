"""SIGKILL at every step: the next start finishes what was signed, and neither loses nor repeats an entry."""

import datetime as dt
import signal
import sys
from unittest.mock import patch

import pytest

from export.seal import run
from sandbox.services.process import wait_until
from tests.integration.export.failpoint import POINTS
from tests.integration.export.world import DAY, World

SEAL = [point for point in POINTS if point not in {"journaling", "journaled", "named"}]
# From here on the seal is signed, and must come out as it was.
SIGNED = ("pending_written", "committed", "day_kept", "appending", "appended", "published", "done")
COMMITTED = tuple(point for point in SIGNED[1:] if point != "day_kept")  # the first seal ends no day
LIMIT = 30.0  # seconds that anything may take here
YESTERDAY = dt.datetime(2026, 11, 4, 12, tzinfo=dt.UTC)


def crash(world: World, point: str, action: str, *command: str) -> None:
    """Runs a command until it kills itself at that point."""
    process = world.start(sys.executable, "-m", "tests.integration.export.failpoint", point, action, "--", *command)
    out, err = process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL, (out, err)


def one_seal(world: World) -> None:
    """Two entries, sealed on a day that has ended."""
    world.record()
    world.record(time=f"{DAY}T09:00:00Z")
    with patch.object(run, "_now", lambda: YESTERDAY):
        assert world.seal().exit == 0


def consistent(world: World, seals: int) -> None:
    """Folder and tables say the same, all of it is signed, and packages of it are verified."""
    assert world.records() == [record for (record,) in world.rows("SELECT record FROM audit_seal ORDER BY seal")]
    assert len(world.records()) == seals
    if seals > 1 and "2026-11-04T" in world.records()[0]:
        assert (world.folder / "checkpoints" / "2026-11-04").read_text() == world.rows(
            "SELECT checkpoint FROM audit_seal WHERE seal = 0"
        )[0][0]
    newest = world.rows("SELECT checkpoint FROM audit_seal ORDER BY seal DESC LIMIT 1")[0][0]
    assert (world.folder / "checkpoint").read_text() == newest
    assert world.pending() is None
    assert world.check().exit == 0
    assert world.create().exit == 0
    entries = world.rows("SELECT count(*) FROM audit_event WHERE workspace_id = 'org_acme'")[0][0]
    assert f"VERIFIED - {entries} entries" in world.verify().out


@pytest.mark.parametrize("point", SEAL)
def test_killed_at(point: str, sealed_world: World) -> None:
    """A later start makes exactly the seal that was signed, if one was, and then its own."""
    world = sealed_world
    one_seal(world)
    world.record(time=f"{DAY}T08:00:00Z")

    crash(world, point, "kill", "seal", "--once")
    pending = world.pending()
    world.record(time=f"{DAY}T07:00:00Z")

    assert (pending is not None) == (point in SIGNED[:-1])
    result = world.seal()
    assert (result.exit, result.err) == (0, "")
    consistent(world, 3 if point in SIGNED else 2)
    if pending is not None:
        assert world.records()[1] == pending["record"]


@pytest.mark.parametrize("first", [False, True])
def test_killed_in_the_middle_of_a_record(first: bool, sealed_world: World) -> None:
    """Half a record at the end of `records` is taken away, and written whole."""
    world = sealed_world
    world.record()
    if not first:
        assert world.seal().exit == 0

    crash(world, "appending", "half", "seal", "--once")

    assert world.seal().exit == 0
    consistent(world, 2 if first else 3)


@pytest.mark.parametrize("point", COMMITTED)
def test_killed_at_the_first_seal(point: str, sealed_world: World) -> None:
    """Nothing was published yet, or not all of it."""
    world = sealed_world
    world.record()

    crash(world, point, "kill", "seal", "--once")

    assert world.seal().exit == 0
    consistent(world, 2)


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM audit_event WHERE event_id = 'e3'",
        "UPDATE audit_event SET trace_id = 'x' WHERE event_id = 'e3'",
        "UPDATE audit_event SET kafka_partition = 1 WHERE event_id = 'e3'",
    ],
)
def test_signed_seal_whose_entries_are_gone_is_rewritten(statement: str, sealed_world: World) -> None:
    """Between signature and commit no one may take an entry away, or change it; new ones do no harm."""
    world = sealed_world
    one_seal(world)
    world.record(time=f"{DAY}T08:00:00Z")
    crash(world, "pending_written", "kill", "seal", "--once")
    world.tamper(statement)

    result = world.seal()

    assert (result.exit, result.word) == (5, "REWRITTEN")
    assert "which was signed" in result.err


def test_killed_twice(sealed_world: World) -> None:
    """A crash while the seal before a crash is finished."""
    world = sealed_world
    one_seal(world)
    world.record(time=f"{DAY}T08:00:00Z")
    crash(world, "pending_written", "kill", "seal", "--once")
    pending = world.pending()

    for point in ("inserted", "committed", "appended"):
        crash(world, point, "kill", "seal", "--once")
        assert world.pending() == pending

    assert world.seal().exit == 0
    consistent(world, 3)


@pytest.mark.parametrize("point", ["journaling", "journaled", "named"])
def test_create_killed_at(point: str, sealed_world: World) -> None:
    """A package that has its name was verified and journaled; else there is none, and it can be made."""
    world = sealed_world
    one_seal(world)
    who = ("--policy", str(world.policy), "--requested-by", "x", "--reason", "y")
    scope = ("--workspace", "org_acme", "--from", "2026-01-01", "--to", "2027-01-01")

    crash(world, point, "kill", "create", str(world.path / "killed"), *scope, *who)

    exports = world.rows("SELECT count(*) FROM audit_export")[0][0]
    assert (world.path / "killed").exists() == (point == "named")
    assert exports == (0 if point == "journaling" else 1)
    if point == "named":
        assert world.verify("killed").exit == 0
    assert world.create().exit == 0


def test_sigterm_leaves_nothing_of_a_package(sealed_world: World) -> None:
    """As SIGINT: exit code 130, and neither a package nor a draft of one."""
    world = sealed_world
    one_seal(world)
    who = ("--policy", str(world.policy), "--requested-by", "x", "--reason", "y")
    scope = ("--workspace", "org_acme", "--from", "2026-01-01", "--to", "2027-01-01")
    before = set(world.path.iterdir())

    process = world.start(
        sys.executable, "-m", "tests.integration.export.failpoint", "journaling", "term", "--", "create",
        str(world.path / "ended"), *scope, *who,
    )  # fmt: skip
    outputs = process.communicate(timeout=60)

    assert (process.returncode, outputs) == (130, ("", ""))
    assert set(world.path.iterdir()) == before
    assert world.rows("SELECT count(*) FROM audit_export") == [(0,)]


def test_sigterm_ends_at_once_and_well(sealed_world: World) -> None:
    """SIGTERM while waiting, while another sealer has the lock, and again: exit 0, and nothing is left to do."""
    world = sealed_world
    world.record()
    first = world.start(AUDIT_SEAL_EVERY="3600")
    wait_for_seals(world, 1)
    second = world.start(AUDIT_SEAL_DIR=str(world.path / "second"))
    wait_for(world, "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'audit-export seal'", 3)
    for process in (second, first):
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=15)
        assert (process.returncode, out) == (0, "VERIFIED - stopped\n"), err
    consistent(world, 1)


def wait_for_seals(world: World, count: int) -> None:
    """Waits until so many seals are published."""
    wait_for(world, "SELECT count(*) FROM audit_seal", count)
    assert wait_until((world.folder / "checkpoint").exists, LIMIT), "no checkpoint was published"


def wait_for(world: World, statement: str, value: int) -> None:
    """Waits until the database says so."""
    assert wait_until(lambda: world.rows(statement)[0][0] >= value, LIMIT), f"{statement} did not come to {value}"
