"""All places that checkpoints are copied to."""

import time
from collections.abc import Sequence
from pathlib import Path

from export.copies.copier import Copier, State
from export.copies.memory import Memory
from export.copies.place import Note, Place
from runtime.threads import spawn_restarted


class Copies:
    """Each place has its own thread, so that none waits for another."""

    def __init__(self, places: Sequence[Place], folder: Path) -> None:
        """`folder` is AUDIT_SEAL_DIR, where the state of each place is stored."""
        self._copiers = [Copier(place, Memory(folder)) for place in places]

    def start(self) -> None:
        """Starts the threads."""
        for copier in self._copiers:
            spawn_restarted(f"copy-{copier.name}", copier.run)

    def add(self, note: Note) -> None:
        """Queues a newer checkpoint for each place."""
        for copier in self._copiers:
            copier.add(note)

    def once(self) -> None:
        """Copies what is queued, without threads; a failure is logged, and the other places still get their copies."""
        for copier in self._copiers:
            copier.once()

    def settle(self, seconds: float) -> None:
        """Waits until the queues are empty, at most this long."""
        end = time.monotonic() + seconds
        for copier in self._copiers:
            copier.settle(max(0.0, end - time.monotonic()))

    def states(self) -> list[State]:
        """The state of each place."""
        return [copier.state() for copier in self._copiers]
