"""The callbacks of a member of the group when partitions move."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

Keys: TypeAlias = list[tuple[str, int]]


@dataclass(frozen=True, kw_only=True)
class RebalanceCallbacks:
    """Called inside `poll`, each with (topic, number) pairs. `revoked` may still write, `lost` may not."""

    assigned: Callable[[Keys], None]
    revoked: Callable[[Keys], None]
    lost: Callable[[Keys], None]
