"""The alerts of sealing on a real sealer, a real check and a real change of an entry: each fires on its fault, alone, and clears."""

from collections.abc import Iterator

import pytest

from export.seal.folder import Folder
from sandbox.services.ports import free_port
from sandbox.services.process import wait_until
from tests.integration.export import conftest
from tests.integration.export.world import World
from tests.ops.prometheus import Prometheus

# Of the tests of the export.
sealed_world = conftest.sealed_world

LIMIT = 90.0


class Sealing:
    """A sealer that seals each second and copies to a directory, and what Prometheus says of it. `held` is its folder, locked."""

    def __init__(self, world: World, port: int, prometheus: Prometheus, held: Folder) -> None:
        self.copies = world.path / "copies"
        self.copies.mkdir()
        self.prometheus, self.held = prometheus, held
        self._world, self._port = world, port
        self._checks = {"AUDIT_CHECK_METRICS_FILE": str(world.path / "check.prom")}
        self.start()

    def start(self) -> None:
        """Starts the sealer."""
        bind = {"AUDIT_SEAL_METRICS_BIND": f"127.0.0.1:{self._port}", "AUDIT_SEAL_EVERY": "1"}
        self._process = self._world.start(**bind, **self._checks, AUDIT_SEAL_COPY_DIR=str(self.copies))

    def kill(self) -> None:
        """SIGKILL to the sealer."""
        self._process.kill()
        self._process.communicate()

    def check(self) -> int:
        """Checks all that was sealed, as the scheduled job does; the exit code."""
        return self._world.check(**self._checks).exit

    def until_firing(self, *alerts: str, checked: bool = True, also: str = "") -> None:
        """Waits until exactly these fire, and perhaps `also`, with a check each time that it looks unless `checked` is false."""

        def alone() -> bool:
            return (not checked or self.check() in {0, 1}) and self.prometheus.firing() - {also} == set(alerts)

        if not wait_until(alone, LIMIT, 0.5):
            raise AssertionError(f"{alerts} do not fire alone; firing: {self.prometheus.firing()}")


@pytest.fixture
def waiting(sealed_world: World) -> Iterator[Sealing]:
    """A sealer that waits for its folder, with an entry to seal, and Prometheus looks at it."""
    port = free_port()
    sealed_world.record()
    with (
        Folder(sealed_world.folder) as held,
        Prometheus({f"127.0.0.1:{port}": "seal"}, "auditlog-export") as prometheus,
    ):
        assert held.try_lock()
        yield Sealing(sealed_world, port, prometheus, held)


@pytest.fixture
def sealing(waiting: Sealing, sealed_world: World) -> Sealing:
    """It has sealed an entry and been checked, and Prometheus has seen both."""
    waiting.held.close()
    assert wait_until((sealed_world.folder / "checkpoint").exists, LIMIT)  # which a check reads
    assert waiting.check() == 0
    assert wait_until(lambda: waiting.prometheus.value("auditlog_check_exit_code") == 0, LIMIT, 0.2)
    waiting.until_firing()
    return waiting


def test_a_log_that_was_never_sealed_and_then_never_checked_is_told(waiting: Sealing) -> None:
    """AuditSealingBehind until the first seal, then AuditCheckMissing until the first check; neither at once."""
    assert wait_until(lambda: waiting.prometheus.value("auditlog_seal_size") == 0, LIMIT, 0.2)
    assert waiting.prometheus.firing() == set()
    waiting.until_firing("AuditSealingBehind", checked=False)
    waiting.held.close()
    waiting.until_firing(checked=False)
    waiting.until_firing("AuditCheckMissing", checked=False)
    waiting.until_firing()


def test_a_check_that_does_not_run_is_told(sealing: Sealing) -> None:
    """AuditCheckMissing, until one has ended."""
    sealing.until_firing("AuditCheckMissing", checked=False)
    sealing.until_firing()


def test_a_changed_entry_is_told(sealing: Sealing, sealed_world: World) -> None:
    """AuditCheckFailed as soon as a check has found it, until the entry is as it was sealed."""
    sealed_world.tamper("UPDATE audit_event SET trace_id = 'x'")
    sealing.until_firing("AuditCheckFailed")
    sealed_world.tamper("UPDATE audit_event SET trace_id = NULL")
    sealing.until_firing()


def test_checkpoints_that_are_not_copied_are_told(sealing: Sealing) -> None:
    """AuditCheckpointNotCopied while the directory is away."""
    moved = sealing.copies.with_name("away")
    sealing.copies.rename(moved)
    sealing.until_firing("AuditCheckpointNotCopied")
    moved.rename(sealing.copies)
    sealing.until_firing()


def test_a_sealer_that_was_killed_is_told(sealing: Sealing) -> None:
    """AuditSealingBehind, until another one seals. It also showed the checks."""
    sealing.kill()
    sealing.until_firing("AuditSealingBehind", checked=False, also="AuditCheckMissing")
    sealing.start()
    sealing.until_firing()
