"""What each place has taken, kept beside the folder's own memory, so that a restart knows what waits and since when."""

from dataclasses import dataclass
from pathlib import Path

from export import whole_files


@dataclass(frozen=True, kw_only=True)
class Copied:
    """The newest checkpoint that a place has: its size, and when it took it, Unix time."""

    size: int
    at: float


NEVER = Copied(size=0, at=0.0)


class Memory:
    """A file for each place. It is no evidence: where it cannot be read, the newest checkpoint is copied again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "copied"

    def read(self, place: str) -> Copied:
        """What was kept last of a place; NEVER where nothing was."""
        try:
            size, at = (self._folder / place).read_text().split()
            return Copied(size=int(size), at=float(at))
        except (OSError, ValueError):
            return NEVER

    def write(self, place: str, copied: Copied) -> None:
        """Keeps it. Raises OSError."""
        self._folder.mkdir(exist_ok=True)
        whole_files.replace(self._folder / place, f"{copied.size} {copied.at:.3f}\n".encode())
