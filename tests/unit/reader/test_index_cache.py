"""Key indexes in memory: no list or workspace pushes out the others."""

import pytest

import reader.query.index_cache
from reader.query.cached_list import BUCKET_BYTES, INDEX_BYTES, MAX_SNAPSHOTS, CacheKey, text_bytes
from reader.query.index_cache import IndexCache
from tests.unit.reader.indexes import SMALLEST, at, bound, held, index, key, snapshot


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
        cache.put(at(key(1), xmax), large.without(snapshot(xmax), [(0, 100_000 - xmax)]), large)

    assert cache.get(key(9, workspace=2)) is not None
    assert cache.get(key(1)) is large
    assert cache.get(at(key(1), 59)) is not None
    cached = cache._lists[key(1)]
    cached.count()
    assert large.size < cached.size < 1.5 * large.size
    assert len(cached.indexes) == 1 + MAX_SNAPSHOTS


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
    size = loaded.size + INDEX_BYTES + text_bytes(key(1)) + BUCKET_BYTES * len(loaded.buckets)
    bound(monkeypatch, 160 * size)
    cache = IndexCache()
    for attempt in range(5):
        hits = 0
        for workspace in range(200):
            if cache.get(key(1, workspace)) is not None:
                hits += 1
            else:  # as a request does: once when it is read, and once when it has caught up
                cache.put(key(1, workspace), index(entries=1000))
                cache.put(key(1, workspace), index(2, entries=1000))
        assert hits >= (0 if attempt == 0 else 150)


def test_a_list_that_is_used_more_takes_the_place_of_one_that_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """Even if it was given up before: how often it was asked for is remembered."""
    bound(monkeypatch, 3 * SMALLEST)
    cache = IndexCache()
    for workspace in range(4):
        cache.get(key(1, workspace))
        cache.put(key(1, workspace), index())
    assert cache.get(key(1, 2)) is None  # each was asked for once, and this one came last before the fourth
    cache.put(key(1, 2), index())
    cache.put(key(1, 4), index())

    assert [workspace for workspace in range(5) if cache.peek(key(1, workspace))] == [0, 2, 4]


def test_a_list_that_was_just_read_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """However often the others were used: the page that waits for its total asks again in a moment."""
    large = index(entries=1_000)
    bound(monkeypatch, 20 * (large.size + SMALLEST))
    cache = IndexCache()
    for workspace in range(1, 30):
        cache.put(key(1, workspace), index(entries=1_000))
        for _ in range(30):
            cache.get(key(1, workspace))
    for newcomer, loaded in ((key(1, workspace=99), large), (key(2, workspace=5), index(entries=500))):
        cache.get(newcomer)
        cache.put(newcomer, loaded)
        assert cache.get(newcomer) is loaded
        cache.put(newcomer, loaded.with_added(snapshot(2), [(1, 1)]), loaded)
        assert cache.peek(newcomer) is not None
    assert cache.peek(key(1, workspace=5)) is not None, "its workspace keeps the one that it uses most"


def test_a_list_beyond_the_share_takes_the_place_of_its_workspaces_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that was just read has up to a share from others, and the rest from what its workspace has itself."""
    bound(monkeypatch, 200_000)
    cache = IndexCache()
    for workspace in range(2, 7):
        cache.put(key(1, workspace), index(entries=1_000))
        cache.get(key(1, workspace))
    cache.put(key(1), index(entries=5_000))
    for _ in range(9):
        cache.get(key(1))
    cache.put(key(2), index(entries=5_000))

    assert [cache.peek(key(number)) is not None for number in (1, 2)] == [False, True]
    assert all(cache.peek(key(1, workspace)) is not None for workspace in range(2, 7))


def test_what_is_not_used_any_more_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """However often it was used long ago."""
    monkeypatch.setattr(reader.query.index_cache, "HALVED_AFTER", 50)
    bound(monkeypatch, 2 * SMALLEST)
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
    bound(monkeypatch, 10 * (loaded.size + SMALLEST))
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
    assert cache.get(key(1, workspace=2)) is not None


def test_one_workspace_does_not_have_the_uses_of_others_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many lists it asks for that are not there."""
    monkeypatch.setattr(reader.query.index_cache, "MAX_COUNTED", 10)
    bound(monkeypatch, 2 * SMALLEST)
    cache = IndexCache()
    for _ in range(5):
        cache.get(key(1, workspace=2))
    for number in range(100):
        cache.get(key(number))
    cache.put(key(1, workspace=2), index())

    assert cache._lists[key(1, workspace=2)].uses == 5


def test_a_workspace_is_forgotten_alone() -> None:
    """All its lists, and nobody else's."""
    cache = IndexCache()
    for workspace in (1, 2):
        for number in range(3):
            cache.put(key(number, workspace), index())
    cache.forget("org_1")

    assert [cache.get(key(1, workspace)) is not None for workspace in (1, 2)] == [False, True]
    assert held(cache) == cache.size
