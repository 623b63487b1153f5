"""Which cell is responsible for a workspace: the hash of its Kafka key, among equal shares of all hashes (decision 93).

The first eight bytes of SHA-256 of the key, as one big-endian number h below 2⁶⁴, lie in the share of cell i of n exactly
when (i - 1) / n ≤ h / 2⁶⁴ < i / n. So cell i of n is cells 2i - 1 and 2i of 2n, and nothing else of them.
"""

import re
from collections.abc import Sequence
from fractions import Fraction
from hashlib import sha256
from typing import NamedTuple

# More would be an accident: each is a whole installation.
MAX_CELLS = 4096
_SPACE = 1 << 64
_TEXT = re.compile(r"([1-9][0-9]{0,3})/([1-9][0-9]{0,3})")


class Share(NamedTuple):
    """The SHA-256 hashes of one cell: from `low` to before `high`, compared as bytes."""

    low: bytes
    high: bytes

    def has(self, key: bytes | None) -> bool:
        """Whether a record with this Kafka key belongs here; no key counts as the empty key."""
        return self.low <= sha256(key or b"").digest() < self.high


class Cell(NamedTuple):
    """Cell `number` of `of`, counted from 1."""

    number: int
    of: int

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"

    @property
    def share(self) -> Share:
        """The hashes that belong to this cell. A bound of eight bytes lies before every digest that begins with it."""
        low, high = (-(-part * _SPACE // self.of) for part in (self.number - 1, self.number))
        return Share(low.to_bytes(8), high.to_bytes(8) if high < _SPACE else b"\xff" * 33)

    @property
    def halves(self) -> tuple["Cell", "Cell"]:
        """The two cells that take its place together."""
        return Cell(2 * self.number - 1, 2 * self.of), Cell(2 * self.number, 2 * self.of)

    def sibling_with(self, key: bytes) -> "Cell":
        """The cell, of as many as there are of this one, that has a key."""
        cells = (Cell(number, self.of) for number in range(1, self.of + 1))
        return next(cell for cell in cells if cell.share.has(key))

    def within(self, other: "Cell") -> bool:
        """Whether each key of this cell is one of `other`."""
        return Fraction(other.number - 1, other.of) <= Fraction(self.number - 1, self.of) and Fraction(
            self.number, self.of
        ) <= Fraction(other.number, other.of)


# A database that was never told otherwise.
WHOLE = Cell(1, 1)


def stored_cell(row: Sequence[int] | None) -> Cell:
    """The cell of a database, by its newest row about it, if it has one."""
    return WHOLE if row is None else Cell(*row)


def parse_cell(text: str) -> Cell:
    """The cell that is written as i/n. Raises ValueError with words for people."""
    match = _TEXT.fullmatch(text)
    if match is None or not int(match[1]) <= int(match[2]) <= MAX_CELLS:
        raise ValueError(f"use i/n, the cell's number and how many there are, from 1/1 to {MAX_CELLS}/{MAX_CELLS}")
    return Cell(int(match[1]), int(match[2]))


def coverage_faults(cells: Sequence[Cell]) -> list[str]:
    """The gaps and overlaps between the key ranges of `cells`, a sentence each; empty if each key belongs to exactly one cell."""
    faults = []
    end = Fraction(0)
    for cell in sorted(cells, key=lambda cell: Fraction(cell.number - 1, cell.of)):
        start = Fraction(cell.number - 1, cell.of)
        if start > end:
            faults.append(f"no cell has the keys from {end} to {start} of all hashes")
        elif start < end:
            faults.append(f"cell {cell} has keys that another cell has as well")
        end = max(end, Fraction(cell.number, cell.of))
    if end < 1:
        faults.append(f"no cell has the keys from {end} to 1 of all hashes")
    return faults
