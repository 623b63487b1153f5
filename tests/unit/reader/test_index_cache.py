"""Rolls in memory: read once, kept while there is room, and no wait for one holds up the others."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

import reader.query.index_cache
from reader.model import Selection
from reader.query.database import Unavailable
from reader.query.index_cache import MOST_READING, MOST_WAITING, Name, Shelf
from reader.query.key_index import KEY, Roll
from reader.query.snapshot import Horizon
from sandbox.services.process import wait_until


def roll(high: int = 1, entries: int = 1) -> Roll:
    """A roll of so many entries, at a horizon."""
    horizon = Horizon(datetime(2026, 11, 1, tzinfo=UTC), high, high, ())
    return Roll.of(horizon, [b"".join(KEY.pack(0, entries - number) for number in range(entries))])


def name(number: int) -> Name:
    """The list of one actor."""
    return Name("org_1", Selection(actor=f"user_{number}"))


def never() -> Roll:
    """What reads a list that must not be read."""
    raise AssertionError("read again")


class Held:
    """A database that does not answer yet: reading begins, and ends when `go` is set."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.begun = 0

    def read(self) -> Roll:
        """Waits."""
        self.begun += 1
        assert self.go.wait(30)
        return roll()


@pytest.fixture
def held() -> Iterator[Held]:
    """Let go in the end, so that no thread stays behind."""
    made = Held()
    yield made
    made.go.set()


def test_a_list_is_read_once_however_many_ask(held: Held) -> None:
    """One reads, the others wait for what it finds."""
    shelf = Shelf()
    with ThreadPoolExecutor() as pool:
        asked = [pool.submit(shelf.roll, name(1), held.read) for _ in range(MOST_WAITING)]
        assert wait_until(lambda: held.begun == 1, 10)
        held.go.set()

    assert len({id(each.result()) for each in asked}) == 1
    assert (held.begun, shelf.reads) == (1, 1)


def test_those_who_wait_leave_the_others_alone(held: Held) -> None:
    """With as many waiting as may, one more is told to come again at once, and a list that has been read is there."""
    shelf = Shelf()
    known = shelf.roll(name(0), roll)
    with ThreadPoolExecutor() as pool:
        asked = [pool.submit(shelf.roll, name(number), held.read) for number in range(1, MOST_WAITING + 1)]
        assert wait_until(lambda: held.begun == MOST_READING, 10)
        assert wait_until(lambda: shelf.waiting == MOST_WAITING, 10)

        with pytest.raises(Unavailable):
            shelf.roll(name(MOST_WAITING + 1), never)
        assert shelf.roll(name(0), never) is known
        held.go.set()

    assert all(each.result().total == 1 for each in asked)
    assert shelf.roll(name(MOST_WAITING + 1), roll).total == 1


def test_a_failed_reading_leaves_nothing_behind() -> None:
    """The next who asks reads again, and the places of those who failed are free."""
    shelf = Shelf()
    for _ in range(MOST_WAITING + 1):
        with pytest.raises(ZeroDivisionError):
            shelf.roll(name(1), lambda: roll(1 // 0))

    assert shelf.roll(name(1), roll).total == 1


def test_a_crowd_before_a_short_list_is_served() -> None:
    """Many at once, as behind a restart: whoever finds no place waits a moment for one, and the list is read once."""
    shelf, held = Shelf(), Held()
    with ThreadPoolExecutor(3 * MOST_WAITING) as pool:
        asked = [pool.submit(shelf.roll, name(1), held.read) for _ in range(3 * MOST_WAITING)]
        held.go.set()
        assert {each.result().total for each in asked} == {1}
    assert (shelf.reads, shelf.waiting) == (1, 0)


def test_the_newest_roll_is_kept() -> None:
    """Of two requests that brought a roll forward, the one that saw less comes too late."""
    shelf = Shelf()
    shelf.roll(name(1), roll)
    newer = roll(3)
    shelf.keep(name(1), newer)
    shelf.keep(name(1), roll(2))

    assert shelf.roll(name(1), never) is newer


def test_what_was_not_asked_for_longest_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rolls take no more memory than they may, also when they grow; the one in use is never given up."""
    monkeypatch.setattr(reader.query.index_cache, "MOST_BYTES", 10 * KEY.size)
    shelf = Shelf()
    for number in range(3):
        shelf.roll(name(number), lambda: roll(entries=3))
    shelf.roll(name(0), never)
    shelf.keep(name(2), roll(2, entries=5))

    assert shelf.roll(name(0), never).total == 3
    assert shelf.roll(name(1), lambda: roll(entries=20)).total == 20
    assert shelf.reads == 4
    assert shelf.roll(name(1), never).total == 20
    assert shelf.roll(name(0), roll).total == 1


def test_lists_that_hold_nothing_make_room_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Filters that find nothing cost no bytes, and are bounded all the same."""
    monkeypatch.setattr(reader.query.index_cache, "MOST_ROLLS", 3)
    shelf = Shelf()
    for number in range(5):
        shelf.roll(name(number), lambda: roll(entries=0))

    assert shelf.roll(name(4), never).total == 0
    assert shelf.roll(name(0), lambda: roll(entries=2)).total == 2


def test_a_roll_that_is_too_old_is_read_again_once() -> None:
    """It is forgotten by the first who finds it so; who comes later with the same old roll forgets nothing newer."""
    shelf = Shelf()
    old = shelf.roll(name(1), roll)
    shelf.forget(name(1), old)
    newer = shelf.roll(name(1), lambda: roll(5))
    shelf.forget(name(1), old)

    assert shelf.roll(name(1), never) is newer
