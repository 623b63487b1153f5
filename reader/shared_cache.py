"""A cache of small things of workspaces: when it is full, the workspace that has the most there loses what it used longest ago (decision 130)."""

import threading
from collections import OrderedDict, defaultdict
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class SharedCache(Generic[K, V]):
    """At most `limit` values, by workspace and key. Safe to use from many threads."""

    def __init__(self, limit: int) -> None:
        self._limit, self._count = limit, 0
        self._values: dict[str, OrderedDict[K, V]] = {}
        # The workspaces by how many values they have, so that the largest is found without a look at all of them.
        self._by_count: defaultdict[int, dict[str, None]] = defaultdict(dict)
        self._max_count = 0
        self._lock = threading.Lock()

    def get(self, workspace_id: str, key: K) -> V | None:
        """The value, which counts as used; None if there is none."""
        with self._lock:
            values = self._values.get(workspace_id)
            if values is None or key not in values:
                return None
            values.move_to_end(key)
            return values[key]

    def put(self, workspace_id: str, key: K, value: V) -> None:
        """Keeps a value."""
        with self._lock:
            values = self._values.setdefault(workspace_id, OrderedDict())
            if key not in values:
                self._count += 1
                self._move(workspace_id, len(values), len(values) + 1)
            values[key] = value
            values.move_to_end(key)
            if self._count > self._limit:
                self._drop()

    def _drop(self) -> None:
        largest = next(iter(self._by_count[self._max_count]))
        self._move(largest, self._max_count, self._max_count - 1)
        self._values[largest].popitem(last=False)
        self._count -= 1
        if not self._values[largest]:
            del self._values[largest]

    def _move(self, workspace_id: str, before: int, after: int) -> None:
        """The workspace has one value more or less than before."""
        if after:
            self._by_count[after][workspace_id] = None
        self._by_count[before].pop(workspace_id, None)
        if not self._by_count[before]:
            del self._by_count[before]
        if self._max_count not in self._by_count or after > self._max_count:
            self._max_count = after
