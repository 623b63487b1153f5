"""What the commands are compared with: the same query thrown away, and a loop that hashes the records of the same file."""

import hashlib
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, LiteralString

from export.tables import entries
from export.tables.database import session
from sandbox.bench_export.commands import SCOPE
from sandbox.bench_export.entries import BIG

EVERYTHING = {"floor": 0, "before": "1:1:"}


def copy_new(url: str) -> float:
    """Seconds to read all entries once, in the order and form in which a first seal reads them."""
    with session(url, "audit_sealer", "bench") as connection:
        row = connection.execute("SELECT pg_current_snapshot()::text").fetchone()
    assert row is not None
    return _copy(url, entries.NEW, {**EVERYTHING, "snapshot": row[0]})


def copy_sealed(url: str, snapshot: str) -> float:
    """Seconds to read all entries of BIG once, in the order and form of a package."""
    values = {
        "workspace_id": BIG,
        "from_time": f"{SCOPE[3]}T00:00:00Z",
        "to_time": f"{SCOPE[5]}T00:00:00Z",
        "snapshot": snapshot,
        "lost": "{}",
    }
    return _copy(url, entries.SEALED, values)


def hash_records(file: Path) -> float:
    """Seconds to read a file's records, each up to the first CRLF after an even number of quotes, and hash each."""
    began = time.perf_counter()
    with file.open("rb") as stream:
        record = b""
        for line in stream:
            record = record + line if record else line
            if line.endswith(b"\r\n") and record.count(b'"') % 2 == 0:
                hashlib.sha256(record).hexdigest()
                record = b""
    return time.perf_counter() - began


def _copy(url: str, source: LiteralString, values: Mapping[str, Any]) -> float:
    statement = f"COPY (WITH entry AS NOT MATERIALIZED ({source}) {entries.ROW}) TO STDOUT (FORMAT csv, FORCE_QUOTE *)"
    with session(url, "audit_sealer", "bench") as connection, connection.cursor() as cursor:
        began = time.perf_counter()
        with cursor.copy(statement.encode(), values) as copy:
            for _ in copy:
                pass
        return time.perf_counter() - began
