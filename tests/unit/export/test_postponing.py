"""When a seal that is due waits for those who record, and for how long."""

from collections.abc import Iterable
from itertools import count, repeat
from typing import Any, cast

import pytest

from export.seal.postponing import LIMIT_SECONDS, POLL_SECONDS, STILL_SECONDS, Postponing
from export.seal.stop import Stopped, StopSignals
from export.tables.database import Connection, Error


class Machine:
    """A clock, a stop whose waiting moves it, and a database that says of each look how far the partitions behind have got."""

    answer_timeout = 3600.0

    def __init__(self, offsets: Iterable[int | Exception | None]) -> None:
        self.now = 1000.0
        self.asked_to: list[bool] = []
        self.offsets = iter(offsets)
        self.postponing = Postponing(cast(StopSignals, self), self.asked_to.append, lambda: self.now)

    def wait(self, seconds: float) -> None:
        self.now += seconds

    def execute(self, _: Any) -> "Machine":
        return self

    def fetchone(self) -> tuple[int | None]:
        offsets = next(self.offsets)
        if isinstance(offsets, Exception):
            raise offsets
        return (offsets,)

    def waited(self) -> float:
        """Seconds that the next seal waits."""
        began = self.now
        self.postponing.wait(cast(Connection, self))
        return self.now - began


class Stopping(Machine):
    """SIGTERM comes while it waits."""

    def wait(self, seconds: float) -> None:
        if self.asked_to:
            raise Stopped
        super().wait(seconds)


def test_nothing_behind_waits_for_nothing() -> None:
    machine = Machine([None])

    assert (machine.waited(), machine.asked_to) == (0, [])


def test_waits_until_nothing_is_behind() -> None:
    machine = Machine([0, 5, 10, 15, None])

    assert (machine.waited(), machine.asked_to) == (3, [True, False])


def test_waits_no_longer_than_the_limit_each_time() -> None:
    """Recording that is behind for ever puts each seal off, and prevents none."""
    machine = Machine(count())

    assert machine.waited() == LIMIT_SECONDS
    assert machine.waited() == LIMIT_SECONDS


def test_lost_session_does_not_begin_the_limit_anew() -> None:
    machine = Machine([1, 2, 3, Error("gone"), *range(4, 10_000)])
    began = machine.now

    with pytest.raises(Error):
        machine.waited()
    machine.waited()

    assert machine.now - began == LIMIT_SECONDS
    assert machine.asked_to == [True, False, True, False]


def test_first_look_is_what_the_next_is_compared_with() -> None:
    """A consumer that was down when the sealer was started has not moved, whatever its offset; for no later seal either."""
    machine = Machine(repeat(7))

    assert (machine.waited(), machine.asked_to) == (POLL_SECONDS, [])
    machine.now += 60
    assert machine.waited() == 0


def test_waits_for_no_consumer_that_stands_still() -> None:
    """Once it is known that it does, for none of the seals after it either."""
    machine = Machine([6, *repeat(7, 20)])

    assert machine.waited() == POLL_SECONDS + STILL_SECONDS
    machine.now += 60
    assert machine.waited() == 0


def test_waits_through_a_moment_without_a_commit() -> None:
    machine = Machine([0, 1, 1, 1, 1, 2, 2, 2, 2, None])

    assert machine.waited() == POLL_SECONDS + 7


def test_what_has_moved_since_the_last_seal_is_drained() -> None:
    """Also a minute later, at the first look."""
    machine = Machine([*repeat(7, 2), 9, 9, 11, None])
    assert machine.waited() == POLL_SECONDS
    machine.now += 60

    assert machine.waited() > 0


def test_stop_ends_it() -> None:
    machine = Stopping(count())

    with pytest.raises(Stopped):
        machine.waited()

    assert machine.asked_to == [True, False]
