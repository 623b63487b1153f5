"""Rows of audit.csv against the days of the newest view, and of the older ones on the way (checks 12 and 13)."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from export.format.csv_reader import RecordError, record_batches
from export.format.days import chain_rows, chain_start
from export.format.encoding import TIME_OF_DAY
from export.format.errors import quote, tampered
from export.format.manifest import Scope
from export.format.row import HEADER, encode_cell
from export.verify.views import WorkspaceState


class ChainEnd(NamedTuple):
    """How many entries of a day make its chain end in this hash, as of one seal."""

    entries: int
    digest: str
    seal: int


class Day(NamedTuple):
    """A day that must be there, and its stops by ascending number of entries; the newest view's is the last."""

    day: str
    stops: Sequence[ChainEnd]

    @property
    def entries(self) -> int:
        """How many rows it has."""
        return self.stops[-1].entries


@dataclass(frozen=True, kw_only=True)
class RowRange:
    """What must be in audit.csv, or between two places of it: `before` rows, then all rows of some whole days."""

    workspace_id: str
    key: str
    newest_seal: int
    days: Sequence[Day]
    before: int = 0

    @property
    def rows(self) -> int:
        """How many rows there are, those before it included."""
        return self.before + sum(day.entries for day in self.days)


def expected_rows(scope: Scope, key: str, states: Sequence[WorkspaceState]) -> RowRange:
    """All that audit.csv must have after its header."""
    days = sorted(day for day in states[-1].days if scope.from_day <= day < scope.to_day)
    return RowRange(
        workspace_id=scope.workspace_id,
        key=key,
        newest_seal=states[-1].record.seal,
        days=[Day(day, _stops(day, states)) for day in days],
    )


def _stops(day: str, states: Sequence[WorkspaceState]) -> list[ChainEnd]:
    """A database that was restored may have had fewer entries later than before, so the views' order is not enough."""
    heads = [(state.days[day], state.record.seal) for state in states if day in state.days]
    return sorted(
        (ChainEnd(head.entries, head.digest, seal) for head, seal in heads), key=lambda stop: (stop.entries, stop.seal)
    )


class Records:
    """The records of a file, or of a part of it, in pieces of any number; `read(n)` gives at most n bytes, none at its end."""

    def __init__(self, read: Callable[[int], bytes]) -> None:
        self._batches = record_batches(read)
        self._batch: list[bytes] = []
        self._at = 0

    def take(self, count: int) -> list[bytes]:
        """Gives the next records, at least one and at most `count`; none at the end."""
        while self._at == len(self._batch):
            try:
                self._batch, self._at = next(self._batches), 0
            except StopIteration:
                return []
            except RecordError as error:
                raise tampered(f"audit.csv: {error}") from None
        records = self._batch[self._at : self._at + count]
        self._at += len(records)
        return records


def check_header(records: Records) -> None:
    """The first record is the header; TAMPERED if not."""
    if records.take(1) != [HEADER]:
        raise tampered("audit.csv does not begin with its header")


def check_part(records: Records, part: RowRange) -> str | None:
    """Reads to the end; TAMPERED, with the row or day, if it is not exactly what is expected.

    Gives where an older view's hash was not met, None if all were.
    """
    rows, mismatch = part.before, None
    for day in part.days:
        digest, count = chain_start(part.key, day.day), 0
        match = _beginning(day.day, part.workspace_id)
        for stop in day.stops:
            digest = _chain(records, digest, stop.entries - count, match, rows + count)
            count = stop.entries
            if digest != stop.digest:
                if stop.seal == part.newest_seal:
                    raise tampered(f"audit.csv: the {count} rows of {day.day} are not those that were sealed")
                mismatch = (
                    mismatch or f"audit.csv: the first {count} rows of {day.day} are not those of seal {stop.seal}"
                )
        rows += count
    if records.take(1):
        raise tampered(f"audit.csv continues after the last of its {rows} rows")
    return mismatch


def _chain(records: Records, digest: str, count: int, match: Callable[[bytes], object], before: int) -> str:
    """Continues a chain over the next `count` rows, `before` of which rows were read already."""
    end = before + count
    while before < end:
        rows = records.take(end - before)
        if not rows:
            raise tampered(f"audit.csv ends after {before} rows; row {end} should be of the same day")
        if not all(map(match, rows)):
            number, row = next((number, row) for number, row in enumerate(rows, before + 1) if not match(row))
            raise tampered(f"audit.csv, row {number} is not of the day and workspace sealed: {quote(row[:80], 120)}")
        digest = chain_rows(digest, rows)
        before += len(rows)
    return digest


def _beginning(day: str, workspace_id: str) -> Callable[[bytes], object]:
    """Matches the rows of a day and workspace: their first two cells."""
    cell = encode_cell(workspace_id).encode()
    return re.compile(b'"' + day.encode() + TIME_OF_DAY.pattern.encode() + b'",' + re.escape(cell) + b",").match
