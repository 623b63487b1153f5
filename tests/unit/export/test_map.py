"""The map of workspaces against its definition in verified_export.md, section 4, written as it is there."""

import hashlib
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from export.format.encoding import EMPTY_HASH
from export.format.workspace_map import MapBuilder, climb, leaf_hash, locate, map_root, shared_bits

Workspaces = Mapping[str, str]
HASHES = st.integers(0, 2**256 - 1).map("{:064x}".format)
# Random keys part early; these share many bits, from either end.
KEYS = st.one_of(
    HASHES,
    st.integers(0, 7).map("{:064x}".format),
    st.integers(0, 15).map(lambda number: f"{number:x}" + "0" * 63),
    st.builds(lambda start, end: "a" * start + f"{end:x}" * (64 - start), st.integers(0, 63), st.integers(0, 15)),
)
MAPS = st.dictionaries(KEYS, HASHES, max_size=12)


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def bit(key: str, depth: int) -> int:
    return bytes.fromhex(key)[depth // 8] >> (7 - depth % 8) & 1


def definition(workspaces: Workspaces, depth: int = 0) -> str:
    """map(S, d)."""
    if not workspaces:
        return "0" * 64
    if len(workspaces) == 1:
        ((key, days),) = workspaces.items()
        return sha256(f"callmine-audit-workspace/1\n{key}\n{days}\n")
    left, right = ({key: days for key, days in workspaces.items() if bit(key, depth) == side} for side in (0, 1))
    return sha256(f"callmine-audit-map/1\n{definition(left, depth + 1)}\n{definition(right, depth + 1)}\n")


def path_by_definition(workspaces: Workspaces, key: str) -> tuple[list[str], Workspaces]:
    """The sibling hashes from the root down, ending where at most one workspace is left; and what is left."""
    path: list[str] = []
    while len(workspaces) > 1:
        depth = len(path)
        side = bit(key, depth)
        path.append(definition({k: v for k, v in workspaces.items() if bit(k, depth) != side}, depth + 1))
        workspaces = {k: v for k, v in workspaces.items() if bit(k, depth) == side}
    return path, workspaces


@given(MAPS)
def test_the_root_is_that_of_the_definition(workspaces: Workspaces) -> None:
    assert map_root(sorted(workspaces.items())) == definition(workspaces)


@given(MAPS, KEYS)
def test_the_place_of_any_key_is_that_of_the_definition(workspaces: Workspaces, key: str) -> None:
    location = locate(sorted(workspaces.items()), key)
    path, left = path_by_definition(workspaces, key)

    assert list(location.path) == path
    assert location.neighbor == next(iter(left.items()), None)
    assert location.other(key) == (None if key in left else location.neighbor)


@given(MAPS, KEYS)
def test_every_path_leads_to_the_root(workspaces: Workspaces, key: str) -> None:
    location = locate(sorted(workspaces.items()), key)
    bottom = leaf_hash(*location.neighbor) if location.neighbor else EMPTY_HASH

    assert climb(key, location.path, bottom) == map_root(sorted(workspaces.items()))


@given(MAPS.filter(bool), KEYS)
def test_an_end_is_never_beside_an_empty_place(workspaces: Workspaces, key: str) -> None:
    path = locate(sorted(workspaces.items()), key).path

    assert not path or path[-1] != EMPTY_HASH


@given(KEYS, KEYS)
def test_shared_bits(left: str, right: str) -> None:
    shared = shared_bits(left, right)

    assert all(bit(left, depth) == bit(right, depth) for depth in range(shared))
    assert shared == 256 if left == right else bit(left, shared) != bit(right, shared)


@pytest.mark.parametrize("second", ["4" * 64, "3" * 64])
def test_keys_that_do_not_ascend_are_refused(second: str) -> None:
    builder = MapBuilder()
    builder.add("4" * 64, EMPTY_HASH)

    with pytest.raises(ValueError, match="not ascending"):
        builder.add(second, EMPTY_HASH)


def test_memory_does_not_grow_with_the_workspaces() -> None:
    builder = MapBuilder()
    for number in range(20_000):
        builder.add(f"{number << 200:064x}", EMPTY_HASH)

    assert len(builder._lefts) <= 256
