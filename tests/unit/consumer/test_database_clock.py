"""The database's clock as metrics use it."""

import time
from types import SimpleNamespace

import pytest

from consumer.telemetry import database_clock
from consumer.telemetry.database_clock import DatabaseClock

HOUR = 3600.0


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The two clocks of this machine, each a number that the test sets."""
    clocks = SimpleNamespace(wall=1_700_000_000.0, monotonic=50.0)
    fake = SimpleNamespace(time=lambda: clocks.wall, monotonic=lambda: clocks.monotonic)
    monkeypatch.setattr(database_clock, "time", fake)
    return clocks


def test_it_is_right_at_first() -> None:
    """Until the database was asked, this machine's clock is all there is."""
    assert abs(DatabaseClock().now() - time.time()) < 1


@pytest.mark.parametrize("ahead", [HOUR, -HOUR])
def test_it_is_the_databases(machine: SimpleNamespace, ahead: float) -> None:
    """It goes on at the same pace."""
    clock = DatabaseClock()
    clock.set_ahead(ahead)
    machine.wall, machine.monotonic = machine.wall + 4.0, machine.monotonic + 4.0

    assert clock.now() == machine.wall - ahead


@pytest.mark.parametrize("jump", [HOUR, -HOUR])
def test_it_does_not_jump_with_the_machines(machine: SimpleNamespace, jump: float) -> None:
    """Else heartbeat and delays would be an hour off until the database is asked again."""
    clock = DatabaseClock()
    before = clock.now()
    machine.wall, machine.monotonic = machine.wall + jump + 1.0, machine.monotonic + 1.0
    assert clock.now() == before + 1.0
    clock.set_ahead(jump)

    assert clock.now() == before + 1.0
