"""One server process in a temporary folder: started until it answers, ended, killed; its log's tail when it fails."""

import pwd
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from sandbox.services.guard import runs
from sandbox.services.machine import HERE, Machine
from sandbox.services.temporary_folder import TemporaryFolder

TAIL = 25  # lines of a log shown in an error


class SandboxError(Exception):
    """A local service cannot be had: what failed, what to do, and the end of its log."""


class Server:
    """A process that is started and ended any number of times, each time with the same command line.

    `answers` is asked until it is true; `user` is the unprivileged user to run as, None for our own; `on` is where it runs.
    """

    def __init__(
        self,
        name: str,
        folder: TemporaryFolder,
        answers: Callable[[], bool],
        user: str | None = None,
        on: Machine = HERE,
    ) -> None:
        self.name = name
        self.log = folder.path / f"{name}.log"
        self._folder = folder
        self._answers = answers
        self._user = user
        self._on = on
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The id of the running process, None when there is none."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def start(self, command: Sequence[str | Path], environ: Mapping[str, str] | None = None, limit: float = 60) -> None:
        """Starts the process and waits, at most `limit` seconds, until it answers. SandboxError if it does not."""
        with self.log.open("ab") as log, self._on.entered():
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._folder.path,
                env={**self._folder.environ(), **self._on.environ, **(environ or {})},
                start_new_session=True,  # Ctrl-C is for us; we end our servers in order
                user=self._user,
                group=pwd.getpwnam(self._user).pw_gid if self._user else None,
                extra_groups=() if self._user else None,
            )
        if not wait_until(lambda: self.pid is None or self._answers(), limit):
            self.kill()
            raise SandboxError(f"{self.name} did not answer within {limit:.0f} s; the end of its log:\n{self.tail()}")
        if self.pid is None:
            raise SandboxError(f"{self.name} ended while starting; its log says why:\n{self.tail()}")

    def stop(self, by: signal.Signals = signal.SIGTERM, limit: float = 30) -> None:
        """Ends the process with a signal, after `limit` seconds with SIGKILL; nothing to do when it does not run."""
        if self._process is None:
            return
        self._process.send_signal(by)  # does nothing when the process has ended
        try:
            self._process.wait(limit)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """SIGKILL, to the process first and then to its children, as after a crash; returns when all are gone."""
        if self._process is None or self.pid is None:
            return
        children = psutil.Process(self._process.pid).children(recursive=True)
        self._process.kill()
        self._process.wait()
        for child in children:
            if child.is_running():
                child.kill()
        wait_until(lambda: not any(map(runs, children)), limit=10)

    def tail(self) -> str:
        """The last lines of the log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-TAIL:])


def wait_until(condition: Callable[[], bool], limit: float, pause: float = 0.02) -> bool:
    """Asks until the condition is true or `limit` seconds have passed; the answer.

    Pauses are `pause` seconds at least, and a tenth of what was waited, up to 0.2 s: asking often costs those who are waited for.
    """
    began = time.monotonic()
    while not condition():
        waited = time.monotonic() - began
        if waited > limit:
            return False
        time.sleep(max(pause, min(waited / 10, 0.2)))
    return True
