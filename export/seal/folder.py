"""AUDIT_SEAL_DIR: what is published, and the sealer's own state of what it has signed (section 8).

Rule of this module: a crash at any point leaves a file either as it was or as it should be, never half written; only the last
record of `records` may be incomplete, and then `pending` has it whole.
"""

import errno
import fcntl
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO, Self

from export import whole_files
from export.format.errors import cannot_write, malformed, quote, rewritten
from export.format.record import parse_record
from export.verify.package import read_small

FULL = (errno.ENOSPC, errno.EDQUOT)
RECORD_LINES = 8
BLOCK_BYTES = 1 << 20
MAX_LINE_BYTES = 1 << 20  # far more than spans of lost seals or open transactions ever need


@dataclass(frozen=True, kw_only=True)
class Pending:
    """A seal that was signed and may not have been committed."""

    record: str
    accounts: str
    checkpoint: str

    @property
    def seal(self) -> int:
        """Its number."""
        return parse_record(self.record).seal


class Folder:
    """The folder, locked for this process from `lock` on."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._records = path / "records"
        self._checkpoint = path / "checkpoint"
        self._pending = path / "pending"
        self._lock: BinaryIO | None = None

    def open(self) -> None:
        """Makes the folder if need be; MALFORMED if it cannot be used."""
        try:
            (self.path / "checkpoints").mkdir(parents=True, exist_ok=True)
            self._lock = (self.path / "lock").open("ab")
        except OSError as error:
            if error.errno in FULL:
                raise cannot_write("AUDIT_SEAL_DIR", error) from None
            raise malformed(f"AUDIT_SEAL_DIR cannot be used: {error.strerror}: {error.filename}") from None

    def try_lock(self) -> bool:
        """Locks the folder for this process; False if another one has locked it."""
        assert self._lock is not None
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def close(self) -> None:
        """Unlocks the folder."""
        if self._lock is not None:
            self._lock.close()

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def checkpoint(self) -> bytes | None:
        """The newest checkpoint, None where there is none."""
        return _read(self._checkpoint)

    def pending(self) -> Pending | None:
        """The seal that was being made; MALFORMED if it cannot be read."""
        data = _read(self._pending)
        if data is None:
            return None
        try:
            pending = Pending(**json.loads(data))
            parse_record(pending.record)
        except (TypeError, ValueError) as error:
            raise malformed(f"pending in AUDIT_SEAL_DIR cannot be read: {error}") from None
        return pending

    def has_records(self) -> bool:
        """Whether anything was ever appended."""
        return self._records.exists() and self._records.stat().st_size > 0

    def records(self) -> Iterator[str]:
        """The records one by one, without what follows the last whole one (left by a crash); see `cut`."""
        return self.records_beyond(0)

    def records_beyond(self, records: int) -> Iterator[str]:
        """The records after the first `records`, one by one."""
        if not self._records.exists():
            return
        with self._records.open("rb") as file:
            file.seek(_end_of_line(file, records * (RECORD_LINES + 1)))
            while record := _next_record(file):
                yield record

    def cut(self, records: int) -> None:
        """Truncates the file after `records` records."""
        if not self._records.exists():
            return
        with self._records.open("rb") as file:
            size = _end_of_line(file, records * (RECORD_LINES + 1))
        if self._records.stat().st_size > size:
            with _writing(self._records), self._records.open("r+b") as file:
                file.truncate(size)
                os.fsync(file.fileno())

    def write_pending(self, pending: Pending) -> None:
        """Stores a signed seal before it is committed."""
        with _writing(self._pending):
            whole_files.replace(self._pending, json.dumps(asdict(pending)).encode(), mode=0o600)

    def drop_pending(self) -> None:
        """The seal is in `records` and in `checkpoint`."""
        with _writing(self._pending):
            self._pending.unlink(missing_ok=True)
            whole_files.sync_folder(self.path)

    def append(self, records: Iterable[str]) -> None:
        """Appends records."""
        new = not self._records.exists()
        with _writing(self._records):
            with self._records.open("ab") as file:
                file.writelines(record.encode() + b"\n" for record in records)
                file.flush()
                os.fsync(file.fileno())
            if new:
                whole_files.sync_folder(self.path)

    def publish(self, checkpoint: bytes) -> None:
        """Makes this the newest checkpoint."""
        with _writing(self._checkpoint):
            whole_files.replace(self._checkpoint, checkpoint)

    def keep_last_of_day(self, day: str, checkpoint: bytes) -> None:
        """Stores the last checkpoint of a day that has ended; an existing one is not replaced."""
        path = self.path / "checkpoints" / day
        if not path.exists():
            with _writing(path):
                whole_files.replace(path, checkpoint)


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise cannot_write(quote(str(path), 300), error) from None


def _next_record(file: BinaryIO) -> str | None:
    lines = [file.readline(MAX_LINE_BYTES) for _ in range(RECORD_LINES + 1)]
    if not all(line.endswith(b"\n") for line in lines):
        return None
    if lines.pop() != b"\n":
        raise rewritten("records in AUDIT_SEAL_DIR is not as it was written: a record is not followed by an empty line")
    try:
        return b"".join(lines).decode()
    except UnicodeDecodeError:
        raise rewritten("records in AUDIT_SEAL_DIR is not as it was written: not UTF-8") from None


def _end_of_line(file: BinaryIO, lines: int) -> int:
    """Where line number `lines` of a file ends; the file's size if it has fewer."""
    end = 0
    while lines and (block := file.read(BLOCK_BYTES)):
        count = block.count(b"\n")
        if count >= lines:
            at = -1
            for _ in range(lines):
                at = block.index(b"\n", at + 1)
            return end + at + 1
        lines -= count
        end += len(block)
    return end


def _read(path: Path) -> bytes | None:
    """A file of notes or of a pending seal, None where there is none; MALFORMED if it cannot be read."""
    return read_small(str(path), f"{path.name} in AUDIT_SEAL_DIR") if os.path.lexists(path) else None
