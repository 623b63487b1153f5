"""audit.csv against the days of the newest view, and of the older ones on the way (checks 12 and 13)."""

import hashlib
import re
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import BinaryIO

from export.format.csv_reader import RecordError, record_batches
from export.format.days import chain_rows, chain_start
from export.format.errors import quote, tampered
from export.format.manifest import FileDigest, Scope
from export.format.row import HEADER, encode_cell
from export.verify.views import WorkspaceState

_TIME_OF_DAY = rb"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\.[0-9]{6}Z"


@dataclass(frozen=True)
class Stop:
    """How many entries of a day make its chain end in this hash, as of one seal."""

    entries: int
    digest: str
    seal: int


@dataclass(frozen=True, kw_only=True)
class RowsResult:
    """What was read: how many rows, which bytes; and where an older view's hash was not met, None if all were."""

    rows: int
    digest: FileDigest
    older_mismatch: str | None


class _Source:
    """The records of a file, in pieces of any number, and the digest of all that was read.

    The whole file is hashed by a thread of its own, at most two blocks behind: it can begin only while this one reads, and
    then hashlib lets both run.
    """

    def __init__(self, stream: BinaryIO, hashing: Executor) -> None:
        self._stream = stream
        self._hashing = hashing
        self._hashed: deque[Future[None]] = deque()
        self._sha256 = hashlib.sha256()
        self._bytes = 0
        self._batches = record_batches(self._read)
        self._batch: list[bytes] = []
        self._at = 0

    def digest(self) -> FileDigest:
        """Size and SHA-256 of what was read, of the whole file once `take` has given nothing."""
        self._wait(0)
        return FileDigest(self._bytes, self._sha256.hexdigest())

    def take(self, most: int) -> list[bytes]:
        """Gives the next records, at least one and at most `most`; none at the end of the file."""
        while self._at == len(self._batch):
            try:
                self._batch, self._at = next(self._batches), 0
            except StopIteration:
                return []
            except RecordError as error:
                raise tampered(f"audit.csv: {error}") from None
        records = self._batch[self._at : self._at + most]
        self._at += len(records)
        return records

    def _read(self, size: int) -> bytes:
        block = self._stream.read(size)
        self._bytes += len(block)
        self._hashed.append(self._hashing.submit(self._sha256.update, block))
        self._wait(2)
        return block

    def _wait(self, unfinished: int) -> None:
        """Waits until at most that many blocks are not hashed yet."""
        while len(self._hashed) > unfinished:
            self._hashed.popleft().result()


def check_rows(stream: BinaryIO, scope: Scope, key: str, states: Sequence[WorkspaceState]) -> RowsResult:
    """Reads the whole file; TAMPERED, with the row or day, if it is not exactly the rows of the days asked for."""
    with ThreadPoolExecutor(max_workers=1) as hashing:
        return _check_rows(_Source(stream, hashing), scope, key, states)


def _check_rows(source: _Source, scope: Scope, key: str, states: Sequence[WorkspaceState]) -> RowsResult:
    if source.take(1) != [HEADER]:
        raise tampered("audit.csv does not begin with its header")
    rows, mismatch = 0, None
    for day in sorted(day for day in states[-1].days if scope.from_day <= day < scope.to_day):
        digest, count = chain_start(key, day), 0
        match = _beginning(day, scope.workspace_id)
        for stop in _stops(day, states):
            digest = _chain(source, digest, stop.entries - count, match, rows + count)
            count = stop.entries
            if digest != stop.digest:
                if stop.seal == states[-1].record.seal:
                    raise tampered(f"audit.csv: the {count} rows of {day} are not those that were sealed")
                mismatch = mismatch or f"audit.csv: the first {count} rows of {day} are not those of seal {stop.seal}"
        rows += count
    if source.take(1):
        raise tampered(f"audit.csv goes on after the last of its {rows} rows")
    return RowsResult(rows=rows, digest=source.digest(), older_mismatch=mismatch)


def _stops(day: str, states: Sequence[WorkspaceState]) -> list[Stop]:
    """Where the chain of `day` must have which hash, by ascending number of entries; the newest view's is the last.

    A database that was restored may have had fewer entries later than before, so the views' order is not enough.
    """
    heads = [(state.days[day], state.record.seal) for state in states if day in state.days]
    return sorted(
        (Stop(head.entries, head.digest, seal) for head, seal in heads), key=lambda stop: (stop.entries, stop.seal)
    )


def _chain(source: _Source, digest: str, count: int, match: Callable[[bytes], object], before: int) -> str:
    """Continues a chain over the next `count` rows, `before` of which rows were read already."""
    end = before + count
    while before < end:
        rows = source.take(end - before)
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
    return re.compile(rb'"%b' % day.encode() + b"T" + _TIME_OF_DAY + b'",' + re.escape(cell) + b",").match
