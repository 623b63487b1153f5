"""The entries of a workspace against its days: each chain is computed again, in memory that does not grow with them."""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from export.evidence.sealed_log import SealedLog
from export.format.days import DayHead, chain_rows, chain_start, days_hash, encode_days
from export.format.errors import ExportError, tampered
from export.tables import entries
from export.tables.database import Connection
from export.tables.heads import workspace_days
from sql import query

DAY_STEPS = query("export/day_steps")
# How many entries one statement reads: few enough to be sorted in memory, unless a single day has more.
AT_ONCE = 20_000

Take = Callable[[list[bytes]], None]
"""Gets the rows, in their order, a thousand at a time."""


@dataclass(frozen=True, kw_only=True)
class Range:
    """Whole days of a workspace, and what the newest seal says of all its days."""

    workspace_id: str
    key: str
    from_day: str
    to_day: str
    days: Sequence[DayHead]

    @property
    def wanted(self) -> list[DayHead]:
        """The days of the range."""
        return [day for day in self.days if self.from_day <= day.day < self.to_day]


def days_as_of(connection: Connection, key: str, head: str | None, seal: int) -> Sequence[DayHead]:
    """The days of a workspace as of a seal; TAMPERED if they do not have the hash `head` (None: no entries)."""
    stored_days = next((days for _, days in workspace_days(connection, [key], seal)), [])
    if (days_hash(encode_days(key, stored_days)) if stored_days else None) != head:
        raise tampered(
            f"audit_sealed_day is not what was sealed of the workspace with the key {key}, as of seal {seal}"
        )
    return stored_days


def check_chains(connection: Connection, log: SealedLog, scope: Range, take: Take) -> None:
    """Reads the entries of a range; TAMPERED, with the day, if they are not those that were sealed.

    The transaction can be used afterwards, whatever was found.
    """
    for part in _parts(scope):
        values = {
            "workspace_id": part.workspace_id,
            "from_time": f"{part.from_day}T00:00:00Z",
            "to_time": f"{part.to_day}T00:00:00Z",
            "snapshot": log.newest.snapshot,
            "lost": log.lost,
        }
        steps = _steps(connection, log, part)
        batches = entries.rows(connection, entries.SEALED, values)
        try:
            _check_part(part, steps, batches, take)
        except ExportError:
            for _ in batches:  # abandoned, it would be canceled on the server, which ends the transaction
                pass
            raise


def _check_part(
    part: Range, steps: dict[str, list[tuple[int, str]]], batches: Iterator[list[bytes]], take: Take
) -> None:
    expected = iter(part.wanted)
    chain: _Chain | None = None
    for batch in batches:
        for day, rows in _by_day(batch):
            if chain is None or chain.head.day != day:
                if chain is not None:
                    chain.end()
                chain = _begin(part, expected, steps, day)
            chain.add(rows)
        take(batch)
    if chain is not None:
        chain.end()
    if (missing := next(expected, None)) is not None:
        raise _wrong(part, missing, 0)


class _Chain:
    """A day that is being read: its chain must meet the hash of every seal that had entries of it."""

    def __init__(self, scope: Range, head: DayHead, stops: list[tuple[int, str]]) -> None:
        self.head = head
        self._scope = scope
        self._stops = stops
        self._digest, self._count = chain_start(scope.key, head.day), 0
        if stops[-1:] != [(head.entries, head.digest)]:
            raise tampered(f"audit_sealed_day is not what was sealed of {head.day} of {scope.workspace_id!a}")

    def add(self, rows: list[bytes]) -> None:
        at = 0
        while at < len(rows):
            if not self._stops:
                raise _wrong(self._scope, self.head, self._count + len(rows) - at)
            end, digest = self._stops[0]
            some = rows[at : at + end - self._count]
            self._digest = chain_rows(self._digest, some)
            self._count += len(some)
            at += len(some)
            if self._count == end:
                if self._digest != digest:
                    raise tampered(
                        f"the first {end} entries of {self.head.day} of {self._scope.workspace_id!a} are not those sealed"
                    )
                del self._stops[0]

    def end(self) -> None:
        if self._stops:
            raise _wrong(self._scope, self.head, self._count)


def _begin(scope: Range, expected: Iterator[DayHead], steps: dict[str, list[tuple[int, str]]], day: str) -> _Chain:
    head = next(expected, None)
    if head is None or head.day > day:
        raise tampered(f"{scope.workspace_id!a} has entries of {day}, none were sealed")
    if head.day < day:
        raise _wrong(scope, head, 0)
    return _Chain(scope, head, steps.get(day, []))


def _wrong(scope: Range, head: DayHead, count: int) -> Exception:
    return tampered(f"{scope.workspace_id!a} has {count} entries of {head.day}, {head.entries} were sealed")


def _by_day(rows: list[bytes]) -> Iterator[tuple[str, list[bytes]]]:
    """The rows of each day; they come in order of days, and one that does not breaks the chain of another day."""
    start = 0
    while start < len(rows):
        day = _day_of(rows[start])
        end = bisect_right(rows, day, start, key=_day_of)
        yield day, rows[start:end]
        start = end


def _day_of(row: bytes) -> str:
    return row[1:11].decode()


def _steps(connection: Connection, log: SealedLog, scope: Range) -> dict[str, list[tuple[int, str]]]:
    """The entries and hash after each seal, by day, ascending."""
    values = {
        "workspace": bytes.fromhex(scope.key),
        "from_day": scope.from_day,
        "to_day": scope.to_day,
        "seal": log.newest.seal,
    }
    rows = connection.execute(DAY_STEPS, values).fetchall()
    return {
        day: [(entries_, digest.hex()) for _, _, entries_, digest in some]
        for day, some in groupby(rows, lambda r: r[0])
    }


def _parts(scope: Range) -> Iterator[Range]:
    """The range in parts without a hole between them: an entry of a day that was never sealed is met in one of them."""
    from_day, count = scope.from_day, 0
    for day in scope.wanted:
        if count and count + day.entries > AT_ONCE:
            yield _part(scope, from_day, day.day)
            from_day, count = day.day, 0
        count += day.entries
    yield _part(scope, from_day, scope.to_day)


def _part(scope: Range, from_day: str, to_day: str) -> Range:
    return Range(workspace_id=scope.workspace_id, key=scope.key, from_day=from_day, to_day=to_day, days=scope.days)
