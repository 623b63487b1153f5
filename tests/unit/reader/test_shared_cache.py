"""A cache that workspaces share: whatever one of them uses, the others keep what they have."""

import time

from hypothesis import given
from hypothesis import strategies as st

from reader.shared_cache import SharedCache


def test_one_workspace_pushes_out_nothing_of_another() -> None:
    """It fills the cache ten times over."""
    cache: SharedCache[int, str] = SharedCache(20)
    for number in range(5):
        cache.put("b", number, "b")
    for number in range(200):
        cache.put("a", number, "a")
    assert [cache.get("b", number) for number in range(5)] == ["b"] * 5
    assert [number for number in range(200) if cache.get("a", number)] == list(range(185, 200))


def test_what_was_used_stays() -> None:
    """Of one workspace, what it used longest ago goes."""
    cache: SharedCache[int, str] = SharedCache(2)
    cache.put("a", 1, "1")
    cache.put("a", 2, "2")
    assert cache.get("a", 1) == "1"
    cache.put("a", 3, "3")
    assert [cache.get("a", number) for number in (1, 2, 3)] == ["1", None, "3"]


def test_a_put_costs_the_same_however_many_workspaces_there_are() -> None:
    """The largest is found without a look at all of them, which would be under the lock of every request."""

    def seconds(workspaces: int) -> float:
        cache: SharedCache[int, int] = SharedCache(workspaces)
        for number in range(workspaces):
            cache.put(f"org_{number}", 0, 0)
        began = time.process_time()
        for number in range(1_000):
            cache.put("org_0", number, number)
        return time.process_time() - began

    assert seconds(20_000) < 20 * seconds(200) + 0.1


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 9))))
def test_whoever_has_the_most_loses_one(puts: list[tuple[str, int]]) -> None:
    """Nobody else does, and what has just come stays if it can."""
    cache: SharedCache[int, int] = SharedCache(6)
    for at, (workspace, key) in enumerate(puts):
        before = {name: kept(cache, name) for name in "abc"}
        cache.put(workspace, key, at)
        before[workspace] |= {key}
        max_count = max(map(len, before.values()))
        for name in "abc":
            lost = before[name] - kept(cache, name)
            assert len(lost) <= (len(before[name]) == max_count)
            assert key not in lost or name != workspace or max_count == 1


def kept(cache: SharedCache[int, int], workspace: str) -> set[int]:
    """Keys of a workspace."""
    return set(cache._values.get(workspace, ()))


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 9))))
def test_there_are_never_too_many(puts: list[tuple[str, int]]) -> None:
    """Whatever is kept."""
    cache: SharedCache[int, int] = SharedCache(4)
    for at, (workspace, key) in enumerate(puts):
        cache.put(workspace, key, at)
        held = [cache.get(name, number) for name in "abc" for number in range(10)]
        assert sum(value is not None for value in held) <= 4
