"""Starts the consumer's commands by fork of a process that has imported them: a twentieth of the processor time.

    python -m tests.e2e.preloaded DESCRIPTOR

An end-to-end test starts several consumers, and most of a start is importing. The process that is forked here has imported
and nothing else: it has no thread, no connection and no log. What it forks is given the arguments, environment, folder and
files that a started one has, and runs the same module as `python -m` would.

`make faults` and its like start consumers as a user starts them.
"""

import atexit
import gc
import json
import os
import runpy
import selectors
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress

from tests.repository import ROOT

MAX_REQUEST = 128 * 1024  # bytes: arguments and an environment
NUMBER = 4  # bytes of a process id, and of an exit code
# What the interpreter and the loader read before anything is imported.
READ_AT_START = ("PYTHON", "LD_")


class Forked:
    """A process that was forked: the part of subprocess.Popen that is used of it."""

    def __init__(self, answers: int) -> None:
        self._answers = answers
        self._code: int | None = None
        self._reading = threading.Lock()
        self.pid = self._number()

    def poll(self) -> int | None:
        """Its exit code, None while it runs."""
        with suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self._code

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code, once it has ended. Raises subprocess.TimeoutExpired after `timeout` seconds."""
        if self._code is None:
            with selectors.DefaultSelector() as selector:
                selector.register(self._answers, selectors.EVENT_READ)
                if not selector.select(timeout):
                    raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
            with self._reading:
                if self._code is None:  # two threads may wait
                    self._code = self._number()
                    os.close(self._answers)
        return self._code

    def send_signal(self, number: signal.Signals) -> None:
        """Sends a signal; does nothing when it has ended."""
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        """SIGKILL."""
        self.send_signal(signal.SIGKILL)

    def _number(self) -> int:
        if not (answer := os.read(self._answers, NUMBER)):
            raise ChildProcessError("the process that forks has ended")
        return int.from_bytes(answer, signed=True)


class _Parent:
    """The process that is forked, from the outside: started when it is first needed, ended with ours."""

    def __init__(self) -> None:
        self._ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.e2e.preloaded", str(theirs.fileno())],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        self._environ = _read_at_start(os.environ)
        atexit.register(self._close)

    def fork(self, module: Sequence[str], environ: Mapping[str, str], out: int, err: int) -> Forked:
        """Starts a module with its arguments."""
        assert _read_at_start(environ) == self._environ, "is read before anything is imported: start it"
        answers, answer = os.pipe()
        try:
            request = json.dumps([list(module), dict(environ)]).encode()
            socket.send_fds(self._ours, [request], [out, err, answer])
        finally:
            os.close(answer)
        return Forked(answers)

    def _close(self) -> None:
        self._ours.close()
        self._process.wait()


_parents: list[_Parent] = []
_starting = threading.Lock()


def start(module: Sequence[str], environ: Mapping[str, str], out: int, err: int | None) -> subprocess.Popen[bytes]:
    """Starts `python -m` with a module and its arguments at the root of the tree, its output to `out` and `err` (None: to `out`)."""
    return subprocess.Popen(
        [sys.executable, "-m", *module],
        cwd=ROOT,
        env=dict(environ),
        stdin=subprocess.DEVNULL,
        stdout=out,
        stderr=out if err is None else err,
        start_new_session=True,
    )


def can_fork(environ: Mapping[str, str]) -> bool:
    """Whether the interpreter and the loader would read from it what they have read from ours."""
    return _read_at_start(environ) == _read_at_start(os.environ)


def fork(module: Sequence[str], environ: Mapping[str, str], out: int, err: int | None) -> Forked:
    """The same by a fork: in the network of the first, and with the variables of the interpreter that are our own."""
    with _starting:
        if not _parents:
            _parents.append(_Parent())
    return _parents[0].fork(module, environ, out, out if err is None else err)


def _read_at_start(environ: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environ.items() if name.startswith(READ_AT_START)}


def serve(channel: socket.socket) -> Sequence[str]:
    """Forks for each request, until the other end is closed. Returns in what was forked: the module and its arguments."""
    with selectors.DefaultSelector() as selector:
        selector.register(channel, selectors.EVENT_READ)
        running: dict[int, tuple[int, int]] = {}
        while True:
            for key, _ in selector.select():
                if key.fileobj is not channel:
                    selector.unregister(key.fd)
                    _ended(key.fd, *running.pop(key.fd))
                    continue
                request, files, *_ = socket.recv_fds(channel, MAX_REQUEST, 3)
                if not request:
                    sys.exit()
                if (pid := os.fork()) == 0:
                    for descriptor in (*running, *(answer for _, answer in running.values()), files.pop()):
                        os.close(descriptor)
                    channel.close()
                    return _become(request, files)
                os.write(files[2], pid.to_bytes(NUMBER, signed=True))
                running[ended := os.pidfd_open(pid)] = pid, files.pop()
                selector.register(ended, selectors.EVENT_READ)
                for descriptor in files:
                    os.close(descriptor)


def _ended(pidfd: int, pid: int, answer: int) -> None:
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    with suppress(BrokenPipeError):  # nobody has waited for it
        os.write(answer, code.to_bytes(NUMBER, signed=True))
    os.close(answer)
    os.close(pidfd)


def _become(request: bytes, files: Sequence[int]) -> Sequence[str]:
    os.setsid()
    for number, descriptor in enumerate(files, start=1):
        os.dup2(descriptor, number)
        os.close(descriptor)
    module, environ = json.loads(request)
    os.environ.clear()
    os.environ.update(environ)
    return [str(word) for word in module]


def main() -> None:
    """Imports, forks, and in what was forked runs the module."""
    import consumer.cli  # noqa: F401, PLC0415 for what is forked; a test has imported what it needs

    gc.freeze()
    module, *arguments = serve(socket.socket(fileno=int(sys.argv[1])))
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
