"""The log's tree against the definitions of RFC 9162, section 2.1, written as they stand there."""

import hashlib
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from export.format import merkle
from tests.export_package import root_hash

SIZES = st.integers(1, 70)
LEAVES = [merkle.leaf_hash(f"{number}".encode()) for number in range(70)]


def split(size: int) -> int:
    return max(1 << power for power in range(8) if 1 << power < size)


def mth(leaves: Sequence[bytes]) -> bytes:
    """2.1.1, of leaves that are hashed already."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = split(len(leaves))
    return hashlib.sha256(b"\x01" + mth(leaves[:k]) + mth(leaves[k:])).digest()


def path(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """2.1.3.1."""
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if index < k:
        return [*path(index, leaves[:k]), mth(leaves[k:])]
    return [*path(index - k, leaves[k:]), mth(leaves[:k])]


def subproof(old: int, leaves: Sequence[bytes], *, whole: bool = True) -> list[bytes]:
    """2.1.4.1."""
    if old == len(leaves):
        return [] if whole else [mth(leaves)]
    k = split(len(leaves))
    if old <= k:
        return [*subproof(old, leaves[:k], whole=whole), mth(leaves[k:])]
    return [*subproof(old - k, leaves[k:], whole=False), mth(leaves[:k])]


def roots(ranges: Sequence[merkle.Range], size: int) -> list[bytes]:
    roots_read = merkle.range_roots(LEAVES[:size], ranges)
    return [roots_read[span] for span in ranges]


@given(st.integers(0, 70))
def test_the_root(size: int) -> None:
    assert root_hash(LEAVES[:size]) == mth(LEAVES[:size])


@given(SIZES, st.data())
def test_inclusion(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    proof = roots(merkle.inclusion_ranges(index, size), size)

    assert proof == path(index, LEAVES[:size])
    assert merkle.verify_inclusion(LEAVES[index], index, size, proof, mth(LEAVES[:size]))


@given(SIZES, st.data())
def test_consistency(size: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, size))
    proof = roots(merkle.consistency_ranges(old, size), size)

    assert proof == subproof(old, LEAVES[:size])
    assert merkle.verify_consistency(old, size, proof, mth(LEAVES[:old]), mth(LEAVES[:size]))


def edits(proof: list[bytes]) -> list[list[bytes]]:
    """Every way to get a proof slightly wrong."""
    other = hashlib.sha256(b"other").digest()
    return [
        [*proof, other],
        [other, *proof],
        *([*proof[:at], *proof[at + 1 :]] for at in range(len(proof))),
        *([*proof[:at], other, *proof[at + 1 :]] for at in range(len(proof))),
        *([*proof[:at], *proof[at : at + 2][::-1], *proof[at + 2 :]] for at in range(len(proof) - 1)),
        *([*proof[: at + 1], *proof[at:]] for at in range(len(proof))),
    ]


@given(SIZES, st.data())
def test_no_other_inclusion_proof_holds(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    root = mth(LEAVES[:size])
    proof = path(index, LEAVES[:size])

    for edited in edits(proof):
        assert not merkle.verify_inclusion(LEAVES[index], index, size, edited, root)
    for wrong in {index - 1, index + 1, size, -1} - {index}:
        assert not merkle.verify_inclusion(LEAVES[index], wrong, size, proof, root)


def test_no_other_inclusion_proof_of_a_larger_tree() -> None:
    """The path ends at the root of the left half, which is not the root of the tree."""
    proof = path(1, LEAVES[:4])
    assert merkle.verify_inclusion(LEAVES[1], 1, 4, proof, mth(LEAVES[:4]))
    assert not merkle.verify_inclusion(LEAVES[1], 1, 8, proof, mth(LEAVES[:4]))


@given(SIZES, st.data())
def test_no_other_consistency_proof_holds(size: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, size))
    old_root, root = mth(LEAVES[:old]), mth(LEAVES[:size])
    proof = subproof(old, LEAVES[:size])

    for edited in edits(proof):
        assert not merkle.verify_consistency(old, size, edited, old_root, root)
    for wrong in {old - 1, old + 1, 0, size + 1, -1} - {old}:
        assert not merkle.verify_consistency(wrong, size, proof, old_root, root)
    assert not merkle.verify_consistency(old, size, proof, LEAVES[69], root)
    assert not merkle.verify_consistency(old, size, proof, old_root, LEAVES[69])


def test_many_proofs_come_from_one_pass() -> None:
    size = 61
    ranges = [span for index in range(size) for span in merkle.inclusion_ranges(index, size)]
    ranges += [span for old in range(1, size + 1) for span in merkle.consistency_ranges(old, size)]

    roots_read = merkle.range_roots(iter(LEAVES[:size]), ranges)

    assert roots_read == {(first, last): mth(LEAVES[first:last]) for first, last in ranges}
