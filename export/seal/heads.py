"""Heads and days as the tables have them, used only after they were compared with the sealer's hashes (section 8, 2)."""

from collections.abc import Iterable

from export.format.days import DayHead, days_hash, encode_days
from export.format.errors import tampered
from export.tables.bucket_map import BucketMap, bucket_of, prefix_of
from export.tables.database import Connection
from export.tables.heads import Head, bucket_heads, workspace_days


class KnownHeads:
    """What was sealed of workspaces up to the seal `base`, read as it is needed and compared with the map."""

    def __init__(self, connection: Connection, known: BucketMap, base: int) -> None:
        self._connection = connection
        self._known = known
        self._base = base
        self._buckets: dict[int, list[Head]] = {}

    def fetch(self, keys: Iterable[str]) -> dict[str, dict[str, DayHead]]:
        """The days of these workspaces, by key and date; the heads of their buckets are kept for `take_bucket`."""
        wanted = list(keys)
        self._fetch_buckets({bucket_of(key) for key in wanted} - self._buckets.keys())
        heads = {
            key: days
            for bucket in {bucket_of(key) for key in wanted}
            for key, days in self._buckets[bucket]
            if key in set(wanted)
        }
        days_by_key = dict(workspace_days(self._connection, list(heads), self._base))
        for key, head in heads.items():
            if days_hash(encode_days(key, days_by_key.get(key, ()))) != head:
                raise tampered(f"audit_sealed_day is not what was sealed of the workspace with the key {key}")
        return {key: {day.day: day for day in days_by_key.get(key, ())} for key in wanted}

    def take_bucket(self, bucket: int) -> list[Head]:
        """The heads of a bucket that was fetched, ascending by key."""
        return self._buckets.pop(bucket)

    def _fetch_buckets(self, buckets: set[int]) -> None:
        self._buckets.update((bucket, []) for bucket in buckets)
        known = [bucket for bucket in buckets if not self._known.is_empty(bucket)]
        if not known:
            return
        for head in bucket_heads(self._connection, [prefix_of(bucket) for bucket in known], self._base):
            self._buckets[bucket_of(head[0])].append(head)
        for bucket in known:
            if not self._known.holds(bucket, self._buckets[bucket]):
                raise tampered(
                    f"audit_sealed_workspace is not what was sealed of the workspaces whose keys begin with {prefix_of(bucket).hex()}"
                )
