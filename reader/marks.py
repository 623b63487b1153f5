"""Where the pages of a list begin: a mark at every so many entries, newest first, so that depth costs nothing.

A list has up to millions of entries, and PostgreSQL cannot count or skip without reading them. So they are counted once,
in buckets, and from then on only what has been recorded since is read: a late entry makes the bucket longer in whose time
it falls. Marks are immutable; `with_arrived` gives new ones.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from typing import NamedTuple, TypeAlias

from reader.horizon import Horizon

LONGEST = 3  # steps

# Its place in the list: (occurred_at, id), the newer the greater.
Key: TypeAlias = tuple[datetime, int]


class Start(NamedTuple):
    """Where to begin to read: at `key` (None: the newest entry) and `skip` entries on."""

    key: Key | None
    skip: int


@dataclass(frozen=True, slots=True)
class Marks:
    """The list at `horizon`: bucket i has `sizes[i]` entries, from `keys[i]` (inclusive) down to before `keys[i + 1]`.

    Keys fall; the first bucket also takes whatever is newer than its key.
    """

    horizon: Horizon
    keys: tuple[Key, ...]
    sizes: tuple[int, ...]

    @property
    def total(self) -> int:
        """How many entries the list has."""
        return sum(self.sizes)

    def with_arrived(self, horizon: Horizon, arrived: Sequence[Key]) -> "Marks":
        """The marks at a later horizon, given the keys of all that was recorded between the two."""
        if not arrived:
            return Marks(horizon, self.keys, self.sizes)
        more = self._by_bucket(arrived)
        if not self.keys:
            newest = max(arrived, default=None)
            return Marks(horizon, (newest,), (more.total(),)) if newest else Marks(horizon, (), ())
        return Marks(horizon, self.keys, tuple(size + more[index] for index, size in enumerate(self.sizes)))

    def start(self, offset: int, without: Sequence[Key] = ()) -> Start:
        """Where the entry at `offset` is, in the list without the entries `without` (recorded after an older horizon)."""
        fewer = self._by_bucket(without)
        sizes = (size - fewer[index] for index, size in enumerate(self.sizes)) if fewer else self.sizes
        passed = 0
        for index, end in enumerate(accumulate(sizes)):
            if offset < end:
                return Start(self.keys[index] if index else None, offset - passed)
            passed = end
        return Start(None, offset)

    def longest(self, step: int) -> int | None:
        """The index of a bucket that has grown too long to be read through, if there is one."""
        return next((index for index, size in enumerate(self.sizes) if size > LONGEST * step), None)

    def split(self, index: int, keys: Sequence[Key], sizes: Sequence[int]) -> "Marks":
        """The marks with the bucket at `index` replaced by those given."""
        return Marks(
            self.horizon,
            (*self.keys[:index], *keys, *self.keys[index + 1 :]),
            (*self.sizes[:index], *sizes, *self.sizes[index + 1 :]),
        )

    def _by_bucket(self, keys: Iterable[Key]) -> Counter[int]:
        rising = self.keys[::-1]
        last = len(rising) - 1
        # The bucket of a key is the one that begins at it, or at the nearest mark that is newer.
        return Counter(max(0, last - bisect_left(rising, key)) for key in keys)
