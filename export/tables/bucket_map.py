"""The hashes of all heads that the sealer keeps itself: the map's root, and the hash of each branch at depth 16.

A branch holds the workspaces whose keys begin with the same two bytes, a *bucket*. What is in a bucket is read from the
table when one of its workspaces changes, and must have the hash that is known here. So memory does not grow with the number
of workspaces, and a head that is changed in the table is found when its bucket is next read, or at the next start.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Self

from export.format.encoding import EMPTY_HASH
from export.format.workspace_map import MapBuilder, node_hash
from export.tables.heads import Head

DEPTH = 16
BUCKETS = 1 << DEPTH
_DIGITS = DEPTH // 4
_NONE, _SINGLE, _MANY = 0, 1, 2  # how many workspaces are below a node: a single one is its leaf at any depth


def bucket_of(key: str) -> int:
    """The number of the bucket that a workspace's key belongs to."""
    return int(key[:_DIGITS], 16)


def prefix_of(bucket: int) -> bytes:
    """The bytes that the keys of a bucket begin with."""
    return bucket.to_bytes(DEPTH // 8, "big")


class BucketMap:
    """Hashes of all nodes down to the buckets: node n has the children 2n and 2n + 1, the root is node 1."""

    def __init__(self) -> None:
        self._hashes = [EMPTY_HASH] * (2 * BUCKETS)
        self._counts = bytearray(2 * BUCKETS)

    @classmethod
    def load(cls, heads: Iterable[Head]) -> Self:
        """Reads all heads, ascending by key."""
        buckets, level = cls(), list[int]()
        for bucket, members in groupby(heads, lambda head: bucket_of(head[0])):
            node = BUCKETS + bucket
            buckets._counts[node], buckets._hashes[node] = _branch(members)
            level.append(node)
        for _ in range(DEPTH):
            level = list(dict.fromkeys(node // 2 for node in level))
            for node in level:
                buckets._join(node)
        return buckets

    def copy(self) -> "BucketMap":
        """A map with the same heads; a change of either does not change the other."""
        other = BucketMap()
        other._hashes, other._counts = self._hashes.copy(), self._counts.copy()
        return other

    @property
    def root(self) -> str:
        """The map's root."""
        return self._hashes[1]

    def is_empty(self, bucket: int) -> bool:
        """Whether no workspace of the bucket is known."""
        return self._counts[BUCKETS + bucket] == _NONE

    def holds(self, bucket: int, heads: Sequence[Head]) -> bool:
        """Whether these, ascending by key, are the heads of the bucket."""
        node = BUCKETS + bucket
        return _branch(heads) == (self._counts[node], self._hashes[node])

    def replace(self, bucket: int, heads: Sequence[Head]) -> None:
        """Makes these, ascending by key, the heads of the bucket."""
        node = BUCKETS + bucket
        self._counts[node], self._hashes[node] = _branch(heads)
        while node > 1:
            node //= 2
            self._join(node)

    def _join(self, node: int) -> None:
        left, right = 2 * node, 2 * node + 1
        counts, hashes = self._counts, self._hashes
        if counts[left] + counts[right] < _MANY:
            counts[node] = counts[left] + counts[right]
            hashes[node] = hashes[left if counts[left] else right]
        else:
            counts[node] = _MANY
            hashes[node] = node_hash(hashes[left], hashes[right])


def _branch(heads: Iterable[Head]) -> tuple[int, str]:
    """How many workspaces (2 for all numbers above 1), and the branch's hash at DEPTH."""
    builder, count = MapBuilder(DEPTH), _NONE
    for key, days_hash in heads:
        builder.add(key, days_hash)
        count = min(count + 1, _MANY)
    return count, builder.root()
