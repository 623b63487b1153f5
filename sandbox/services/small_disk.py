"""A small file system of one's own, which can be filled: tmpfs, so it needs root, and its size is memory."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sandbox.services.process import SandboxError

BLOCK = 1024 * 1024


class SmallDisk:
    """The file system at `path`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._ballast = path / "ballast"

    def fill(self) -> None:
        """Takes all that is left, to the last byte."""
        with self._ballast.open("ab", buffering=0) as file:
            for size in (BLOCK, 4096, 1):
                try:
                    while file.write(bytes(size)) == size:
                        pass
                except OSError:
                    continue

    def free(self) -> None:
        """Gives it back."""
        self._ballast.unlink()


@contextmanager
def small_disk(megabytes: int) -> Iterator[SmallDisk]:
    """A new one, gone at the end with everything on it. SandboxError where we may not mount."""
    if os.geteuid() != 0:
        raise SandboxError("a small file system needs root, who may mount one")
    with tempfile.TemporaryDirectory(prefix="callmine-disk-") as folder:
        Path(folder).chmod(0o711)
        mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=711", "tmpfs", folder]
        process = subprocess.run(mount, check=False, capture_output=True, text=True)
        if process.returncode:
            raise SandboxError(f"a small file system cannot be mounted here: {process.stderr.strip()}")
        try:
            yield SmallDisk(Path(folder))
        finally:
            subprocess.run(["umount", "--lazy", folder], check=True)
