"""A clock that is set while a program runs, for that program alone: one that is started with `environ`, and what it starts."""

import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from sandbox.services.preloaded_library import preloaded_library

SOURCE = Path(__file__).with_suffix(".c")


class OwnClock:
    """Right until it is set."""

    def __init__(self, folder: Path, library: Path) -> None:
        self._file = folder / "ahead"
        self._file.touch()
        self.environ: Mapping[str, str] = {"LD_PRELOAD": str(library), "OWN_CLOCK": str(self._file)}
        self.set(0)

    def set(self, ahead: int) -> None:
        """From now on the clock is ahead of the machine's by as many seconds (negative: behind)."""
        with self._file.open("r+b", buffering=0) as file:  # the file is mapped: it must stay the same one
            file.write(ahead.to_bytes(8, sys.byteorder, signed=True))


@contextmanager
def own_clock() -> Iterator[OwnClock]:
    """A new one. SandboxError where there is no C compiler, or it fails."""
    with tempfile.TemporaryDirectory(prefix="callmine-clock-") as folder:
        yield OwnClock(Path(folder), preloaded_library(SOURCE, Path(folder)))
