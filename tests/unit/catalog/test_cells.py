"""Cells share the keys out: each key to exactly one, and a cell that is split to its two halves."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.cells import MAX_CELLS, WHOLE, Cell, Share, coverage_faults, parse_cell

KEYS = st.binary(max_size=40) | st.none()
COUNTS = st.integers(1, MAX_CELLS)


def cells(count: int) -> list[Cell]:
    return [Cell(number, count) for number in range(1, count + 1)]


@given(KEYS, st.integers(1, 60))
def test_each_key_has_exactly_one_cell(key: bytes | None, count: int) -> None:
    """Whatever the number of cells."""
    assert sum(cell.share.has(key) for cell in cells(count)) == 1


@given(KEYS, COUNTS, st.data())
def test_a_cell_is_its_two_halves(key: bytes | None, count: int, data: st.DataObject) -> None:
    """So a cell is split without touching the keys of any other."""
    cell = Cell(data.draw(st.integers(1, count)), count)
    assert cell.share.has(key) == any(half.share.has(key) for half in cell.halves)
    assert all(half.within(cell) for half in cell.halves)
    assert not cell.within(cell.halves[0])


@given(COUNTS)
def test_shares_meet_without_hole_or_overlap(count: int) -> None:
    """The end of one is the beginning of the next, to the byte; the first begins at nothing, the last has the largest hash."""
    shares = [cell.share for cell in cells(count)]
    assert [share.high for share in shares[:-1]] == [share.low for share in shares[1:]]
    assert shares[0].low == bytes(8)
    assert shares[-1].high > b"\xff" * 32


@given(st.integers(0, 2**64 - 1), COUNTS)
def test_bounds_are_those_of_the_definition(hashed: int, count: int) -> None:
    """The number of a hash's first eight bytes, as a fraction of 2 to the 64th (docs/services.md)."""
    digest = hashed.to_bytes(8) + b"\x00" * 24
    number = hashed * count // 2**64 + 1
    share = Cell(number, count).share
    assert share.low <= digest < share.high


@pytest.mark.parametrize("count", [3, 7, 10, 4095])
def test_a_hash_at_a_border_is_in_the_cell_of_the_definition(count: int) -> None:
    """Where the border is no whole number, the last hash before it and the first one behind."""
    shares = [cell.share for cell in cells(count)]
    for number in (1, count // 2, count - 1):
        border = number * 2**64 // count
        for hashed in (border, border + 1):
            digest = hashed.to_bytes(8) + b"\xff" * 24
            owners = [index for index, share in enumerate(shares) if share.low <= digest < share.high]
            assert owners == [hashed * count // 2**64]


def test_known_keys_have_known_cells() -> None:
    """What other programs compute, in any language, must agree with these."""
    first = sha256(b"org_acme").hexdigest()[:16]
    assert first == "b1bdca925bb8169f"
    numbers = {
        count: [cell.number for cell in cells(count) if cell.share.has(b"org_acme")] for count in (1, 2, 3, 4, 10)
    }
    assert numbers == {1: [1], 2: [2], 3: [3], 4: [3], 10: [7]}
    # No key is the empty key: e3b0c442…
    assert [cell.number for cell in cells(4) if cell.share.has(None)] == [4]
    assert Cell(4, 4).share.has(b"")


@pytest.mark.parametrize("count", [2, 3, 7, 16])
def test_shares_are_about_equal(count: int) -> None:
    """A thousand workspaces are not one cell's."""
    counts = [sum(cell.share.has(f"org_{number}".encode()) for number in range(1000)) for cell in cells(count)]
    assert max(counts) < 1.5 * 1000 / count


@pytest.mark.parametrize("text", ["", "1", "0/1", "2/1", "1/0", "1/4097", "01/2", "1/2 ", "-1/2", "1.0/2", "\u0661/2"])
def test_what_is_no_cell_is_refused(text: str) -> None:
    """With words that say what to write."""
    with pytest.raises(ValueError, match="use i/n"):
        parse_cell(text)


def test_a_cell_is_written_as_it_is_read() -> None:
    """Also the largest."""
    for text in ("1/1", "2/4", "4096/4096"):
        assert str(parse_cell(text)) == text
    assert parse_cell("1/1") == WHOLE
    assert WHOLE.share == Share(bytes(8), b"\xff" * 33)


@pytest.mark.parametrize(
    ("given_cells", "faults"),
    [
        ([WHOLE], []),
        ([Cell(2, 2), Cell(1, 2)], []),
        ([Cell(1, 2), Cell(3, 4), Cell(4, 4)], []),
        ([Cell(1, 2)], ["no cell has the keys from 1/2 to 1 of all hashes"]),
        ([Cell(1, 2), Cell(4, 4)], ["no cell has the keys from 1/2 to 3/4 of all hashes"]),
        ([Cell(1, 2), Cell(1, 2), Cell(2, 2)], ["cell 1/2 has keys that another cell has as well"]),
        ([WHOLE, Cell(4, 4)], ["cell 4/4 has keys that another cell has as well"]),
        ([], ["no cell has the keys from 0 to 1 of all hashes"]),
    ],
)
def test_holes_and_overlaps_are_said(given_cells: list[Cell], faults: list[str]) -> None:
    """Cells of different sizes may exist together, as long as each key has exactly one."""
    assert coverage_faults(given_cells) == faults
