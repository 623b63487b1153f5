"""Key indexes in memory: the newest is kept, the least recently used is evicted, and both bounds hold."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

import reader.query.index_cache
from reader.model import Selection
from reader.query.index_cache import CacheKey, IndexCache
from reader.query.key_index import KEY, KeyIndex, pack, split
from reader.query.snapshot import Snapshot


def index(xmax: int = 1, entries: int = 1) -> KeyIndex:
    """An index of so many entries, at a snapshot."""
    snapshot = Snapshot(datetime(2026, 11, 1, tzinfo=UTC), xmax, xmax, ())
    return KeyIndex.from_buckets(snapshot, split(pack((0, entries - number) for number in range(entries))))


def key(number: int) -> CacheKey:
    """The list of one actor."""
    return CacheKey(workspace_id="org_1", selection=Selection(actor=f"user_{number}"))


def test_an_older_index_does_not_replace_a_newer_one() -> None:
    """Of two requests that caught up at once, the one that saw less comes too late."""
    cache = IndexCache()
    newer = index(3)
    for caught_up in (index(1), newer, index(2)):
        cache.put(key(1), caught_up)

    assert cache.get(key(1)) is newer


def test_an_index_that_is_too_old_is_discarded_once() -> None:
    """By the first request that finds it so; one that comes later with the same old index discards nothing newer."""
    cache = IndexCache()
    old, newer = index(1), index(5)
    cache.put(key(1), old)
    cache.discard(key(1), old)
    assert cache.get(key(1)) is None
    cache.put(key(1), newer)
    cache.discard(key(1), old)

    assert cache.get(key(1)) is newer


def test_the_least_recently_used_is_evicted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also when an index grows; the one in use stays, even alone over the bound."""
    monkeypatch.setattr(reader.query.index_cache, "MAX_BYTES", 10 * KEY.size)
    cache = IndexCache()
    for number in range(3):
        cache.put(key(number), index(entries=3))
    cache.get(key(0))
    cache.put(key(2), index(2, entries=5))
    assert [cache.get(key(number)) is not None for number in range(3)] == [True, False, True]

    cache.put(key(1), index(entries=20))

    assert [cache.get(key(number)) is not None for number in range(3)] == [False, True, False]


def test_empty_indexes_are_bounded_by_their_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """Filters that match nothing cost no bytes, and their keys do."""
    monkeypatch.setattr(reader.query.index_cache, "MAX_INDEXES", 3)
    cache = IndexCache()
    for number in range(5):
        cache.put(key(number), index(entries=0))

    assert [cache.get(key(number)) is not None for number in range(5)] == [False, False, True, True, True]


STEPS = st.lists(
    st.tuples(st.sampled_from(["get", "put", "discard"]), st.integers(0, 4), st.integers(1, 4), st.integers(0, 6))
)


@given(STEPS)
def test_the_bounds_hold_after_any_steps(steps: list[tuple[str, int, int, int]]) -> None:
    """The cache counts the bytes it holds, and no bound is exceeded but by one index alone."""
    cache = IndexCache()
    with pytest.MonkeyPatch.context() as bounds:
        bounds.setattr(reader.query.index_cache, "MAX_BYTES", 10 * KEY.size)
        bounds.setattr(reader.query.index_cache, "MAX_INDEXES", 3)
        for step, number, xmax, entries in steps:
            if step == "get":
                cache.get(key(number))
            elif step == "put":
                cache.put(key(number), index(xmax, entries))
            else:
                cache.discard(key(number), index(xmax, entries))
            held = list(cache._indexes.values())
            assert cache._bytes == sum(one.size for one in held)
            assert len(held) <= 3
            assert cache._bytes <= 10 * KEY.size or len(held) == 1
