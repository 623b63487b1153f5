"""The key of every entry of a list, newest first: finds any page and any total without reading entries (decision 25).

PostgreSQL cannot count or skip rows without reading them. So the keys of a list are read once, 16 bytes an entry. After
that only the keys recorded since are read and inserted, and a page is the ids between two ranks. Indexes are immutable:
`with_added` returns a new one that shares the buckets it did not change.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from struct import Struct
from typing import TypeAlias

from reader.query.snapshot import Snapshot
from runtime.timestamps import POSTGRES_EPOCH_US, from_microseconds, microseconds

# Microseconds since 2000 and id; newer entries have greater keys. Packed as PostgreSQL's timestamptz_send and int8send do.
Key: TypeAlias = tuple[int, int]
KEY = Struct(">qq")
BUCKET_KEYS, MAX_BUCKET_KEYS = 256, 768  # keys of a new bucket, and the most before it is split
MANY = 16  # of so many keys of a bucket one is changed, or more


@dataclass(frozen=True, slots=True)
class KeyIndex:
    """The list at `snapshot`: buckets of packed keys, newest first, and the byte position where each bucket ends.

    `fresh`: how many bytes of buckets this index does not share with the index that it was made from.
    """

    snapshot: Snapshot
    buckets: tuple[bytes, ...]
    ends: tuple[int, ...]
    fresh: int = 0

    @classmethod
    def from_buckets(cls, snapshot: Snapshot, buckets: Iterable[bytes], fresh: int | None = None) -> "KeyIndex":
        """From buckets that `split` made, newest first; all of them are fresh unless `fresh` says how many bytes."""
        kept = tuple(buckets)
        ends = tuple(accumulate(map(len, kept)))
        return cls(snapshot, kept, ends, (ends[-1] if ends else 0) if fresh is None else fresh)

    @property
    def size(self) -> int:
        """Bytes of all keys."""
        return self.ends[-1] if self.ends else 0

    @property
    def total(self) -> int:
        """How many entries the list has."""
        return self.size // KEY.size

    def rank(self, key: Key) -> int:
        """How many entries are newer than `key`, which need not be in the list."""
        if not self.buckets:
            return 0
        number = self._bucket(key)
        return (self.ends[number - 1] // KEY.size if number else 0) + _rank(self.buckets[number], key)

    def ids(self, start: int, stop: int) -> list[int]:
        """The ids of the ranks from `start` to before `stop`; `start` <= `stop`."""
        first, last = bisect_right(self.ends, start * KEY.size), bisect_left(self.ends, stop * KEY.size)
        skipped = self.ends[first - 1] if first else 0
        inside = slice(start * KEY.size - skipped, stop * KEY.size - skipped)
        return [entry_id for _, entry_id in KEY.iter_unpack(b"".join(self.buckets[first : last + 1])[inside])]

    def with_added(self, snapshot: Snapshot, added: Sequence[Key]) -> "KeyIndex":
        """The index at a later snapshot, given the keys of everything that was recorded between the two."""
        if not added:
            return KeyIndex(snapshot, self.buckets, self.ends)
        if not self.buckets:
            return KeyIndex.from_buckets(snapshot, split(pack(sorted(added, reverse=True))))
        return self._changed(snapshot, added, _insert)

    def without(self, snapshot: Snapshot, later: Sequence[Key]) -> "KeyIndex":
        """The index at an earlier snapshot, given the keys of everything that was recorded between the two."""
        return self._changed(snapshot, later, _remove) if later else KeyIndex(snapshot, self.buckets, self.ends)

    def _changed(
        self, snapshot: Snapshot, keys: Sequence[Key], change: Callable[[bytes, Sequence[Key]], bytes]
    ) -> "KeyIndex":
        """The index with `change` applied to each bucket in which one of the keys belongs."""
        buckets, fresh = list(self.buckets), 0
        # From the end, so that earlier buckets keep their numbers.
        for number, there in reversed(self._by_bucket(keys)):
            changed = change(buckets[number], there)
            fresh += len(changed)
            buckets[number : number + 1] = split(changed)
        return KeyIndex.from_buckets(snapshot, buckets, fresh)

    def _by_bucket(self, keys: Sequence[Key]) -> list[tuple[int, list[Key]]]:
        """The keys of each bucket in which some belong, newest first."""
        rising, by_bucket = sorted(keys), []
        while rising:
            number = self._bucket(rising[-1])
            is_last = number + 1 == len(self.buckets)
            start = 0 if is_last else bisect_right(rising, KEY.unpack_from(self.buckets[number + 1]))
            by_bucket.append((number, rising[start:][::-1]))
            del rising[start:]
        return by_bucket

    def _bucket(self, key: Key) -> int:
        """The number of the bucket in which a key belongs: the last one whose first key is not older."""
        later = bisect_left(
            range(len(self.buckets)), True, key=lambda number: KEY.unpack_from(self.buckets[number]) < key
        )
        return max(0, later - 1)


def key_time(at: datetime) -> int:
    """A time as keys hold it."""
    return microseconds(at) - POSTGRES_EPOCH_US


def time_of(key: Key) -> datetime:
    """The time of a key."""
    return from_microseconds(key[0] + POSTGRES_EPOCH_US)


def pack(keys: Iterable[Key]) -> bytes:
    """Keys, newest first, as an index holds them."""
    return b"".join(KEY.pack(*key) for key in keys)


def unpack(packed: bytes) -> list[Key]:
    """The keys that were packed."""
    return list(KEY.iter_unpack(packed))


def last_key(packed: bytes) -> Key:
    """The oldest of packed keys."""
    occurred_at, entry_id = KEY.unpack_from(packed, len(packed) - KEY.size)
    return occurred_at, entry_id


def split(packed: bytes) -> list[bytes]:
    """Packed keys as buckets, none of them too long and none empty."""
    if len(packed) <= MAX_BUCKET_KEYS * KEY.size:
        return [packed] if packed else []
    length = BUCKET_KEYS * KEY.size
    return [packed[start : start + length] for start in range(0, len(packed), length)]


def _rank(bucket: bytes, key: Key) -> int:
    """How many entries of a bucket are newer than `key`."""
    ranks = range(len(bucket) // KEY.size)
    return bisect_left(ranks, True, key=lambda rank: KEY.unpack_from(bucket, rank * KEY.size) <= key)


def _are_many(bucket: bytes, keys: Sequence[Key]) -> bool:
    """Whether it takes less time to look at each key of the bucket than to look for each of `keys` in it."""
    return len(keys) * MANY > len(bucket) // KEY.size


def _insert(bucket: bytes, newest_first: Sequence[Key]) -> bytes:
    if _are_many(bucket, newest_first):
        return pack(sorted((*unpack(bucket), *newest_first), reverse=True))
    pieces, copied = [], 0
    for key in newest_first:
        start = _rank(bucket, key) * KEY.size
        pieces += [bucket[copied:start], KEY.pack(*key)]
        copied = start
    return b"".join([*pieces, bucket[copied:]])


def _remove(bucket: bytes, newest_first: Sequence[Key]) -> bytes:
    if _are_many(bucket, newest_first):
        removed = set(newest_first)
        return pack(key for key in unpack(bucket) if key not in removed)
    pieces, copied = [], 0
    for key in newest_first:
        start = _rank(bucket, key) * KEY.size
        pieces.append(bucket[copied:start])
        copied = start + KEY.size
    return b"".join([*pieces, bucket[copied:]])
