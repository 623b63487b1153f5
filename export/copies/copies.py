"""All destinations that checkpoints are copied to."""

import time
from collections.abc import Sequence
from pathlib import Path

from export.copies.copier import Copier, CopierState
from export.copies.destination import CheckpointToCopy, Destination
from export.copies.memory import Memory
from runtime.threads import spawn_restarted


class Copies:
    """Each destination has its own thread, so that none waits for another."""

    def __init__(self, destinations: Sequence[Destination], folder: Path) -> None:
        """`folder` is AUDIT_SEAL_DIR, where the state of each destination is stored."""
        self._copiers = [Copier(destination, Memory(folder)) for destination in destinations]

    def start(self) -> None:
        """Starts the threads."""
        for copier in self._copiers:
            spawn_restarted(f"copy-{copier.name}", copier.run)

    def add(self, checkpoint: CheckpointToCopy) -> None:
        """Queues a newer checkpoint for each destination."""
        for copier in self._copiers:
            copier.add(checkpoint)

    def once(self) -> None:
        """Copies what is queued, without threads; a failure is logged, and the other destinations still get their copies."""
        for copier in self._copiers:
            copier.once()

    def settle(self, seconds: float) -> None:
        """Waits until the queues are empty, at most this long."""
        end = time.monotonic() + seconds
        for copier in self._copiers:
            copier.settle(max(0.0, end - time.monotonic()))

    def states(self) -> list[CopierState]:
        """The state of each destination."""
        return [copier.state() for copier in self._copiers]
