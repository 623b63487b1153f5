"""How often lists were asked for that are not in memory: the key index cache decides by this which ones it keeps (decision 73)."""

from typing import TypeAlias

from reader.query.cached_list import CacheKey
from reader.shared_cache import SharedCache

Uses: TypeAlias = tuple[int, int]  # how many, and how often all had been halved by then


class UseCounts:
    """Of at most `limit` lists, by a hash of each key; the workspace that has the most forgets first. Safe to use from many threads."""

    def __init__(self, limit: int) -> None:
        self._uses: SharedCache[int, Uses] = SharedCache(limit)
        self._halvings = 0

    def of(self, key: CacheKey) -> int:
        """How often the list was used; 0 if that is not known."""
        uses, halvings = self._uses.get(key.workspace_id, hash(key)) or (0, self._halvings)
        return uses >> (self._halvings - halvings)

    def note(self, key: CacheKey, uses: int) -> None:
        """Remembers how often the list was used."""
        self._uses.put(key.workspace_id, hash(key), (uses, self._halvings))

    def halve(self) -> None:
        """From now on every list counts as used half as often."""
        self._halvings += 1
