"""A sealer in service lets those who record catch up first; how long it waits at most is in tests/unit/export."""

import json
import re
import signal
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from itertools import islice

import pytest

from export.seal import postponing, run
from export.seal.sealing import Sealed
from export.seal.stop import Stopped, StopSignals
from sandbox.services.ports import free_port
from sandbox.services.process import wait_until
from tests.integration.export.test_crashes import LIMIT
from tests.integration.export.world import World

OLD, FRESH = "clock_timestamp() - INTERVAL '1 minute'", "clock_timestamp() - INTERVAL '5 seconds'"


def progress(world: World, assignment: str) -> None:
    """Changes the partition's progress by hand."""
    world.admin.execute(f"UPDATE partition_progress SET {assignment}".encode())


def behind(world: World) -> None:
    """One entry; its partition is read, and Kafka has had more for a minute."""
    world.record()
    progress(world, f"owner = 'consumer-1', complete_through = {OLD}")


def seals(world: World, monkeypatch: pytest.MonkeyPatch, meanwhile: Callable[[int], None]) -> tuple[int, list[Sealed]]:
    """Runs a sealer until its first seal: how often it waited before, each time with what happens `meanwhile`."""
    sealed_results: list[Sealed] = []
    waits = 0

    def pause(_: run.Sealer, sealed: Sealed) -> None:
        sealed_results.append(sealed)
        raise Stopped

    def wait(_: StopSignals, seconds: float) -> None:
        nonlocal waits
        assert seconds == postponing.POLL_SECONDS
        waits += 1
        meanwhile(waits)

    monkeypatch.setattr(run.Sealer, "_pause", pause)
    monkeypatch.setattr(StopSignals, "wait", wait)
    result = world.run("seal")
    assert result.exit == 0, result
    return waits, sealed_results


def test_waits_while_recording_catches_up(sealed_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is recorded meanwhile is in the one seal after it."""
    world = sealed_world
    behind(world)

    def drained(number: int) -> None:
        world.record()
        if number == 4:
            progress(world, "complete_through = clock_timestamp()")

    waits, (sealed,) = seals(world, monkeypatch, drained)

    assert (waits, sealed.entries) == (4, 5)
    assert world.check().exit == 0


def test_partition_that_was_never_complete_is_behind(sealed_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A first drain: complete_through is not known until its end."""
    world = sealed_world
    behind(world)
    progress(world, "complete_through = NULL")

    waits, _ = seals(world, monkeypatch, lambda _: progress(world, "complete_through = clock_timestamp()"))

    assert waits == 1


def test_seals_at_the_limit(sealed_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A consumer that never catches up does not prevent sealing."""
    world = sealed_world
    behind(world)
    monkeypatch.setattr(postponing, "LIMIT_SECONDS", 3 * postponing.POLL_SECONDS)

    waits, (sealed,) = seals(world, monkeypatch, lambda _: world.record())

    assert (waits, sealed.entries) == (3, 4)


@pytest.mark.parametrize(
    "assignment",
    [
        f"complete_through = {FRESH}",
        "owner = NULL",
        "halted = 'gap', halted_detail = 'x', halted_at = now(), complete_through = NULL",
        "retired_at = now()",
    ],
)
def test_nobody_to_wait_for(assignment: str, sealed_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A partition that is up to date, or that no one reads, halted or of an older topic."""
    world = sealed_world
    behind(world)
    progress(world, assignment)

    assert seals(world, monkeypatch, lambda _: None)[0] == 0


def test_seal_that_was_asked_for_does_not_wait(sealed_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--once`: a person, or a job, wants it now."""
    world = sealed_world
    behind(world)
    monkeypatch.delattr(StopSignals, "wait")

    assert "sealed 1 entries" in world.seal().out


def test_sigterm_ends_a_sealer_that_waits(sealed_world: World) -> None:
    """At once and well, with a line in the log and a metric that say that it waits."""
    world = sealed_world
    behind(world)
    port = free_port()
    process = world.start(AUDIT_SEAL_METRICS_BIND=f"127.0.0.1:{port}", AUDIT_LOG_FORMAT="json")
    assert process.stderr is not None

    assert wait_until(lambda: move(world) and metric(port, "postponed") == 1, LIMIT)
    assert [json.loads(line)["event"] for line in islice(process.stderr, 1)] == ["seal_postponed"]
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=15)

    assert (process.returncode, out) == (0, "VERIFIED - stopped\n"), err
    assert world.rows("SELECT count(*) FROM audit_seal") == [(0,)]


def test_sealer_that_waits_shows_the_seal_of_an_earlier_process(sealed_world: World) -> None:
    """Its own comes later; how old the newest is, is the same question meanwhile."""
    world = sealed_world
    world.record()
    assert world.seal().exit == 0
    behind(world)
    port = free_port()
    process = world.start(AUDIT_SEAL_METRICS_BIND=f"127.0.0.1:{port}", AUDIT_LOG_FORMAT="json")
    assert process.stderr is not None

    assert wait_until(lambda: move(world) and metric(port, "postponed") == 1, LIMIT)
    assert metric(port, "size") == 1
    assert 0 <= time.time() - (metric(port, "last_timestamp_seconds") or 0) < 2 * LIMIT
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=15)

    assert world.rows("SELECT count(*) FROM audit_seal") == [(1,)]


def move(world: World) -> bool:
    """What a consumer that drains does."""
    progress(world, "next_offset = next_offset + 1, recorded = recorded + 1")
    return True


def metric(port: int, name: str) -> float | None:
    """The metric, as Prometheus sees it; None until the sealer listens."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=LIMIT) as answer:
            (value,) = re.findall(rf"^auditlog_seal_{name} (\S+)$", answer.read().decode(), re.MULTILINE)
    except urllib.error.URLError:
        return None
    return float(value)
