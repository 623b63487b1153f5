"""Seals: what is new is in exactly one, in its place; what was signed is in the folder and in the tables."""

import datetime as dt
import errno
import os
import signal
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from export.format.accounts import parse_accounts
from export.format.encoding import workspace_key
from export.format.record import parse_record
from export.seal import run
from export.seal.reading import CheckedReading
from export.tables import entries
from export.tables.bucket_map import bucket_of
from tests.integration.export.test_crashes import consistent, crash, wait_for, wait_for_seals
from tests.integration.export.world import DAY, INSERT, LOG, World


def steps(world: World) -> list[tuple[int, int]]:
    """Which seal has brought which number of entries of org_acme's day."""
    statement = (
        "SELECT seal, entries FROM audit_sealed_day WHERE workspace = sha256('org_acme') AND day = %s ORDER BY 1"
    )
    return world.rows(statement, (DAY,))


def sealed(world: World, *arguments: str, **environ: str) -> None:
    result = world.seal(*arguments, **environ)
    assert (result.exit, result.word) == (0, "VERIFIED"), result


def test_first_seals(sealed_world: World) -> None:
    """Entries of some workspaces and days; a seal with nothing new; more entries of the same day."""
    world = sealed_world
    world.record()
    world.record(time=f"{DAY}T09:00:00Z", subject_label='say "hi"\n, =x', actor_email="=a@x.io")
    world.record("org_globex", "2026-11-04T00:00:00Z")
    sealed(world)
    sealed(world)
    world.record(time=f"{DAY}T08:00:00Z")
    sealed(world)

    assert steps(world) == [(0, 2), (2, 3)]
    consistent(world, 3)


def test_sealing_an_empty_database(sealed_world: World) -> None:
    """The first seal may be of nothing: the map is empty, and it says that nothing is known to be complete."""
    sealed(sealed_world)

    record = parse_record(sealed_world.records()[0])
    assert (record.seal, record.map_root, record.complete_through, record.restored) == (0, "0" * 64, None, ())


def test_late_back_dated_and_replayed_entries_are_in_the_seal_after_them(sealed_world: World) -> None:
    """Whatever their time says; days that were sealed are continued, and a day before all others begins."""
    world = sealed_world
    world.record()
    sealed(world)
    world.record(time=f"{DAY}T00:00:00Z")
    world.record(time="2026-10-01T23:59:59.999999Z")
    sealed(world)

    assert steps(world) == [(0, 1), (1, 2)]
    consistent(world, 2)


def test_transactions_open_across_seals_are_in_exactly_one(sealed_world: World) -> None:
    """One that began before a seal and ends after the next is in the seal after that, and none waits for it."""
    world = sealed_world
    with world.recording() as slow:
        world.add(slow, time=f"{DAY}T01:00:00Z", kafka_partition=1)
        world.record(time=f"{DAY}T02:00:00Z")
        sealed(world)
        with world.recording() as slower:
            world.add(slower, time=f"{DAY}T03:00:00Z", kafka_partition=2)
            world.record(time=f"{DAY}T04:00:00Z")
            sealed(world)
            slow.commit()
            sealed(world)
    world.record(time=f"{DAY}T00:00:00Z")
    sealed(world)

    assert steps(world) == [(0, 1), (1, 2), (2, 3), (3, 5)]
    consistent(world, 4)


def test_transaction_that_fails_leaves_nothing(sealed_world: World) -> None:
    """Its xid is in no snapshot that sees it."""
    world = sealed_world
    with world.recording() as doomed:
        world.add(doomed, kafka_partition=1)
        world.record()
        sealed(world)
        doomed.rollback()
    world.record()
    sealed(world)

    assert steps(world) == [(0, 1), (1, 2)]


def test_entry_with_another_digest_stops_the_seal(sealed_world: World) -> None:
    """The consumer's own statement about an entry is computed again before it is signed."""
    world = sealed_world
    world.record(content_digest=bytes(32))

    result = world.seal()

    assert (result.exit, result.word) == (1, "TAMPERED")
    assert "entry 1 of 'org_acme'" in result.err
    assert world.rows("SELECT count(*) FROM audit_seal") == [(0,)]
    assert not (world.folder / "records").exists()


def test_null_and_empty_facets_and_clocks_have_their_digests(sealed_world: World) -> None:
    """NULL and "" are one cell; a clock: facet is no part of the digest; nothing breaks a cell."""
    world = sealed_world
    odd = 'a "b", "c"\x1f"\x1f"\r\n\t,,\x7f\u2028'
    for email in (None, "", "'=x", odd):
        for label in (None, "", "'", odd):
            world.record(actor_email=email, subject_label=label, facets=["clock:ahead", 'a "x"', "b,c"])
    world.record(
        facets=["clock:ahead"], channel="mcp", diff='\t{"changes":{},"source":"mcp"}', actor_id=odd, trace_id=odd
    )
    sealed(world)

    consistent(world, 1)


def test_times_are_later_whatever_the_clock_says(sealed_world: World) -> None:
    """A clock that stops, or goes back, moves a seal's time by a microsecond."""
    world = sealed_world
    for hour in (12, 12, 3):
        with patch.object(run, "_now", lambda hour=hour: dt.datetime(2026, 11, 4, hour, tzinfo=dt.UTC)):
            sealed(world)

    times = [parse_record(record).time for record in world.records()]
    assert times == [f"2026-11-04T12:00:00.00000{number}Z" for number in range(3)]


def test_last_checkpoint_of_each_day_is_kept(sealed_world: World) -> None:
    """Once, when a later day's first seal is made; what is there stays."""
    world = sealed_world
    kept = {}
    (world.folder / "checkpoints").mkdir(parents=True)
    (world.folder / "checkpoints" / "2026-11-07").write_bytes(b"there")
    for day, hour in ((4, 1), (4, 2), (7, 1), (8, 1), (8, 2)):
        with patch.object(run, "_now", lambda day=day, hour=hour: dt.datetime(2026, 11, day, hour, tzinfo=dt.UTC)):
            sealed(world)
        kept[f"2026-11-0{day}"] = (world.folder / "checkpoint").read_bytes()
    del kept["2026-11-08"]
    kept["2026-11-07"] = b"there"

    assert {path.name: path.read_bytes() for path in (world.folder / "checkpoints").iterdir()} == kept


def test_accounts_are_exact(sealed_world: World) -> None:
    """Live, retired and halted partitions, one without entries, and entries without progress."""
    world = sealed_world
    world.record()
    world.record(kafka_partition=1)
    world.admin.execute(INSERT, world.entry(kafka_partition=2))
    world.admin.execute(
        "INSERT INTO partition_progress (kafka_topic_id, kafka_partition, kafka_topic, next_offset, parked, retired_at, "
        "complete_through) VALUES ('old', 0, 'callmine.members', 7, 7, now(), NULL)"
    )
    world.admin.execute(
        "INSERT INTO partition_progress (kafka_topic_id, kafka_partition, kafka_topic, halted, halted_detail, halted_at, "
        "complete_through) VALUES ('t2', 0, 'callmine.billing', 'gap', 'x', now(), '2026-06-01T00:00:00.5Z')"
    )
    for offset in (1, 2):
        world.admin.execute(
            "INSERT INTO parked_record (kafka_topic, kafka_topic_id, kafka_partition, kafka_offset, headers, reason, detail) "
            "VALUES ('callmine.members', 'old', 0, %s, '[]', 'unknown_type', '')",
            (offset,),
        )
    sealed(world)

    (accounts,) = world.rows("SELECT accounts FROM audit_seal")[0]
    assert accounts.replace("\r\n", "\n").split("\n")[1:] == [
        "callmine.billing,0,t2,halted_gap,0,0,0,0,0,0,0,0,0,0,0,0,0,0",
        "callmine.members,0,tid,live,1,1,0,0,0,0,0,0,0,0,0,0,0,1",
        "callmine.members,0,old,retired,7,0,0,0,0,0,0,7,0,0,0,2,0,1",
        "callmine.members,1,tid,live,1,1,0,0,0,0,0,0,0,0,0,0,0,1",
        "callmine.members,2,-,unknown,0,0,0,0,0,0,0,0,0,0,0,0,0,1",
        "",
    ]
    assert parse_record(world.records()[0]).complete_through == "2026-06-01T00:00:00.500000Z"
    world.record()
    sealed(world)
    newest = parse_accounts(world.rows("SELECT accounts FROM audit_seal WHERE seal = 1")[0][0].encode())
    assert [line.entries for line in newest] == [0, 2, 2, 1, 1]


def test_progress_that_does_not_know_makes_complete_through_unknown(sealed_world: World) -> None:
    world = sealed_world
    world.record()
    world.admin.execute("UPDATE partition_progress SET complete_through = NULL")
    sealed(world)

    assert parse_record(world.records()[0]).complete_through is None
    assert world.create().exit == 3


def test_two_sealers_one_waits_and_takes_over(sealed_world: World) -> None:
    """The second, with the same key and a folder of its own, goes on where the first was killed."""
    world = sealed_world
    world.record()
    first = world.start(AUDIT_SEAL_EVERY="0.1")
    wait_for_seals(world, 2)
    other = world.path / "other"
    second = world.start(AUDIT_SEAL_DIR=str(other), AUDIT_SEAL_EVERY="0.1")
    wait_for(world, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted", 1)
    first.kill()
    first.communicate()
    _, err = second.communicate(timeout=30)  # an empty folder takes nothing over by itself
    assert second.returncode == 2
    assert "--adopt" in err

    sealed(world, "--adopt", AUDIT_SEAL_DIR=str(other))
    world.record(time=f"{DAY}T03:00:00Z")
    third = world.start(AUDIT_SEAL_DIR=str(other), AUDIT_SEAL_EVERY="0.1")
    count = world.rows("SELECT count(*) FROM audit_seal")[0][0]
    wait_for(world, "SELECT count(*) FROM audit_seal", count + 2)
    third.send_signal(signal.SIGTERM)
    assert third.wait(timeout=30) == 0
    third.communicate()
    sealed(world)  # the first folder takes over what the other sealer did

    consistent(world, world.rows("SELECT count(*) FROM audit_seal")[0][0])
    ours, theirs = world.records(), [f"{r}\n" for r in (other / "records").read_text().split("\n\n")[:-1]]
    assert ours[: len(theirs)] == theirs


def test_two_sealers_of_one_folder(sealed_world: World) -> None:
    """The second waits for the folder, and goes on when the first has ended."""
    world = sealed_world
    world.record()
    first = world.start(AUDIT_SEAL_EVERY="3600")
    wait_for_seals(world, 1)
    second = world.start(AUDIT_SEAL_EVERY="3600", AUDIT_LOG_FORMAT="json")
    assert second.stderr is not None
    assert "waiting_for_folder" in second.stderr.readline()
    first.send_signal(signal.SIGTERM)
    assert first.wait(timeout=30) == 0
    wait_for_seals(world, 2)
    second.send_signal(signal.SIGINT)
    assert second.wait(timeout=30) == 0
    for process in (first, second):
        process.communicate()

    consistent(world, 2)


def test_pending_seal_that_another_sealer_has_made_otherwise(sealed_world: World) -> None:
    """What our key signed and what is committed counts; the signature that no one was shown is said in the log."""
    world = sealed_world
    world.record()
    sealed(world)
    other = {"AUDIT_SEAL_DIR": str(world.path / "other")}
    world.record()
    crash(world, "pending_written", "kill", "seal", "--once")
    sealed(world, "--adopt", **other)

    process = world.start(sys.executable, "-m", "export", "seal", "--once")
    _, err = process.communicate(timeout=60)

    assert (process.returncode, "pending_superseded" in err, "taken_over" in err) == (0, True, True), err
    consistent(world, 3)


def test_folder_of_another_key_is_untrusted(sealed_world: World) -> None:
    world = sealed_world
    sealed(world)
    world.run("keygen", LOG, "--out", str(world.path / "second"))

    assert world.seal(AUDIT_SEAL_KEY=str(world.path / "second.key")).exit == 4
    sealed(world, AUDIT_SEAL_KEY=f"{world.path}/second.key:{world.path}/log.key")
    sealed(world, AUDIT_SEAL_KEY=str(world.path / "second.key"))


@pytest.mark.parametrize("file", ["checkpoint", "records"])
def test_folder_that_was_changed_is_refused(file: str, sealed_world: World) -> None:
    """Whatever byte of the sealer's own memory is changed: it does not go on."""
    world = sealed_world
    world.record()
    sealed(world)
    sealed(world)
    path = world.folder / file
    whole = path.read_bytes()
    for at in range(0, len(whole), 151):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        assert world.seal().exit in {4, 5}, at
    for at in (0, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:at])
        assert world.seal().exit in {4, 5}, at
    path.write_bytes(whole)
    sealed(world)


@pytest.mark.parametrize("checkpoint", ["taken away", "older"])
@pytest.mark.parametrize("emptied", [False, True])
def test_records_beyond_the_checkpoint_are_not_forgotten(checkpoint: str, emptied: bool, sealed_world: World) -> None:
    """They were signed. With them gone and the tables emptied, another seal of the same number would be signed: a fork."""
    world = sealed_world
    world.record()
    sealed(world)
    older = (world.folder / "checkpoint").read_bytes()
    for _ in range(2):
        world.record()
        sealed(world)
    if checkpoint == "older":
        (world.folder / "checkpoint").write_bytes(older)
    else:
        (world.folder / "checkpoint").unlink()
    kept = 1 if checkpoint == "older" else 0
    if emptied:
        for table in ("audit_sealed_day", "audit_sealed_workspace", "audit_seal"):
            world.tamper(f"DELETE FROM {table} WHERE seal >= {kept}", table=table)
    files = {path: path.read_bytes() for path in world.folder.rglob("*") if path.is_file()}

    result = world.seal()

    if checkpoint == "older" and not emptied:  # the table has them, signed by our key: taken over
        assert (result.exit, len(world.records())) == (0, 4), result
        return
    assert (result.exit, result.word) == (5, "REWRITTEN"), result
    assert {path: path.read_bytes() for path in world.folder.rglob("*") if path.is_file()} == files
    if emptied:
        assert world.seal("--adopt").exit == 5
        assert {path: path.read_bytes() for path in world.folder.rglob("*") if path.is_file()} == files
    else:
        sealed(world, "--adopt")
        consistent(world, 4)


@pytest.mark.parametrize("file", ["pending", "records", "checkpoint"])
def test_full_disk_needs_a_person(file: str, sealed_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is neither a setting nor something that was read; when there is room, what was begun is finished."""
    world = sealed_world
    world.record()
    sealed(world)
    sync = os.fsync

    def full(descriptor: int) -> None:
        if file in Path(f"/proc/self/fd/{descriptor}").readlink().name:
            raise OSError(errno.ENOSPC, "No space left on device")
        sync(descriptor)

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        result = world.seal()

    assert (result.exit, result.word) == (1, "TAMPERED"), result
    assert "nothing was found, but a person is needed: cannot write" in result.err
    assert f"/{file}': No space left on device" in result.err
    sealed(world)
    consistent(world, 2 if file == "pending" else 3)


def test_older_checkpoint_in_the_folder_is_brought_up(sealed_world: World) -> None:
    """A folder from an older copy: what our key signed since is taken over, nothing else."""
    world = sealed_world
    world.record()
    sealed(world)
    old = {path: path.read_bytes() for path in (world.folder / "records", world.folder / "checkpoint")}
    sealed(world)
    for path, data in old.items():
        path.write_bytes(data)
    sealed(world)

    consistent(world, 3)


def test_two_readings_that_differ_stop_the_seal(sealed_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory or a disk that gives other bytes the second time: nothing is signed for good."""
    world, read = sealed_world, entries.rows
    world.record()

    def damaged(*arguments: Any) -> Iterator[list[bytes]]:
        for batch in read(*arguments):
            yield [row.replace(b"user_1", b"user_3") for row in batch]

    monkeypatch.setattr(entries, "rows", damaged)
    result = world.seal()

    assert (result.exit, result.word) == (1, "TAMPERED")
    assert world.pending() is None
    assert world.rows("SELECT count(*) FROM audit_seal") == [(0,)]


@pytest.mark.parametrize(
    ("table", "statement", "code"),
    [
        ("audit_sealed_workspace", "UPDATE audit_sealed_workspace SET days = sha256('x')", 1),
        ("audit_sealed_day", "UPDATE audit_sealed_day SET entries = entries + 1", 1),
        ("audit_seal", "UPDATE audit_seal SET record = replace(record, 'restored -', 'restored 0-1')", 5),
        ("audit_seal", "INSERT INTO audit_seal SELECT 1, snapshot, record, accounts, checkpoint FROM audit_seal", 5),
    ],
)
def test_what_is_changed_while_it_runs_is_found(
    table: str, statement: str, code: int, sealed_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sealer that goes on for months believes its own memory, and not what a table says meanwhile."""
    world = sealed_world
    world.record()

    def tamper(_: Any, sealed_now: Any) -> None:
        if sealed_now.record.seal > 0:
            raise AssertionError("the change was not found")
        world.tamper(statement, table=table)
        world.record()

    monkeypatch.setattr(run.Sealer, "_pause", tamper)
    result = world.run("seal")

    assert result.exit == code, result


def test_head_of_a_neighbor_is_compared(sealed_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A workspace without new entries, whose key begins as that of one that has some: its head must not be signed again."""
    world = sealed_world
    first, neighbor = in_one_bucket()
    for workspace in (first, neighbor):
        world.record(workspace)

    def tamper(_: Any, sealed_now: Any) -> None:
        if sealed_now.record.seal > 0:
            raise AssertionError("the change was not found")
        changed = f"UPDATE audit_sealed_workspace SET days = sha256('x') WHERE workspace = sha256('{neighbor}')"
        world.tamper(changed, table="audit_sealed_workspace")
        world.record(first)

    monkeypatch.setattr(run.Sealer, "_pause", tamper)
    result = world.run("seal")

    assert (result.exit, result.word) == (1, "TAMPERED"), result


def test_neighbors_are_sealed_and_exported(sealed_world: World) -> None:
    """Two workspaces of one bucket, changed in turn."""
    world = sealed_world
    first, neighbor = in_one_bucket()
    for workspace in (first, neighbor, first, neighbor, "org_acme"):
        world.record(workspace)
        sealed(world)

    consistent(world, 5)


def in_one_bucket() -> tuple[str, str]:
    """Two workspaces whose keys begin alike."""
    by_bucket: dict[int, str] = {}
    for number in count():
        workspace = f"org_{number}"
        other = by_bucket.setdefault(bucket_of(workspace_key(workspace)), workspace)
        if other != workspace:
            return other, workspace
    raise AssertionError


def test_time_of_a_seal_is_before_its_snapshot(sealed_world: World) -> None:
    """So that "sealed through" is true of a long reading too: what is committed meanwhile is later than the seal."""
    world = sealed_world
    world.record()
    read = CheckedReading.read

    def slow(reading: CheckedReading) -> None:
        world.record()
        read(reading)

    with patch.object(CheckedReading, "read", slow):
        sealed(world)

    (meanwhile,) = world.rows("SELECT recorded_at FROM audit_event ORDER BY id DESC LIMIT 1")[0]
    assert dt.datetime.fromisoformat(parse_record(world.records()[0]).time) < meanwhile
    assert "sealed 1 entries of 1 workspaces" in world.seal().out
