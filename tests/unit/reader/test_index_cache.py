"""Key indexes in memory: read once, kept while there is room, and no wait for one holds up the others."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

import reader.query.index_cache
from reader.model import Selection
from reader.query.database import Unavailable
from reader.query.index_cache import MAX_LOADING, MAX_WAITING, CacheKey, IndexCache
from reader.query.key_index import KEY, KeyIndex
from reader.query.snapshot import Snapshot
from sandbox.services.process import wait_until


def index(high: int = 1, entries: int = 1) -> KeyIndex:
    """An index of so many entries, at a snapshot."""
    snapshot = Snapshot(datetime(2026, 11, 1, tzinfo=UTC), high, high, ())
    return KeyIndex.of(snapshot, [b"".join(KEY.pack(0, entries - number) for number in range(entries))])


def key(number: int) -> CacheKey:
    """The list of one actor."""
    return CacheKey("org_1", Selection(actor=f"user_{number}"))


def never() -> KeyIndex:
    """What reads a list that must not be read."""
    raise AssertionError("read again")


class Held:
    """A database that does not answer yet: reading begins, and ends when `go` is set."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.begun = 0

    def read(self) -> KeyIndex:
        """Waits."""
        self.begun += 1
        assert self.go.wait(30)
        return index()


@pytest.fixture
def held() -> Iterator[Held]:
    """Let go in the end, so that no thread stays behind."""
    made = Held()
    yield made
    made.go.set()


def test_a_list_is_read_once_however_many_ask(held: Held) -> None:
    """One reads, the others wait for what it finds."""
    cache = IndexCache()
    with ThreadPoolExecutor() as pool:
        asked = [pool.submit(cache.index, key(1), held.read) for _ in range(MAX_WAITING)]
        assert wait_until(lambda: held.begun == 1, 10)
        held.go.set()

    assert len({id(each.result()) for each in asked}) == 1
    assert (held.begun, cache.reads) == (1, 1)


def test_those_who_wait_leave_the_others_alone(held: Held) -> None:
    """With as many waiting as may, one more is told to come again at once, and a list that has been read is there."""
    cache = IndexCache()
    known = cache.index(key(0), index)
    with ThreadPoolExecutor() as pool:
        asked = [pool.submit(cache.index, key(number), held.read) for number in range(1, MAX_WAITING + 1)]
        assert wait_until(lambda: held.begun == MAX_LOADING, 10)
        assert wait_until(lambda: cache.waiting == MAX_WAITING, 10)

        with pytest.raises(Unavailable):
            cache.index(key(MAX_WAITING + 1), never)
        assert cache.index(key(0), never) is known
        held.go.set()

    assert all(each.result().total == 1 for each in asked)
    assert cache.index(key(MAX_WAITING + 1), index).total == 1


def test_a_failed_reading_leaves_nothing_behind() -> None:
    """The next who asks reads again, and the places of those who failed are free."""
    cache = IndexCache()
    for _ in range(MAX_WAITING + 1):
        with pytest.raises(ZeroDivisionError):
            cache.index(key(1), lambda: index(1 // 0))

    assert cache.index(key(1), index).total == 1


def test_a_crowd_before_a_short_list_is_served() -> None:
    """Many at once, as behind a restart: whoever finds no slot waits a moment for one, and the list is read once."""
    cache, held = IndexCache(), Held()
    with ThreadPoolExecutor(3 * MAX_WAITING) as pool:
        asked = [pool.submit(cache.index, key(1), held.read) for _ in range(3 * MAX_WAITING)]
        held.go.set()
        assert {each.result().total for each in asked} == {1}
    assert (cache.reads, cache.waiting) == (1, 0)


def test_the_newest_index_is_kept() -> None:
    """Of two requests that brought an index forward, the one that saw less comes too late."""
    cache = IndexCache()
    cache.index(key(1), index)
    newer = index(3)
    cache.keep(key(1), newer)
    cache.keep(key(1), index(2))

    assert cache.index(key(1), never) is newer


def test_what_was_not_asked_for_longest_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """Key indexes take no more memory than they may, also when they grow; the one in use is never given up."""
    monkeypatch.setattr(reader.query.index_cache, "MAX_BYTES", 10 * KEY.size)
    cache = IndexCache()
    for number in range(3):
        cache.index(key(number), lambda: index(entries=3))
    cache.index(key(0), never)
    cache.keep(key(2), index(2, entries=5))

    assert cache.index(key(0), never).total == 3
    assert cache.index(key(1), lambda: index(entries=20)).total == 20
    assert cache.reads == 4
    assert cache.index(key(1), never).total == 20
    assert cache.index(key(0), index).total == 1


def test_lists_that_hold_nothing_make_room_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Filters that find nothing cost no bytes, and are bounded all the same."""
    monkeypatch.setattr(reader.query.index_cache, "MAX_INDEXES", 3)
    cache = IndexCache()
    for number in range(5):
        cache.index(key(number), lambda: index(entries=0))

    assert cache.index(key(4), never).total == 0
    assert cache.index(key(0), lambda: index(entries=2)).total == 2


def test_an_index_that_is_too_old_is_read_again_once() -> None:
    """It is forgotten by the first who finds it so; who comes later with the same old index forgets nothing newer."""
    cache = IndexCache()
    old = cache.index(key(1), index)
    cache.forget(key(1), old)
    newer = cache.index(key(1), lambda: index(5))
    cache.forget(key(1), old)

    assert cache.index(key(1), never) is newer
