"""Splits audit.csv into records: each ends at the first CRLF after an even number of quotes (section 3).

Reads block by block; memory does not grow with the file. Records come in lists, because a call for each would cost more
than what is done with it.
"""

import io
from collections.abc import Callable, Iterator

# Small enough that a block, its lines and their hashes stay in the processor's cache.
BLOCK_BYTES = 1 << 16
# No entry is longer: a Kafka value has at most 8 MiB, of which escapes make six times as much, shown before and after.
MAX_RECORD_BYTES = 128 << 20


class RecordError(ValueError):
    """What is wrong with the file's division into records."""


def record_batches(
    read: Callable[[int], bytes], block_bytes: int = BLOCK_BYTES, max_record_bytes: int = MAX_RECORD_BYTES
) -> Iterator[list[bytes]]:
    """Gives the records of a file, each with its CRLF, in lists; `read(n)` gives at most n bytes, none at the end.

    Raises RecordError: the last record does not end, or one is longer than `max_record_bytes`.
    """
    tail = b""  # what follows the last line feed read so far
    begun = _Begun()
    while block := read(max(block_bytes, len(tail))):  # as much as is kept, so that a long line is not copied often
        lines = io.BytesIO(tail + block).readlines()  # the fastest way to split: no copy but the lines
        tail = lines.pop() if not lines[-1].endswith(b"\n") else b""
        goes_on = [line.count(b'"') & 1 or line[-2:] != b"\r\n" for line in lines]
        yield begun.join(lines) if begun.record or any(goes_on) else lines
        if len(begun.record) + len(tail) > max_record_bytes:
            raise RecordError(f"a record is longer than {max_record_bytes} bytes")
    if begun.record or tail:
        raise RecordError("the last record does not end with CRLF after an even number of quotes")


class _Begun:
    """The beginning of a record: its number of quotes is odd, or its line feed does not follow a CR."""

    def __init__(self) -> None:
        self.record = bytearray()
        self._odd = 0

    def join(self, lines: list[bytes]) -> list[bytes]:
        """Gives the records that end in `lines`, the first of which continues this one; keeps an unfinished record."""
        records = []
        for line in lines:
            self._odd ^= line.count(b'"') & 1
            self.record += line
            if not self._odd and line.endswith(b"\r\n"):
                records.append(bytes(self.record))
                self.record.clear()
        return records
