"""Whether every entry is still what was sent: `content_digest` is computed again from the stored columns.

It finds text that was stored in another encoding, damage, and an edited row. If the digest was edited as well, only the
verified export can find it. Memory is bounded: rows come by a server-side cursor, and findings are capped.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sql
from catalog.content_digest import content_digest, digested_facets
from runtime.postgres import Connection
from runtime.timestamps import iso

ENTRIES = sql.query("operator/entries_digests")
ESTIMATE = sql.query("operator/entries_estimate")
ROWS_AT_A_TIME = 2000
MAX_FINDINGS = 100
# Places of the columns that are not stored as the digest takes them.
_FACETS, _OCCURRED_AT = 4, 12


@dataclass(frozen=True, kw_only=True)
class DigestReport:
    """How many entries were read, how many are not what was sent, and (id, workspace) of the first of these."""

    entries: int
    mismatches: int
    first: tuple[tuple[int, str], ...]

    def findings(self) -> list[str]:
        """In words, each with the entry's id."""
        sentences = [
            f"entry {number} of {workspace}: what is stored is not what was sent" for number, workspace in self.first
        ]
        if self.mismatches > len(self.first):
            sentences.append(f"{self.mismatches - len(self.first):,} more entries are not what was sent")
        return sentences


def estimate_entries(connection: Connection) -> int:
    """About how many entries there are; 0 where PostgreSQL has not counted yet."""
    row = connection.execute(ESTIMATE).fetchone()
    assert row is not None
    return int(row[0])


def verify_digests(connection: Connection, on_entries: Callable[[int], None]) -> DigestReport:
    """Reads every entry and computes its digest; `on_entries` is called with how many were read, every few thousand."""
    entries = mismatches = 0
    first: list[tuple[int, str]] = []
    with connection.transaction(), connection.cursor(name="entries") as cursor:
        connection.execute("SET LOCAL statement_timeout = 0")
        cursor.execute(ENTRIES)
        while rows := cursor.fetchmany(ROWS_AT_A_TIME):
            for entry_id, stored, *columns in rows:
                if _digest(columns) != stored:
                    mismatches += 1
                    if len(first) < MAX_FINDINGS:
                        first.append((entry_id, columns[0]))
            entries += len(rows)
            on_entries(len(rows))
    return DigestReport(entries=entries, mismatches=mismatches, first=tuple(first))


def _digest(columns: list[Any]) -> bytes:
    """The digest of an entry, of its columns in the order of the query."""
    columns[_FACETS] = digested_facets(columns[_FACETS])
    columns[_OCCURRED_AT] = iso(columns[_OCCURRED_AT])
    return content_digest(*columns)
