"""The key index of a list: the key of every entry, newest first, so that neither depth nor a rare filter costs anything.

PostgreSQL can neither count nor skip without reading. So a list is read through once, sixteen bytes an entry; from then on
only what has been recorded since is read and put where it belongs, and any page is the ids between two ranks. Key indexes are
immutable: `with_arrived` gives a new one, which shares the buckets that nothing fell into.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate, chain
from struct import Struct
from typing import TypeAlias

from reader.query.snapshot import Snapshot

# Its place in the list: microseconds since 2000 and id, the newer the greater. Key indexes hold the bytes that PostgreSQL's
# timestamptz_send and int8send make of them.
Key: TypeAlias = tuple[int, int]
KEY = Struct(">qq")
ENTRIES, MAX_ENTRIES = 256, 768  # of a bucket when it is made, and before it is cut

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class KeyIndex:
    """The list at `snapshot`: buckets of packed keys that fall from the first to the last, and where each ends, in bytes."""

    snapshot: Snapshot
    buckets: tuple[bytes, ...]
    ends: tuple[int, ...]

    @classmethod
    def of(cls, snapshot: Snapshot, pieces: Iterable[bytes]) -> "KeyIndex":
        """From all packed keys of the list, in pieces that follow each other."""
        return cls._made(snapshot, chain.from_iterable(_cut(piece) for piece in pieces))

    @classmethod
    def _made(cls, snapshot: Snapshot, buckets: Iterable[bytes]) -> "KeyIndex":
        held = tuple(buckets)
        return cls(snapshot, held, tuple(accumulate(map(len, held))))

    @property
    def size(self) -> int:
        """Bytes that it holds."""
        return self.ends[-1] if self.ends else 0

    @property
    def total(self) -> int:
        """How many entries the list has."""
        return self.size // KEY.size

    def rank(self, key: Key) -> int:
        """How many entries are newer than `key`, whether or not it is in the list."""
        if not self.buckets:
            return 0
        index = self._bucket(key)
        return (self.ends[index - 1] // KEY.size if index else 0) + _place(self.buckets[index], key)

    def ids(self, start: int, stop: int) -> list[int]:
        """The ids from place `start` to before `stop`, which is not less."""
        first, last = bisect_right(self.ends, start * KEY.size), bisect_left(self.ends, stop * KEY.size)
        passed = self.ends[first - 1] if first else 0
        inside = slice(start * KEY.size - passed, stop * KEY.size - passed)
        return [each for _, each in KEY.iter_unpack(b"".join(self.buckets[first : last + 1])[inside])]

    def with_arrived(self, snapshot: Snapshot, arrived: Sequence[Key]) -> "KeyIndex":
        """The index at a later snapshot, given the keys of all that was recorded between the two."""
        if not arrived:
            return KeyIndex(snapshot, self.buckets, self.ends)
        if not self.buckets:
            return KeyIndex.of(snapshot, [b"".join(KEY.pack(*key) for key in sorted(arrived, reverse=True))])
        return self._changed(snapshot, arrived, _with)

    def without(self, snapshot: Snapshot, later: Sequence[Key]) -> "KeyIndex":
        """The index at an earlier snapshot, given the keys of all that was recorded between the two."""
        return self._changed(snapshot, later, _without) if later else KeyIndex(snapshot, self.buckets, self.ends)

    def _changed(
        self, snapshot: Snapshot, changes: Sequence[Key], change: Callable[[bytes, Sequence[Key]], bytes]
    ) -> "KeyIndex":
        """The index after a change to those buckets in which the keys have their places."""
        fallen: defaultdict[int, list[Key]] = defaultdict(list)
        for key in sorted(changes, reverse=True):
            fallen[self._bucket(key)].append(key)
        buckets = list(self.buckets)
        for index in sorted(fallen, reverse=True):  # from the end, so that those before keep their index
            buckets[index : index + 1] = _cut(change(buckets[index], fallen[index]))
        return KeyIndex._made(snapshot, buckets)

    def _bucket(self, key: Key) -> int:
        """The index of the bucket in which a key has its place: the last that begins no later than it."""
        later = bisect_left(
            range(len(self.buckets)), True, key=lambda index: KEY.unpack_from(self.buckets[index]) < key
        )
        return max(0, later - 1)


def key_time(at: datetime) -> int:
    """A time as keys hold it."""
    return (at - _EPOCH) // _MICROSECOND


def time_of(key: Key) -> datetime:
    """The time of a key."""
    return _EPOCH + timedelta(microseconds=key[0])


def keys(packed: bytes) -> list[Key]:
    """The keys that were packed."""
    return list(KEY.iter_unpack(packed))


def _place(bucket: bytes, key: Key) -> int:
    """How many entries of a bucket are newer than `key`."""
    places = range(len(bucket) // KEY.size)
    return bisect_left(places, True, key=lambda place: KEY.unpack_from(bucket, place * KEY.size) <= key)


def _with(bucket: bytes, newest_first: Sequence[Key]) -> bytes:
    """The bucket with further keys, each in its place."""
    pieces, passed = [], 0
    for key in newest_first:
        place = _place(bucket, key) * KEY.size
        pieces += [bucket[passed:place], KEY.pack(*key)]
        passed = place
    return b"".join([*pieces, bucket[passed:]])


def _without(bucket: bytes, newest_first: Sequence[Key]) -> bytes:
    """The bucket less some of its keys."""
    pieces, passed = [], 0
    for key in newest_first:
        place = _place(bucket, key) * KEY.size
        pieces.append(bucket[passed:place])
        passed = place + KEY.size
    return b"".join([*pieces, bucket[passed:]])


def _cut(packed: bytes) -> list[bytes]:
    """Packed keys as buckets, none of them too long and none empty."""
    if len(packed) <= MAX_ENTRIES * KEY.size:
        return [packed] if packed else []
    length = ENTRIES * KEY.size
    return [packed[at : at + length] for at in range(0, len(packed), length)]
