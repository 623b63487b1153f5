"""The map (section 4): a binary trie over all workspaces by the bits of their keys, one place and one leaf for each.

`MapBuilder` takes workspaces in ascending order of their keys and holds one hash for each open branch, at most 256.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from export.format.encoding import EMPTY_HASH, sha256_hex

KEY_BITS = 256


def leaf_hash(key: str, days_hash: str) -> str:
    """The leaf of a workspace; `days_hash` is H(days)."""
    return sha256_hex(f"callmine-audit-workspace/1\n{key}\n{days_hash}\n".encode())


def node_hash(left: str, right: str) -> str:
    """The hash of an inner node."""
    return sha256_hex(f"callmine-audit-map/1\n{left}\n{right}\n".encode())


def climb(key: str, path: Sequence[str], bottom: str) -> str:
    """The root that `path` leads to from `bottom`, the hash at its end: a leaf, or EMPTY_HASH. At most 256 siblings."""
    bits = int(key, 16)
    for depth in range(len(path) - 1, -1, -1):
        bottom = _join(bits, depth, bottom, path[depth])
    return bottom


def shared_bits(key: str, other: str) -> int:
    """How many bits two keys have in common before the first that differs."""
    return KEY_BITS - (int(key, 16) ^ int(other, 16)).bit_length()


class MapBuilder:
    """The root over workspaces added in ascending order of their keys.

    `depth` is how many first bits all keys have in common, for the root of a branch; 0 for the whole map.
    """

    def __init__(self, depth: int = 0) -> None:
        self._depth = depth
        self._lefts: list[tuple[int, str]] = []  # depths at which branches are open, with the left side of each
        self._hash = EMPTY_HASH  # of what has been added since the last open branch
        self._bits = 0  # a key of that
        self._at: int | None = None  # the depth of that hash; None: a single leaf, which can be at any depth
        self._empty = True

    def add(self, key: str, days_hash: str) -> None:
        """Adds a workspace. Its key must be greater than all before, else ValueError."""
        bits = int(key, 16)
        if not self._empty:
            if bits <= self._bits:
                raise ValueError("keys are not ascending")
            branch = KEY_BITS - (bits ^ self._bits).bit_length()
            self._close(branch)
            self._lift(branch + 1)
            self._lefts.append((branch, self._hash))
        self._hash, self._bits, self._at, self._empty = leaf_hash(key, days_hash), bits, None, False

    def root(self) -> str:
        """The root over all; nothing can be added afterwards."""
        if self._empty:
            return EMPTY_HASH
        self._close(-1)
        self._lift(self._depth)
        return self._hash

    def _close(self, branch: int) -> None:
        """Joins all branches that are deeper than `branch`: no later key belongs to them."""
        while self._lefts and self._lefts[-1][0] > branch:
            depth, left = self._lefts.pop()
            self._lift(depth + 1)
            self._hash, self._at = node_hash(left, self._hash), depth

    def _lift(self, depth: int) -> None:
        """Brings the hash up to `depth`, past branches whose other side is empty; a single leaf needs none of them."""
        if self._at is not None:
            for above in range(self._at - 1, depth - 1, -1):
                self._hash = _join(self._bits, above, self._hash, EMPTY_HASH)
            self._at = depth


def _join(bits: int, depth: int, own: str, sibling: str) -> str:
    """The node at `depth` above `own`, which is on the side that the key's bit says."""
    right = bits >> (KEY_BITS - 1 - depth) & 1
    return node_hash(sibling, own) if right else node_hash(own, sibling)


def map_root(workspaces: Iterable[tuple[str, str]]) -> str:
    """The map's root over (key, H(days)), ascending by key."""
    builder = MapBuilder()
    for key, days_hash in workspaces:
        builder.add(key, days_hash)
    return builder.root()


@dataclass(frozen=True, kw_only=True)
class MapLocation:
    """Where a key is in a map: the siblings from the root down, and the workspace at the end, (key, H(days)), if any."""

    path: tuple[str, ...]
    neighbor: tuple[str, str] | None

    def other(self, key: str) -> tuple[str, str] | None:
        """The workspace that is there instead of the one with this key."""
        return None if self.neighbor is None or self.neighbor[0] == key else self.neighbor


def locate(workspaces: Iterable[tuple[str, str]], key: str) -> MapLocation:
    """Finds the place of `key` in the map of `workspaces`, (key, H(days)) ascending by key, in one pass.

    Those that share exactly d bits with `key` are consecutive, and are the branch beside its path at depth d.
    """
    branches: dict[int, MapBuilder] = {}
    members: dict[int, int] = {}
    last: dict[int, tuple[str, str]] = {}
    for workspace in workspaces:
        shared = shared_bits(key, workspace[0])
        if shared < KEY_BITS:
            branches.setdefault(shared, MapBuilder(shared + 1)).add(*workspace)
        members[shared] = members.get(shared, 0) + 1
        last[shared] = workspace
    # The path ends where at most one workspace shares that many bits.
    below, end = 0, 0
    for shared in sorted(members, reverse=True):
        below += members[shared]
        if below > 1:
            end = shared + 1
            break
    neighbor = next((last[shared] for shared in members if shared >= end), None)
    path = tuple(branches[depth].root() if depth in branches else EMPTY_HASH for depth in range(end))
    return MapLocation(path=path, neighbor=neighbor)
