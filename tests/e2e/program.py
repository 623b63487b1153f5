"""One of our programs, a consumer unless said otherwise, as a process of its own: started, asked to end, killed, frozen; its log read back."""

import json
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sandbox.services.process import wait_until
from sandbox.services.process_status import status
from tests.e2e import preloaded

END_SECONDS = 30


class Program:
    """`audit-consumer` with `arguments`, or another `module`; with `failpoint` behind the launcher of `tests.e2e.failpoint`.

    It is started as a user starts it, or `forked` from a process that has imported it, where its environment allows that
    (tests.e2e.preloaded).
    """

    def __init__(
        self,
        arguments: Sequence[str],
        environ: Mapping[str, str],
        log: Path,
        failpoint: Sequence[str] = (),
        stderr: int | None = None,
        *,
        forked: bool = False,
        module: str = "consumer",
    ) -> None:
        launcher = ["tests.e2e.failpoint", *failpoint, "--"] if failpoint else [module]
        self.log = log
        with log.open("wb") as file:
            start = preloaded.fork if forked and preloaded.can_fork(environ) else preloaded.start
            self._process = start([*launcher, *arguments], environ, file.fileno(), stderr)

    @property
    def pid(self) -> int:
        """The process id, also of a process that has ended."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs; -9 after SIGKILL."""
        return self._process.poll()

    def send(self, number: signal.Signals) -> None:
        """Sends a signal and does not wait until it has an effect.

        SIGTERM is sent once the program handles it: until then, a second or more on a busy machine, it is Python's own end.
        """
        if number == signal.SIGTERM and not wait_until(self._handles_sigterm, END_SECONDS):
            raise AssertionError(f"{self.pid} does not handle SIGTERM after {END_SECONDS} s\n{self.tail()}")
        self._process.send_signal(number)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Asks it to end, and waits; its exit code."""
        self.send(number)
        return self.wait()

    def wait(self, seconds: float = END_SECONDS) -> int:
        """Waits until it has ended by itself; its exit code. AssertionError, with its log, when it does not."""
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.pid} still runs after {seconds} s\n{self.tail()}") from None

    def kill(self) -> None:
        """SIGKILL; returns when it is gone."""
        self._process.kill()
        self._process.wait()

    def freeze(self) -> None:
        """SIGSTOP: it neither reads nor writes, and does not know it."""
        self.send(signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT."""
        self.send(signal.SIGCONT)

    @property
    def frozen(self) -> bool:
        """Whether it is stopped by SIGSTOP, as a failpoint does to itself."""
        return status(self.pid, "State").startswith("T")

    def logged(self, event: str, **fields: Any) -> list[dict[str, Any]]:
        """Its log lines of this event with these fields."""
        return [line for line in self._lines() if line["event"] == event and fields.items() <= line.items()]

    def tail(self, lines: int = 40) -> str:
        """The end of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def _handles_sigterm(self) -> bool:
        """Whether it has a handler, or has ended."""
        if self.exit_code is not None:
            return True
        return bool(int(status(self.pid, "SigCgt") or "0", 16) >> (signal.SIGTERM - 1) & 1)

    def _lines(self) -> list[dict[str, Any]]:
        lines = []
        for text in self.log.read_text(errors="replace").splitlines():
            try:
                lines.append(json.loads(text))
            except ValueError:  # a traceback, or a line that is being written
                continue
        return [line for line in lines if isinstance(line, dict) and "event" in line]
