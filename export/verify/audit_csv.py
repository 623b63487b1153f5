"""audit.csv as a whole: its rows (checks 12 and 13) and its digest (for check 14).

A large file is checked by all processors, each a part of it, while its digest is computed. Only that it holds can be found so:
where it does not, or there is any doubt, one reading from front to back says what is wrong and where.
"""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO

from export.format.manifest import FileDigest, Scope
from export.verify.parts import check_piece, divide
from export.verify.processes import processors, running
from export.verify.rows import Records, RowRange, check_header, check_part, expected_rows
from export.verify.views import WorkspaceState

BLOCK_BYTES = 1 << 20
# Less is checked sooner than processes start. The digest takes a fifth of all the time, and cannot be divided.
LARGE_BYTES, MAX_PARTS = 16 << 20, 4


@dataclass(frozen=True, kw_only=True)
class RowsResult:
    """What was read: how many rows, which bytes; and where an older view's hash was not met, None if all were."""

    rows: int
    digest: FileDigest
    older_mismatch: str | None


def check_rows(stream: BinaryIO, scope: Scope, key: str, states: Sequence[WorkspaceState]) -> RowsResult:
    """Reads the whole file; TAMPERED, with the row or day, if it is not exactly the rows of the days asked for."""
    whole = expected_rows(scope, key, states)
    return _in_parts(stream, whole) or _front_to_back(stream, whole)


class _Digested:
    """A file that is read from front to back, and the digest of what was read."""

    def __init__(self, stream: BinaryIO) -> None:
        stream.seek(0)
        self._stream = stream
        self._sha256, self._bytes = hashlib.sha256(), 0

    def read(self, size: int) -> bytes:
        block = self._stream.read(size)
        self._sha256.update(block)
        self._bytes += len(block)
        return block

    def digest(self) -> FileDigest:
        return FileDigest(self._bytes, self._sha256.hexdigest())


def _front_to_back(stream: BinaryIO, whole: RowRange) -> RowsResult:
    file = _Digested(stream)
    records = Records(file.read)
    check_header(records)
    mismatch = check_part(records, whole)
    return RowsResult(rows=whole.rows, digest=file.digest(), older_mismatch=mismatch)


def _in_parts(stream: BinaryIO, whole: RowRange) -> RowsResult | None:
    """The result, if every part holds and the file was the same for all who read it; else None."""
    descriptor, before = stream.fileno(), _state(stream)
    size = before[0]
    max_parts = min(processors(), MAX_PARTS) if size >= LARGE_BYTES else 1
    pieces = divide(partial(_read_at, descriptor), size, whole, max_parts)
    if len(pieces) < 2:
        return None
    file = _Digested(stream)
    try:
        with running([partial(check_piece, descriptor, piece) for piece in pieces]) as answers:
            while file.read(BLOCK_BYTES):
                pass
            mismatches = list(answers)
    except OSError:  # no more processes are allowed
        return None
    if None in mismatches or _state(stream) != before:
        return None
    return RowsResult(rows=whole.rows, digest=file.digest(), older_mismatch=next(filter(None, mismatches), None))


def _read_at(descriptor: int, size: int, at: int) -> bytes:
    return os.pread(descriptor, size, at)


def _state(stream: BinaryIO) -> tuple[int, int, int]:
    """What changes when the file is written to."""
    status = os.fstat(stream.fileno())
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns
