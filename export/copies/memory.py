"""Stores in AUDIT_SEAL_DIR what each destination has, so that a restart knows what is still to be copied, and since when."""

from dataclasses import dataclass
from pathlib import Path

from export import whole_files


@dataclass(frozen=True, kw_only=True)
class LastCopy:
    """The newest checkpoint that a destination has: its size, and when it was copied, Unix time."""

    size: int
    at: float


NEVER = LastCopy(size=0, at=0.0)


class Memory:
    """A file for each destination. If it cannot be read, the newest checkpoint is copied again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "copied"

    def read(self, destination: str) -> LastCopy:
        """What was stored for a destination; NEVER if nothing was."""
        try:
            size, at = (self._folder / destination).read_text().split()
            return LastCopy(size=int(size), at=float(at))
        except (OSError, ValueError):
            return NEVER

    def write(self, destination: str, copied: LastCopy) -> None:
        """Stores it. Raises OSError."""
        self._folder.mkdir(exist_ok=True)
        whole_files.replace(self._folder / destination, f"{copied.size} {copied.at:.3f}\n".encode())
