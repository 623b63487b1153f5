"""A temporary folder that owns processes; neither outlives the Python process that made it."""

import fcntl
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from sandbox.services import guard

PREFIX = "callmine-sandbox-"


class TemporaryFolder:
    """A new folder under the system's temporary folder, or `below` another, watched by `sandbox.services.guard`.

    The folder is locked for as long as its owner or its guard lives. A lock identifies a stale folder better than a stored
    pid, which may have been given to another process, or mean nothing in another container that shares the folder.
    """

    def __init__(self, name: str, below: Path | None = None) -> None:
        sweep()
        hidden = Path(tempfile.mkdtemp(prefix=f".{PREFIX}", dir=below))
        self._lock = os.open(hidden, os.O_RDONLY)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        # Only a locked folder gets the name that sweep() looks for.
        self.path = hidden.rename(hidden.with_name(f"{PREFIX}{name}-{hidden.name.rpartition('-')[2]}"))
        self.path.chmod(0o711)  # PostgreSQL runs as another user when we are root
        self._guard = subprocess.Popen(
            [sys.executable, "-P", guard.__file__, str(self.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            pass_fds=(self._lock,),
            start_new_session=True,  # a Ctrl-C in the terminal must not reach it
            cwd="/",
        )

    @property
    def guard_pid(self) -> int:
        """The watchdog's process id."""
        return self._guard.pid

    def environ(self) -> dict[str, str]:
        """The environment for a process that shall end with this folder."""
        return {**os.environ, guard.MARK: str(self.path)}

    def close(self) -> None:
        """Ends what still runs and removes the folder; returns when that is done."""
        if not self.path.exists():
            return
        self._guard.communicate()  # closes its standard input and waits
        if self.path.exists():  # the guard was killed
            guard.reclaim(self.path)
        os.close(self._lock)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def sweep() -> None:
    """Reclaims folders whose owner and guard are both gone (both were killed)."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        if folder.is_symlink() or not folder.is_dir() or folder.stat().st_uid != os.geteuid():
            continue
        lock = os.open(folder, os.O_RDONLY)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            guard.reclaim(folder)
        except BlockingIOError:
            pass
        finally:
            os.close(lock)
