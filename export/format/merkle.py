"""The Merkle tree of the log (RFC 9162, section 2.1): root, inclusion and consistency proofs.

Proofs are made in one pass over the leaves: a proof is a list of roots of ranges, which `range_roots` computes for any
number of proofs at once while holding a few hashes for each. Hashes are 32 bytes.
"""

import hashlib
from collections.abc import Iterable, Sequence

Range = tuple[int, int]
"""Leaves from the first index up to, not including, the second."""


def leaf_hash(data: bytes) -> bytes:
    """The hash of a leaf."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class RootBuilder:
    """The root over leaves added one by one; holds one hash for each bit of their number."""

    def __init__(self) -> None:
        self.size = 0
        self._peaks: list[bytes] = []  # roots of full subtrees, the largest first

    def add(self, leaf: bytes) -> None:
        """Adds the hash of the next leaf."""
        size = self.size
        while size & 1:
            leaf = node_hash(self._peaks.pop(), leaf)
            size >>= 1
        self._peaks.append(leaf)
        self.size += 1

    def root(self) -> bytes:
        """The root over all leaves so far; that of no leaf is SHA-256 of nothing."""
        if not self._peaks:
            return hashlib.sha256(b"").digest()
        *peaks, root = self._peaks
        for peak in reversed(peaks):
            root = node_hash(peak, root)
        return root


def inclusion_ranges(index: int, size: int) -> list[Range]:
    """The ranges whose roots are the inclusion proof of leaf `index` in a tree of `size` (2.1.3.1)."""
    ranges: list[Range] = []
    first, last = 0, size
    while last - first > 1:
        middle = first + _split(last - first)
        if index < middle:
            ranges.append((middle, last))
            last = middle
        else:
            ranges.append((first, middle))
            first = middle
    return ranges[::-1]


def consistency_ranges(old: int, size: int) -> list[Range]:
    """The ranges whose roots prove that a tree of `size` begins with the tree of `old` leaves, 0 < old <= size (2.1.4.1)."""
    ranges: list[Range] = []
    first, last = 0, size
    while last != old:
        middle = first + _split(last - first)
        if old <= middle:
            ranges.append((middle, last))
            last = middle
        else:
            ranges.append((first, middle))
            first = middle
    if first > 0:  # else it is the whole old tree, whose root the verifier holds
        ranges.append((first, last))
    return ranges[::-1]


def range_roots(leaves: Iterable[bytes], ranges: Iterable[Range]) -> dict[Range, bytes]:
    """The root over each range, from one pass over the hashes of all leaves."""
    waiting = sorted(set(ranges), reverse=True)
    active: list[tuple[Range, RootBuilder]] = []
    roots: dict[Range, bytes] = {}
    for index, leaf in enumerate(leaves):
        while waiting and waiting[-1][0] == index:
            active.append((waiting.pop(), RootBuilder()))
        for _, builder in active:
            builder.add(leaf)
        if any(span[1] == index + 1 for span, _ in active):
            roots.update({span: builder.root() for span, builder in active if span[1] == index + 1})
            active = [(span, builder) for span, builder in active if span[1] > index + 1]
    return roots


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether `proof` shows that the leaf with this hash is number `index` of the tree (2.1.3.2)."""
    if not 0 <= index < size:
        return False
    node, last, current = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if node & 1 or node == last:
            current = node_hash(sibling, current)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            current = node_hash(current, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and current == root


def verify_consistency(old: int, size: int, proof: Sequence[bytes], old_root: bytes, root: bytes) -> bool:
    """Whether `proof` shows that the tree of `size` begins with the tree of `old` leaves, 0 < old <= size (2.1.4.2)."""
    if not 0 < old <= size:
        return False
    if old == size:
        return not proof and old_root == root
    nodes = list(proof) if old & (old - 1) else [old_root, *proof]
    if not nodes:
        return False
    node, last = old - 1, size - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    old_current = current = nodes[0]
    for sibling in nodes[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            old_current = node_hash(sibling, old_current)
            current = node_hash(sibling, current)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            current = node_hash(current, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and old_current == old_root and current == root


def _split(size: int) -> int:
    """The largest power of two below `size`, which is at least 2."""
    return 1 << (size - 1).bit_length() - 1
