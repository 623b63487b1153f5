"""The alerts of sealing on a real sealer, a real check and a real change of an entry: each fires on its fault, alone, and clears."""

from collections.abc import Iterator

import pytest

from sandbox.services.process import free_port, wait_until
from tests.integration.export import conftest
from tests.integration.export.world import World
from tests.ops.prometheus import Prometheus

# Of the tests of the export.
sealed_world = conftest.sealed_world

LIMIT = 90.0


class Sealing:
    """A sealer that seals each second and copies to a directory, and what Prometheus says of it."""

    def __init__(self, world: World, port: int, prometheus: Prometheus) -> None:
        self.copies = world.path / "copies"
        self.copies.mkdir()
        self._world, self._port, self._prometheus = world, port, prometheus
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

    def until_firing(self, *alerts: str, checked: bool = True) -> None:
        """Waits until exactly these fire, with a check each time that it looks unless `checked` is false."""
        if not wait_until(
            lambda: (not checked or self.check() in {0, 1}) and self._prometheus.firing() == set(alerts), LIMIT, 0.5
        ):
            raise AssertionError(f"{alerts} do not fire alone; firing: {self._prometheus.firing()}")


@pytest.fixture
def sealing(sealed_world: World) -> Iterator[Sealing]:
    """It has sealed an entry and been checked, and Prometheus has seen both."""
    port = free_port()
    sealed_world.record()
    with Prometheus({f"127.0.0.1:{port}": "seal"}, "auditlog-export") as prometheus:
        made = Sealing(sealed_world, port, prometheus)
        assert wait_until((sealed_world.folder / "records").exists, LIMIT)
        assert made.check() == 0
        assert wait_until(lambda: prometheus.value("auditlog_check_exit_code") == 0, LIMIT, 0.2)
        made.until_firing()
        yield made


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
    away = sealing.copies.with_name("away")
    sealing.copies.rename(away)
    sealing.until_firing("AuditCheckpointNotCopied")
    away.rename(sealing.copies)
    sealing.until_firing()


def test_a_sealer_that_was_killed_is_told(sealing: Sealing) -> None:
    """AuditSealingBehind, until another one seals."""
    sealing.kill()
    sealing.until_firing("AuditSealingBehind", checked=False)
    sealing.start()
    sealing.until_firing()
