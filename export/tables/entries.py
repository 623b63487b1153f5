"""Entries as PostgreSQL writes them: rows of audit.csv, streamed by COPY, in memory that does not grow with their number.

COPY quotes each cell and doubles quotes as section 3 requires; row.sql, with guard.sql, guards formulas and writes times. So
the server does most of the work for a row, and only rows whose cells are needed are parsed.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, LiteralString

from export.format.row import COLUMNS
from export.tables.database import Connection
from sql import query


def _with_guards(row: LiteralString) -> LiteralString:
    """Puts the guard where `row` names it.

    A function in the database would do as well and as fast, but those whom the export is to catch could change it, and a
    manifest would not show what it does.
    """
    guard = query("export/guard").partition("SELECT")[2].strip()
    return re.sub(r"\bguard\(([a-z_:]+)\)", lambda call: re.sub(r"\bcell\b", call[1], guard), row)


ROW = _with_guards(query("export/row"))
NEW, SEALED = query("export/new_entries"), query("export/sealed_entries")

# What a batch may hold: few enough to forget, many enough that a batch costs nothing.
BATCH_ROWS, BATCH_BYTES = 1000, 8 << 20
# Between cells on the wire where rows are taken apart: no comma inside of a cell is then taken for one between cells.
SEPARATOR = "\x1f"
COMMA = ","


def rows(connection: Connection, source: LiteralString, values: Mapping[str, Any]) -> Iterator[list[bytes]]:
    """The rows of `source` (NEW or SEALED) as they are in audit.csv, each with its CRLF, in batches."""
    batch: list[bytes] = []
    size = 0
    for line in _copy(connection, source, values, COMMA):
        batch.append(line[:-1] + b"\r\n")
        size += len(line)
        if len(batch) >= BATCH_ROWS or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def cells(connection: Connection, source: LiteralString, values: Mapping[str, Any]) -> Iterator[list[list[str]]]:
    """As `rows`, each row as its cells, guarded and with quotes doubled: `join` makes the row of them."""
    batch: list[list[str]] = []
    size = 0
    for line in _copy(connection, source, values, SEPARATOR):
        batch.append(_split(line.decode()))
        size += len(line)
        if len(batch) >= BATCH_ROWS or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def join(row: list[str]) -> bytes:
    """The row of audit.csv whose cells these are."""
    return f'"{_BETWEEN.join(row)}"\r\n'.encode()


_BETWEEN = '","'
_WIRE_BETWEEN = f'"{SEPARATOR}"'
_CELLS = len(COLUMNS)


def _split(line: str) -> list[str]:
    """The cells of a line, in their quotes, separated by SEPARATOR, ending with LF."""
    row = line[1:-2].split(_WIRE_BETWEEN)
    if len(row) == _CELLS:
        return row
    # A cell holds the separator between quotes of its own: found by counting quotes.
    row, begun = [], ""
    for part in line[:-1].split(SEPARATOR):
        begun = f"{begun}{SEPARATOR}{part}" if begun else part
        if begun.count('"') % 2 == 0:
            row.append(begun[1:-1])
            begun = ""
    assert len(row) == _CELLS
    return row


def _copy(connection: Connection, source: LiteralString, values: Mapping[str, Any], separator: str) -> Iterator[bytes]:
    statement = (
        f"COPY (WITH entry AS NOT MATERIALIZED ({source}) {ROW}) "
        f"TO STDOUT (FORMAT csv, FORCE_QUOTE *, DELIMITER '{separator}')"
    )
    # PostgreSQL sends a message for each row.
    with connection.cursor() as cursor, cursor.copy(statement.encode(), values) as copy:
        for message in copy:
            yield bytes(message)
