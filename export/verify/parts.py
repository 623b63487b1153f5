"""Divides audit.csv at the beginnings of days, so that every processor checks a part of it.

Where a day begins is guessed, and the check of the parts proves it: each must be exactly its days' rows, from its first byte
to its last, so each begins where a record has ended. Nothing else makes a part hold.
"""

import os
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import accumulate, pairwise
from typing import NamedTuple

from export.verify.rows import Records, RowRange, check_header, check_part

WINDOW = 1 << 20
# Quotes within cells are doubled, so only a row begins like this. Files of other programs are read from front to back.
_ROW = re.compile(rb'\r\n("([0-9]{4}-[0-9]{2}-[0-9]{2})T)')
_ROW_BYTES = len(b'\r\n"2026-01-01T')

ReadAt = Callable[[int, int], bytes]
"""Gives at most so many bytes from a place of the file on."""


class Piece(NamedTuple):
    """A part and the bytes that it must fill."""

    part: RowRange
    start: int
    end: int


def divide(read_at: ReadAt, size: int, whole: RowRange, max_parts: int) -> Sequence[Piece]:
    """At most so many pieces of about as many rows each, in order; none where it cannot be said where they begin.

    A single day cannot be divided: its chain goes through all its rows.
    """
    days = whole.days
    if not days:
        return ()
    rows = [0, *accumulate(day.entries for day in days)]
    firsts = sorted({_nearest(rows, rows[-1] * number // max_parts) for number in range(max_parts)} | {0, len(days)})
    starts = [0, *(_beginning(read_at, size, days[first].day) for first in firsts[1:-1]), size]
    pieces = []
    for (first, after), (start, end) in zip(pairwise(firsts), pairwise(starts), strict=True):
        if start is None or end is None or start >= end:
            return ()
        pieces.append(Piece(replace(whole, days=days[first:after], before=rows[first]), start, end))
    return pieces


def check_piece(descriptor: int, piece: Piece) -> str:
    """Reads a piece of the file; gives the mismatch with an older view, empty if there is none. TAMPERED if it does not hold."""
    at = piece.start

    def read(size: int) -> bytes:
        nonlocal at
        block = os.pread(descriptor, min(size, piece.end - at), at)
        at += len(block)
        return block

    records = Records(read)
    if piece.start == 0:
        check_header(records)
    return check_part(records, piece.part) or ""


def _nearest(rows: Sequence[int], wanted: int) -> int:
    return min(range(len(rows)), key=lambda number: abs(rows[number] - wanted))


def _beginning(read_at: ReadAt, size: int, day: str) -> int | None:
    """Where the first row of a day begins, if rows are in order of days; None where it was not found."""
    wanted = day.encode()
    low, high = 0, size
    while high - low > WINDOW:
        middle = (low + high) // 2
        row = _ROW.search(read_at(WINDOW, middle))
        if row is None:
            return None
        at = middle + row.start()
        if row[2] < wanted:
            low = at
        elif at < high:
            high = at
        else:  # a single row fills this half
            return None
    row = re.search(rb'\r\n"' + wanted + b"T", read_at(high - low + _ROW_BYTES, low))
    return None if row is None else low + row.start() + len(b"\r\n")
