"""Copies as files of a directory, such as one of another machine or of a bucket: the newest, and the last one of each day."""

import datetime as dt
from pathlib import Path
from typing import ClassVar

from export import whole_files
from export.copies.destination import CheckpointToCopy, NotCopied


class Directory:
    """A directory, which must exist: if it is a mount point and nothing is mounted, a new folder would be no copy."""

    name: ClassVar[str] = "directory"

    def __init__(self, path: Path) -> None:
        self._path = path

    def copy(self, checkpoint: CheckpointToCopy) -> None:
        """Returns when the files are on the disk."""
        day = dt.datetime.now(dt.UTC).date().isoformat()
        try:
            (self._path / "checkpoints").mkdir(exist_ok=True)
            whole_files.replace(self._path / "checkpoints" / day, checkpoint.data)
            whole_files.replace(self._path / "checkpoint", checkpoint.data)
        except OSError as error:
            raise NotCopied(f"{error.filename or self._path}: {error.strerror}") from None
