"""All places that take copies of the checkpoints."""

import time
from collections.abc import Sequence
from pathlib import Path

from export.copies.copier import Copier, State
from export.copies.memory import Memory
from export.copies.place import Note, Place
from runtime.threads import spawn_restarted


class Copies:
    """Each place has a thread of its own, so that none waits for another."""

    def __init__(self, places: Sequence[Place], folder: Path) -> None:
        """`folder` is AUDIT_SEAL_DIR, where it is remembered what was copied."""
        self._copiers = [Copier(place, Memory(folder)) for place in places]

    def start(self) -> None:
        """From now on what is told is copied, in the background."""
        for copier in self._copiers:
            spawn_restarted(f"copy-{copier.name}", copier.run)

    def tell(self, note: Note) -> None:
        """There is a newer checkpoint."""
        for copier in self._copiers:
            copier.tell(note)

    def once(self) -> None:
        """Copies what was told, here and now; a place that fails is told of in the log, and no other one waits for it."""
        for copier in self._copiers:
            copier.once()

    def settle(self, seconds: float) -> None:
        """Gives the threads so much time to copy what waits."""
        end = time.monotonic() + seconds
        for copier in self._copiers:
            copier.settle(max(0.0, end - time.monotonic()))

    def states(self) -> list[State]:
        """How each place stands."""
        return [copier.state() for copier in self._copiers]
