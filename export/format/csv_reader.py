"""Splits audit.csv into records: each ends at the first CRLF after an even number of quotes (section 3).

Reads block by block; memory does not grow with the file. Records come in lists, because a call for each would cost more
than what is done with it.
"""

import io
from collections.abc import Callable, Iterator

BLOCK_BYTES = 1 << 20
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
    begun = bytearray()  # the beginning of a record: its number of quotes is odd, or its line feed does not follow a CR
    while block := read(block_bytes):
        lines = io.BytesIO(tail + block).readlines()  # the fastest way to split: no copy but the lines
        tail = lines.pop() if not lines[-1].endswith(b"\n") else b""
        goes_on = [line.count(b'"') & 1 or line[-2:] != b"\r\n" for line in lines]
        yield _join(lines, begun) if begun or any(goes_on) else lines
        if len(begun) + len(tail) > max_record_bytes:
            raise RecordError(f"a record is longer than {max_record_bytes} bytes")
    if begun or tail:
        raise RecordError("the last record does not end with CRLF after an even number of quotes")


def _join(lines: list[bytes], begun: bytearray) -> list[bytes]:
    """Gives the records that end in `lines`, the first of which may continue `begun`; leaves an unfinished record there."""
    records = []
    odd = begun.count(b'"') & 1
    for line in lines:
        odd ^= line.count(b'"') & 1
        begun += line
        if not odd and line.endswith(b"\r\n"):
            records.append(bytes(begun))
            begun.clear()
    return records
