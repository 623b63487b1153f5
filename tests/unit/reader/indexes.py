"""Key indexes and lists for tests of the cache, and what it holds of them."""

from datetime import UTC, datetime

import pytest

import reader.query.index_cache
from reader.model import Selection
from reader.query.cached_list import BUCKET_BYTES, INDEX_BYTES, CacheKey, text_bytes
from reader.query.index_cache import IndexCache
from reader.query.key_index import KEY, KeyIndex, pack, split
from reader.query.snapshot import Snapshot


def snapshot(xmax: int) -> Snapshot:
    return Snapshot(datetime(2026, 11, 1, tzinfo=UTC), xmax, xmax, ())


def index(xmax: int = 1, entries: int = 1) -> KeyIndex:
    """An index of so many entries, at a snapshot."""
    return KeyIndex.from_buckets(snapshot(xmax), split(pack((0, entries - number) for number in range(entries))))


def key(number: int, workspace: int = 1) -> CacheKey:
    """The list of one actor."""
    return CacheKey(workspace_id=f"org_{workspace}", selection=Selection(actor=f"user_{number}"))


def at(list_key: CacheKey, xmax: int) -> CacheKey:
    """An older page of a list."""
    return CacheKey(
        workspace_id=list_key.workspace_id, selection=list_key.selection, pg_snapshot=snapshot(xmax).pg_snapshot
    )


def held(cache: IndexCache) -> int:
    """What all indexes hold, each bucket counted once."""
    buckets: dict[int, int] = {}
    own = 0
    for list_key, cached in cache._lists.items():
        own += text_bytes(list_key)
        for list_index in cached.indexes.values():
            own += INDEX_BYTES + BUCKET_BYTES * len(list_index.buckets)
            buckets |= {id(bucket): len(bucket) for bucket in list_index.buckets}
    return own + sum(buckets.values())


# Of one list that has a single entry.
SMALLEST = INDEX_BYTES + text_bytes(key(1)) + BUCKET_BYTES + KEY.size


def bound(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(reader.query.index_cache, "MAX_BYTES", size)
