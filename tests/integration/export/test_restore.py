"""A database that went back: nothing is sealed until a person says why, and the log says so for ever."""

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from export.format.record import parse_record
from runtime.migrations import migrate
from sandbox.services.postgres import PostgresServer
from tests.integration.export.test_crashes import consistent, crash
from tests.integration.export.world import DAY, World

Restore = Callable[[], None]


@pytest.fixture
def backup(sealed_world: World, postgres: PostgresServer) -> Iterator[Callable[[], Restore]]:
    """Copies the database as it is; what it gives puts the copy in the place of the database."""
    copies: list[str] = []
    world, name = sealed_world, sealed_world.url.rsplit("/", 1)[1]

    def copy() -> Restore:
        world.admin.close()
        copies.append(f"test_{uuid.uuid4().hex[:12]}")
        postgres.create_database(copies[-1], name)
        world.admin = psycopg.connect(world.url, autocommit=True)
        return restore

    def restore() -> None:
        world.admin.close()
        postgres.drop_database(name)
        postgres.create_database(name, copies[-1])
        world.admin = psycopg.connect(world.url, autocommit=True)

    yield copy
    for copied in copies:
        postgres.drop_database(copied)


def lost_two(world: World, backup: Callable[[], Restore]) -> None:
    """Seals 0 and 1 are in the backup; 2 and 3, with an entry each, are lost."""
    for _ in range(2):
        world.record()
        assert world.seal().exit == 0
    restore = backup()
    for _ in range(2):
        world.record(time=f"{DAY}T12:00:00Z")
        assert world.seal().exit == 0
    (world.path / "lost").write_bytes((world.folder / "checkpoint").read_bytes())
    restore()


def test_database_that_went_back_is_found_out(sealed_world: World, backup: Callable[[], Restore]) -> None:
    """`seal` stops; `create` and `check` say it where they know the folder or a checkpoint of then."""
    world = sealed_world
    lost_two(world, backup)

    assert (world.seal().exit, world.create().exit, world.check().exit) == (5, 5, 5)
    assert "--accept-restore" in world.seal().err
    apart = {"AUDIT_SEAL_DIR": None}
    assert world.check(**apart).exit == 0  # nothing to compare with, and it says so
    assert "NOTHING" in world.check(**apart).out
    world.environ["AUDIT_SEAL_DIR"] = ""
    assert world.create("package", "--known", str(world.path / "lost")).exit == 5


def test_accepted_restore_is_in_the_log_for_ever(sealed_world: World, backup: Callable[[], Restore]) -> None:
    """The lost records are there again, without heads; what is recorded again is sealed; each later seal names the span."""
    world = sealed_world
    lost_two(world, backup)
    lost = world.records()
    world.record(time=f"{DAY}T12:00:00Z")

    assert world.seal("--accept-restore", "disk failure").exit == 0
    world.record(time=f"{DAY}T12:00:00Z")
    assert world.seal().exit == 0

    assert world.records()[:4] == lost
    assert [parse_record(record).restored for record in world.records()] == [(), (), (), (), ((2, 4),), ((2, 4),)]
    assert world.rows("SELECT seal FROM audit_seal WHERE checkpoint = '' ORDER BY 1") == [(2,)]
    assert [seal for (seal,) in world.rows("SELECT seal FROM audit_sealed_day ORDER BY seal")] == [0, 1, 4, 5]
    consistent(world, 6)
    assert "restored     the database lost seals 2 to 3" in world.verify().out
    assert world.create("of_lost", "--known", str(world.path / "lost")).exit == 3
    assert world.seal("--accept-restore", "again").exit == 2


@pytest.mark.parametrize(
    "point", ["seal_inserted", "inserted", "pending_written", "committed", "appended", "published"]
)
def test_killed_while_a_restore_is_accepted(point: str, sealed_world: World, backup: Callable[[], Restore]) -> None:
    """It is one transaction, and what was signed of it is finished without the option."""
    world = sealed_world
    lost_two(world, backup)
    crash(world, point, "kill", "seal", "--once", "--accept-restore", "disk failure")

    options = ("--accept-restore", "disk failure") if point in {"seal_inserted", "inserted"} else ()
    result = world.seal(*options)

    assert result.exit == 0, result
    assert parse_record(world.records()[4]).restored == ((2, 4),)
    consistent(world, len(world.records()))


def test_restore_of_a_seal_that_was_signed_and_not_finished(sealed_world: World, backup: Callable[[], Restore]) -> None:
    """Its signature may be somewhere: it is lost with the others."""
    world = sealed_world
    world.record()
    assert world.seal().exit == 0
    restore = backup()
    assert world.seal().exit == 0
    crash(world, "pending_written", "kill", "seal", "--once")
    restore()
    world.record()

    assert world.seal().exit == 5
    assert world.seal("--accept-restore", "disk failure").exit == 0

    assert parse_record(world.records()[-1]).restored == ((1, 3),)
    consistent(world, 4)


def test_restored_twice(sealed_world: World, backup: Callable[[], Restore]) -> None:
    """Each loss has its span."""
    world = sealed_world
    lost_two(world, backup)
    assert world.seal("--accept-restore", "first").exit == 0
    restore = backup()
    world.record()
    assert world.seal().exit == 0
    restore()
    assert world.seal("--accept-restore", "second").exit == 0

    assert parse_record(world.records()[-1]).restored == ((2, 4), (5, 6))
    consistent(world, 7)


def test_restore_to_before_the_first_seal(sealed_world: World, backup: Callable[[], Restore]) -> None:
    """All seals are lost, and sealing begins as if there had been none."""
    world = sealed_world
    world.record()
    restore = backup()
    assert world.seal().exit == 0
    restore()

    assert world.seal().exit == 5
    assert world.seal("--accept-restore", "disk failure").exit == 0
    assert parse_record(world.records()[-1]).restored == ((0, 1),)
    consistent(world, 2)


def test_physical_backup_takes_transaction_numbers_again(tmp_path: Path) -> None:
    """Then the lost seals' snapshots seem to cover what is recorded again: it is still sealed, exported and checked."""
    with PostgresServer(settings={"fsync": "off"}) as server:
        url = server.create_database("audit")
        migrate(url, lambda _: None)
        with World(url, tmp_path) as world:
            world.record()
            assert world.seal().exit == 0
            copy = server.base_backup()
            for _ in range(3):
                world.record(time=f"{DAY}T11:00:00Z")
                assert world.seal().exit == 0
            server.kill()
            with (
                PostgresServer(settings={"fsync": "off"}, data_from=copy, password=server.password) as restored,
                World.again(restored.url("audit"), world) as after,
            ):
                for hour in (12, 9, 10):
                    after.record(time=f"{DAY}T{hour:02}:30:00Z")
                assert after.seal().exit == 5
                assert after.seal("--accept-restore", "disk failure").exit == 0
                after.record(time=f"{DAY}T01:00:00Z")
                assert after.seal().exit == 0

                lost, again = (parse_record(after.records()[number]).snapshot for number in (3, 4))
                assert int(again.split(":")[1]) <= int(lost.split(":")[1])
                consistent(after, 6)
