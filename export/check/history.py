"""A workspace's heads and days over all seals: each head must be the hash of the days at its seal."""

import hashlib
from bisect import bisect_left
from collections.abc import Iterator
from itertools import groupby, zip_longest
from typing import Any

from export.format.days import DayHead, encode_days
from export.format.errors import tampered
from export.tables.database import Connection
from sql import query

HEAD_HISTORY, DAY_HISTORY = query("export/head_history"), query("export/day_history")
FETCH = 2000


def check_history(connection: Connection, key: str) -> None:
    """TAMPERED if audit_sealed_workspace and audit_sealed_day do not agree at some seal."""
    heads = _rows(connection, "head_history", HEAD_HISTORY, key)
    days = _Days(key)
    for head, step in zip_longest(
        heads, groupby(_rows(connection, "day_history", DAY_HISTORY, key), lambda row: row[0])
    ):
        if head is None or step is None or head[0] != step[0]:
            seal = head[0] if head is not None else step[0] if step is not None else None
            raise tampered(
                f"audit_sealed_workspace and audit_sealed_day are of different seals for the workspace with the key {key}, "
                f"at seal {seal}"
            )
        if days.change([DayHead(day, entries, digest.hex()) for _, day, entries, digest in step[1]]) != head[1]:
            raise tampered(
                f"audit_sealed_workspace does not have the hash of audit_sealed_day as of seal {head[0]}, for the workspace "
                f"with the key {key}"
            )


def _rows(connection: Connection, name: str, statement: str, key: str) -> Iterator[tuple[Any, ...]]:
    with connection.cursor(name) as cursor:
        cursor.itersize = FETCH
        yield from cursor.execute(statement.encode(), {"workspace": bytes.fromhex(key)})


class _Days:
    """The list of a workspace's days, and its hash. Usually only the last day changes, so the days before it are hashed once."""

    def __init__(self, key: str) -> None:
        self._header = encode_days(key, ())
        self._days: list[str] = []
        self._lines: list[bytes] = []
        self._prefix = hashlib.sha256(self._header.encode())
        self._covered = 0  # lines

    def change(self, days: list[DayHead]) -> bytes:
        """Takes the days of a seal; the hash of the list then."""
        for day in days:
            at = bisect_left(self._days, day.day)
            line = f"{day.day} {day.entries} {day.digest}\n".encode()
            if at < len(self._days) and self._days[at] == day.day:
                self._lines[at] = line
            else:
                self._days.insert(at, day.day)
                self._lines.insert(at, line)
            if at < self._covered:
                self._prefix, self._covered = hashlib.sha256(self._header.encode()), 0
        self._prefix.update(b"".join(self._lines[self._covered : -1]))
        self._covered = len(self._lines) - 1
        whole = self._prefix.copy()
        whole.update(self._lines[-1])
        return whole.digest()
