"""Key indexes in memory: what is held is counted once, and no list or workspace pushes out the others."""

import tracemalloc
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

import reader.query.index_cache
from reader.model import Selection
from reader.query.cached_list import BUCKET_BYTES, INDEX_BYTES, MAX_SNAPSHOTS
from reader.query.index_cache import CacheKey, IndexCache
from reader.query.key_index import KEY, KeyIndex, pack, split
from reader.query.snapshot import MAX_RUNNING, Snapshot


def snapshot(xmax: int) -> Snapshot:
    return Snapshot(datetime(2026, 11, 1, tzinfo=UTC), xmax, xmax, ())


def index(xmax: int = 1, entries: int = 1) -> KeyIndex:
    """An index of so many entries, at a snapshot."""
    return KeyIndex.from_buckets(snapshot(xmax), split(pack((0, entries - number) for number in range(entries))))


def key(number: int, workspace: int = 1) -> CacheKey:
    """The list of one actor."""
    return CacheKey(workspace_id=f"org_{workspace}", selection=Selection(actor=f"user_{number}"))


def at(list_key: CacheKey, xmax: int) -> CacheKey:
    """An older page of a list."""
    return CacheKey(
        workspace_id=list_key.workspace_id, selection=list_key.selection, pg_snapshot=snapshot(xmax).pg_snapshot
    )


def held(cache: IndexCache) -> int:
    """What all indexes hold, each bucket counted once."""
    buckets: dict[int, int] = {}
    own = 0
    for cached in cache._lists.values():
        for list_index in cached.indexes.values():
            own += INDEX_BYTES + BUCKET_BYTES * len(list_index.buckets)
            buckets |= {id(bucket): len(bucket) for bucket in list_index.buckets}
    return own + sum(buckets.values())


def bound(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(reader.query.index_cache, "MAX_BYTES", size)


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
    assert (cache.get(key(1)), cache.size) == (None, 0)
    cache.put(key(1), newer)
    cache.discard(key(1), old)

    assert cache.get(key(1)) is newer


def test_what_is_known_of_one_server_is_not_asked_of_another() -> None:
    """The same list on another server, or after a restart, is another list."""
    cache = IndexCache()
    cache.put(key(1), index())
    other = CacheKey(server="other", workspace_id="org_1", selection=key(1).selection)

    assert cache.get(other) is None


def test_older_pages_of_a_list_push_out_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """They share its buckets, which are counted once: of a list that takes half of the memory there are many."""
    large = index(100, entries=100_000)
    bound(monkeypatch, 2 * large.size)
    cache = IndexCache()
    cache.put(key(9, workspace=2), index(entries=1000))
    cache.put(key(1), large)
    for xmax in range(1, 60):
        cache.put(at(key(1), xmax), large.without(snapshot(xmax), [(0, 100_000 - xmax)]))

    assert cache.get(key(9, workspace=2)) is not None
    assert cache.get(key(1)) is large
    assert cache.get(at(key(1), 59)) is not None
    cached = cache._lists[key(1)]
    cached.count()
    assert large.size < cached.size < 1.5 * large.size
    assert len(cached.indexes) == 1 + MAX_SNAPSHOTS


@pytest.mark.parametrize("caches", [1, 2, 4])
def test_caches_of_one_reader_share_its_memory(monkeypatch: pytest.MonkeyPatch, caches: int) -> None:
    """Each database has one: with four, the reader holds as much as with one."""
    bound(monkeypatch, 4_000_000)
    sharing = [IndexCache(caches) for _ in range(caches)]
    for cache in sharing:
        for number in range(300):
            cache.put(key(number, workspace=number), index(entries=2_000))

    assert all(2_000_000 // caches < cache.size <= 4_000_000 // caches for cache in sharing)


def test_a_list_that_grows_is_counted_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside an older page of it, whatever was counted on the way: nothing is evicted while it fits."""
    bound(monkeypatch, 1_000_000)
    cache = IndexCache()
    growing = index(1, entries=20_000)
    cache.put(key(9, workspace=2), index(entries=10))
    cache.put(key(1), growing)
    cache.put(at(key(1), 1), growing.without(snapshot(1), []))
    for xmax in range(2, 500):
        growing = growing.with_added(snapshot(xmax), [(1, xmax)])
        cache.put(key(1), growing)

    assert cache.get(key(9, workspace=2)) is not None
    assert cache.get(at(key(1), 1)) is not None
    assert held(cache) <= cache.size <= 1_000_000


def test_the_last_index_of_a_list_stays_while_its_list_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a restart an older page may be all that is held of a long list, beyond its share: the list goes whole, or not at all."""
    cache = IndexCache()
    bound(monkeypatch, 50_000)
    cache.put(at(key(1), 3), index(3, entries=2_000))
    for workspace in range(2, 30):
        cache.get(key(1, workspace))
        cache.put(key(1, workspace), index(entries=100))
        assert all(cached.indexes for cached in cache._lists.values())
        near = cache.nearest(key(1), 9)
        assert (near is None) == (key(1) not in cache._lists)


def test_more_workspaces_than_fit_do_not_push_out_one_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """In turn, over and over: those that fit stay, where each would evict the next by recent use alone."""
    loaded = index(entries=1000)
    size = loaded.size + INDEX_BYTES + BUCKET_BYTES * len(loaded.buckets)
    bound(monkeypatch, 160 * size)
    cache = IndexCache()
    for turn in range(5):
        hits = 0
        for workspace in range(200):
            if cache.get(key(1, workspace)) is not None:
                hits += 1
            else:  # as a request does: once when it is read, and once when it has caught up
                cache.put(key(1, workspace), index(entries=1000))
                cache.put(key(1, workspace), index(2, entries=1000))
        assert hits >= (0 if turn == 0 else 150)


def test_a_list_that_is_used_more_takes_the_place_of_one_that_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """Even if it was given up before: how often it was asked for is remembered."""
    bound(monkeypatch, 3 * (INDEX_BYTES + BUCKET_BYTES + KEY.size))
    cache = IndexCache()
    for workspace in range(4):
        cache.get(key(1, workspace))
        cache.put(key(1, workspace), index())
    assert cache.peek(key(1, 3)) is None  # each was asked for once, and the others were there
    assert cache.get(key(1, 3)) is None
    cache.put(key(1, 3), index())

    assert cache.get(key(1, 3)) is not None


def test_what_is_not_used_any_more_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """However often it was used long ago."""
    monkeypatch.setattr(reader.query.index_cache, "HALVED_AFTER", 50)
    bound(monkeypatch, 2 * (INDEX_BYTES + BUCKET_BYTES + KEY.size))
    cache = IndexCache()
    for workspace in range(2):
        cache.put(key(1, workspace), index())
    for _ in range(49):
        cache.get(key(1, 0))
    for _ in range(500):
        cache.get(key(1, 1))
    cache.put(key(1, 2), index())

    assert [cache.get(key(1, workspace)) is not None for workspace in range(3)] == [False, True, True]


def test_many_lists_of_one_workspace_push_out_each_other_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """However often they are used: a workspace keeps its most used list, what it has beyond its share goes first."""
    loaded = index(entries=100)
    bound(monkeypatch, 10 * (loaded.size + INDEX_BYTES + BUCKET_BYTES))
    cache = IndexCache()
    for workspace in (2, 3, 4):
        cache.put(key(1, workspace), index(entries=100))
    for number in range(50):
        for _ in range(20):
            if cache.get(key(number)) is None:
                cache.put(key(number), index(entries=100))

    assert all(cache.get(key(1, workspace)) is not None for workspace in (2, 3, 4))


def test_the_list_in_use_stays_alone_over_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """A list of more than fits must not be read for each of its pages."""
    bound(monkeypatch, 10)
    cache = IndexCache()
    cache.put(key(1), index(entries=20))

    assert cache.get(key(1)) is not None


def test_empty_indexes_are_bounded_by_their_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """Filters that match nothing hold names: those of the workspace that has most of them go."""
    monkeypatch.setattr(reader.query.index_cache, "MAX_LISTS", 3)
    cache = IndexCache()
    cache.put(key(1, workspace=2), index(entries=0))
    for number in range(50):
        cache.put(key(number), index(entries=0))

    assert len(cache._lists) == 3
    assert len(cache._evicted) <= 3
    assert cache.get(key(1, workspace=2)) is not None


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


def test_a_workspace_is_forgotten_alone() -> None:
    """All its lists, and nobody else's."""
    cache = IndexCache()
    for workspace in (1, 2):
        for number in range(3):
            cache.put(key(number, workspace), index())
    cache.forget("org_1")

    assert [cache.get(key(1, workspace)) is not None for workspace in (1, 2)] == [False, True]
    assert held(cache) == cache.size


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["get", "put", "older", "older alone", "grow", "nearest", "discard", "forget"]),
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
    with pytest.MonkeyPatch.context() as bounds:
        bounds.setattr(reader.query.index_cache, "MAX_BYTES", limit)
        bounds.setattr(reader.query.index_cache, "MAX_LISTS", 3)
        for step, number, workspace, xmax, entries in steps:
            which = key(number, workspace)
            present = cache.get(which)
            if step == "put":
                cache.put(which, index(xmax, entries))
            elif step == "older" and present is not None and present.total:
                cache.put(at(which, xmax), present.without(snapshot(xmax), [(0, present.total)]))
            elif step == "older alone":
                cache.put(at(which, xmax), index(xmax, 50 * entries))
            elif step == "nearest":
                near = cache.nearest(which, xmax)
                assert (near is not None) == (which in cache._lists)
                assert near is None or cache.peek(near[0]) is near[1]
            elif step == "grow" and present is not None:
                newer = present.snapshot.xmax + 1
                cache.put(which, present.with_added(snapshot(newer), [(1, newer)]))
            elif step == "discard":
                cache.discard(which, index(xmax, entries))
            elif step == "forget":
                cache.forget(which.workspace_id)
            assert cache.size == sum(cached.size for cached in cache._lists.values())
            assert held(cache) <= cache.size
            assert all(cached.indexes for cached in cache._lists.values())
            assert len(cache._lists) <= 3
            assert cache.size <= limit or len(cache._lists) == 1
