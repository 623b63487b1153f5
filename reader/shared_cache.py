"""A cache of small things of workspaces: when it is full, the workspace that has the most there loses what it used longest ago (decision 130)."""

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class SharedCache(Generic[K, V]):
    """At most `limit` values, by workspace and key. Safe to use from many threads."""

    def __init__(self, limit: int) -> None:
        self._limit, self._count = limit, 0
        self._values: dict[str, OrderedDict[K, V]] = {}
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
            self._count += key not in values
            values[key] = value
            values.move_to_end(key)
            if self._count > self._limit:
                self._drop()

    def _drop(self) -> None:
        largest = max(self._values, key=lambda workspace_id: len(self._values[workspace_id]))
        self._values[largest].popitem(last=False)
        self._count -= 1
        if not self._values[largest]:
            del self._values[largest]
