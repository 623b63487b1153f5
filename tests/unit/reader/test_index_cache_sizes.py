"""What the cache of key indexes holds is counted, whatever it is made of, and bounded."""

import tracemalloc
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

import reader.query.index_cache
from reader.model import Selection
from reader.query.cached_list import INDEX_BYTES, CacheKey
from reader.query.index_cache import IndexCache
from reader.query.key_index import KeyIndex
from reader.query.snapshot import MAX_RUNNING, Snapshot
from tests.unit.reader.indexes import at, bound, held, index, key, snapshot


@pytest.mark.parametrize("caches", [1, 2, 4])
def test_caches_of_one_reader_share_its_memory(monkeypatch: pytest.MonkeyPatch, caches: int) -> None:
    """Each database has one: with four, the reader holds as much as with one."""
    bound(monkeypatch, 4_000_000)
    sharing = [IndexCache(caches) for _ in range(caches)]
    for cache in sharing:
        for number in range(300):
            cache.put(key(number, workspace=number), index(entries=2_000))

    assert all(2_000_000 // caches < cache.size <= 4_000_000 // caches for cache in sharing)


def test_what_is_made_of_a_list_that_was_replaced_meanwhile_is_counted_whole() -> None:
    """It shares no bucket with those that are there: two requests went on while the list was evicted and read again."""
    cache = IndexCache()
    before = index(5, entries=2_000)
    cache.put(key(1), before)
    cache.forget("org_1")
    cache.put(key(1), index(6, entries=2_000))
    cache.put(at(key(1), 4), before.without(snapshot(4), [(0, 2_000)]), before)

    assert held(cache) <= cache.size
    cache.put(at(key(1), 3), before.without(snapshot(3), [(0, 2_000)]), before)
    assert held(cache) <= cache.size


def test_a_list_that_grows_is_counted_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside an older page of it, whatever was counted on the way: nothing is evicted while it fits."""
    bound(monkeypatch, 1_000_000)
    cache = IndexCache()
    growing = index(1, entries=20_000)
    cache.put(key(9, workspace=2), index(entries=10))
    cache.put(key(1), growing)
    cache.put(at(key(1), 1), growing.without(snapshot(1), []), growing)
    for xmax in range(2, 500):
        before, growing = growing, growing.with_added(snapshot(xmax), [(1, xmax)])
        cache.put(key(1), growing, before)

    assert cache.get(key(9, workspace=2)) is not None
    assert cache.get(at(key(1), 1)) is not None
    assert held(cache) <= cache.size <= 1_000_000


def test_a_snapshot_of_many_open_transactions_is_counted() -> None:
    """Anyone can make one up, for a list without entries."""
    cache = IndexCache()
    tracemalloc.start()
    try:
        for number in range(50):
            first = 2**40 + 10_000 * number
            of = Snapshot(datetime(2026, 11, 1, tzinfo=UTC), first, 2**41 + 1, tuple(range(first, first + MAX_RUNNING)))
            where = CacheKey(workspace_id="org_1", selection=key(number).selection, pg_snapshot=of.pg_snapshot)
            cache.put(where, KeyIndex.from_buckets(of, []))
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert 50 * 30 * MAX_RUNNING < taken < cache.size * 1.05


@pytest.mark.parametrize("character", ["a", "ä", "€", "😀"])
def test_the_texts_of_filters_are_counted(character: str) -> None:
    """As many and as long as a query may have: one character can make each of them four times as long in memory."""
    cache = IndexCache()
    tracemalloc.start()
    try:
        for number in range(200):
            texts = [f"operation:{number}-{place}".ljust(250, "x") + character for place in range(22)]
            selection = Selection(facets=tuple(texts[2:]), actor=texts[0], subject=texts[1])
            cache.get(CacheKey(workspace_id="org_1", selection=selection))
            cache.put(CacheKey(workspace_id="org_1", selection=selection), index(entries=0))
        taken, _ = tracemalloc.get_traced_memory()
        del texts, selection
    finally:
        tracemalloc.stop()
    assert 200 * 22 * 250 < taken < cache.size * 1.05 < taken * 1.2


def test_what_is_remembered_of_evicted_lists_does_not_grow_with_their_filters(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not counted, so it has to be small."""
    cache = IndexCache()
    bound(monkeypatch, 10)
    tracemalloc.start()
    try:
        for number in range(1_000):
            cache.get(CacheKey(workspace_id="org_1", selection=Selection(actor=f"{number}".ljust(250, "x") + "😀")))
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert taken < 500 * 1_000


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["get", "put", "older", "older alone", "late", "grow", "discard", "forget"]),
        st.integers(0, 4),
        st.integers(1, 2),
        st.integers(1, 4),
        st.integers(0, 6),
    )
)


@given(STEPS)
def test_the_bounds_hold_after_any_steps(steps: list[tuple[str, int, int, int, int]]) -> None:
    """The cache counts at least what it holds, exactly where it evicts, and no bound is exceeded but by one list alone."""
    cache = IndexCache()
    limit = 3 * INDEX_BYTES
    earlier: dict[CacheKey, KeyIndex] = {}  # of each list, as a request holds one while others go on
    with pytest.MonkeyPatch.context() as bounds:
        bounds.setattr(reader.query.index_cache, "MAX_BYTES", limit)
        bounds.setattr(reader.query.index_cache, "MAX_LISTS", 3)
        for step, number, workspace, xmax, entries in steps:
            which = key(number, workspace)
            present = cache.get(which)
            stale = earlier.get(which)
            earlier |= {which: present} if present is not None else {}
            if step == "put":
                cache.put(which, index(xmax, entries))
            elif step == "older" and present is not None and present.total:
                cache.put(at(which, xmax), present.without(snapshot(xmax), [(0, present.total)]), present)
            elif step == "late" and stale is not None:
                cache.put(at(which, xmax), stale.with_added(snapshot(xmax), []), stale)
            elif step == "older alone":
                cache.put(at(which, xmax), index(xmax, 50 * entries))
            elif step == "grow" and present is not None:
                newer = present.snapshot.xmax + 1
                cache.put(which, present.with_added(snapshot(newer), [(1, newer)]), present)
            elif step == "discard":
                cache.discard(which, index(xmax, entries))
            elif step == "forget":
                cache.forget(which.workspace_id)
            assert cache.size == sum(cached.size for cached in cache._lists.values())
            assert held(cache) <= cache.size
            near = cache.nearest(which, xmax)
            assert (near is not None) == (which in cache._lists)
            assert near is None or cache.peek(near[0]) is near[1]
            assert len(cache._lists) <= 3
            assert cache.size <= limit or len(cache._lists) == 1
