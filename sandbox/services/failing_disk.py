"""A disk that is slow to keep what is written, or fails to: fsync and fdatasync of a program that is started with `environ`."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from sandbox.services.preloaded_library import preloaded_library

SOURCE = Path(__file__).with_suffix(".c")
SyncCall = Literal["fsync", "fdatasync"]


class FailingDisk:
    """Sound until it is told otherwise, and changed while its programs run."""

    def __init__(self, folder: Path, library: Path) -> None:
        self.environ: Mapping[str, str] = {"LD_PRELOAD": str(library), "FAILING_DISK": str(folder)}
        self._folder = folder

    def slow(self, milliseconds: int) -> None:
        """Each call takes as much longer; 0 ends it."""
        new = self._folder / "new"
        new.write_text(str(milliseconds))
        new.rename(self._folder / "slow")

    def fail_once(self, call: SyncCall) -> None:
        """The next such call, of whichever process, fails with EIO."""
        (self._folder / call).touch()

    def has_failed(self, call: SyncCall) -> bool:
        """Whether it has."""
        return not (self._folder / call).exists()


@contextmanager
def failing_disk() -> Iterator[FailingDisk]:
    """A new one, also for a program of another user. SandboxError where there is no C compiler, or it fails."""
    with tempfile.TemporaryDirectory(prefix="callmine-disk-") as folder:
        # Whichever user the program is, it removes the file that made its call fail.
        Path(folder).chmod(0o777)
        yield FailingDisk(Path(folder), preloaded_library(SOURCE, Path(folder)))
