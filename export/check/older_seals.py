"""Older seals: what the tables say about each must be what the signed log says.

The newest checkpoint signs every record, and a record has the hash of the seal's accounts and the root of the map at that seal.
"""

from collections.abc import Collection, Iterator
from itertools import groupby, islice
from operator import itemgetter

from export.evidence.sealed_log import SealedLog
from export.format.checkpoint import Checkpoint
from export.format.errors import ExportError
from export.format.merkle import RootBuilder
from export.format.note import parse_note, verify_signatures
from export.format.policy import Policy
from export.format.record import parse_record, record_leaf
from export.tables.bucket_map import BucketMap, bucket_of, prefix_of
from export.tables.database import Connection
from export.tables.heads import Head, bucket_heads, key_of
from export.tables.log import SEALS_FROM, stored_records
from sql import query

OTHER_ACCOUNTS, ALL_HEADS = query("export/other_accounts"), query("export/all_heads")
STRAY_ROWS, STRAY_DAYS = query("export/stray_rows"), query("export/stray_days")
FETCH = 2000
# Buckets that are read with one statement, and heads that are kept for the seals after.
AT_ONCE, KEPT = 500, 50_000


def check_accounts(connection: Connection, log: SealedLog) -> Iterator[str]:
    """A line for each seal whose accounts are not those of its record; those of a lost seal are not kept."""
    for (seal,) in connection.execute(OTHER_ACCOUNTS, {"lost": log.lost}).fetchall():
        yield f"the accounts of seal {seal} in audit_seal are not those that were sealed"


def check_checkpoints(connection: Connection, log: SealedLog, policy: Policy) -> Iterator[str]:
    """A line for each seal whose checkpoint is not of the log up to it; that of a lost seal may be empty.

    Keys are rotated, so none of the policy need have signed an older one; but none may have signed it badly.
    """
    builder = RootBuilder()
    with connection.cursor("checkpoints") as cursor:
        cursor.itersize = FETCH
        for seal, (record, checkpoint) in enumerate(cursor.execute(SEALS_FROM, {"seal": 0})):
            builder.add(record_leaf(record))
            expected = Checkpoint(origin=log.checkpoint.origin, size=seal + 1, root=builder.root())
            may_be_missing = not checkpoint and log.is_lost(seal)
            if not may_be_missing and not _signs(checkpoint, expected, policy):
                yield f"the checkpoint of seal {seal} in audit_seal is not that of the log up to it"


def check_strays(connection: Connection, log: SealedLog) -> Iterator[str]:
    """A line for rows that belong to no seal, so that no map has them."""
    for table, seal, number in connection.execute(STRAY_ROWS, {"newest": log.newest.seal, "lost": log.lost}).fetchall():
        yield f"{table} has {number} rows of seal {seal}, which brought none"
    for (key,) in connection.execute(STRAY_DAYS).fetchall():
        yield f"audit_sealed_day has days of the workspace with the key {key}, and audit_sealed_workspace no head of it"


def check_maps(connection: Connection, log: SealedLog) -> Iterator[str]:
    """A line for the first seal as of which the heads have not the map of its record. What was lost has no heads."""
    buckets = BucketMap()
    changes = _changes(connection, log, buckets)
    change = next(changes, None)
    for seal, record in enumerate(stored_records(connection)):
        while change is not None and change[0] == seal:
            buckets.replace(*change[1:])
            change = next(changes, None)
        if not log.is_lost(seal) and buckets.root != parse_record(record).map_root:
            yield f"audit_sealed_workspace is not what was sealed: its map is not that of seal {seal}"
            return


def _signs(checkpoint: str, expected: Checkpoint, policy: Policy) -> bool:
    try:
        note = parse_note(checkpoint.encode(), "a checkpoint")
        verify_signatures(note, policy.keys, "a checkpoint")
    except ExportError:
        return False
    return note.text == expected.encode()


def _changes(connection: Connection, log: SealedLog, before: BucketMap) -> Iterator[tuple[int, int, list[Head]]]:
    """Each bucket that a seal has changed, by seal, with all its heads at that seal. `before` has the changes so far."""
    heads = _Heads(connection, before)
    for seal, rows in groupby(_rows(connection, log), itemgetter(0)):
        buckets = (
            (bucket, {key: days for _, key, days in some})
            for bucket, some in groupby(rows, lambda row: bucket_of(row[1]))
        )
        while changed := dict(islice(buckets, AT_ONCE)):
            heads.fetch(changed, seal - 1)
            for bucket, new in changed.items():
                yield seal, bucket, heads.change(bucket, new)


def _rows(connection: Connection, log: SealedLog) -> Iterator[tuple[int, str, str]]:
    """The heads that seals have added, by seal and key."""
    with connection.cursor("all_heads") as cursor:
        cursor.itersize = FETCH
        for seal, workspace, days in cursor.execute(ALL_HEADS, {"newest": log.newest.seal, "lost": log.lost}):
            yield seal, key_of(workspace), days.hex()


class _Heads:
    """The heads of buckets as of the seal that was read last; those that are not kept are read again."""

    def __init__(self, connection: Connection, before: BucketMap) -> None:
        self._connection = connection
        self._before = before
        self._buckets: dict[int, dict[str, str]] = {}
        self._count = 0  # the least number of heads that they have

    def fetch(self, buckets: Collection[int], seal: int) -> None:
        """Reads what is not kept, as of a seal."""
        if self._count > KEPT:
            self._buckets, self._count = {}, 0
        missing = [bucket for bucket in buckets if bucket not in self._buckets]
        self._buckets.update((bucket, {}) for bucket in missing)
        known = [prefix_of(bucket) for bucket in missing if not self._before.is_empty(bucket)]
        if known:
            for key, days in bucket_heads(self._connection, known, seal):
                self._buckets[bucket_of(key)][key] = days
                self._count += 1

    def change(self, bucket: int, new: dict[str, str]) -> list[Head]:
        """The heads of a bucket, ascending by key, with the new ones."""
        heads = self._buckets[bucket]
        heads.update(new)
        self._count += len(new)
        return sorted(heads.items())
