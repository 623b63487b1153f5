"""The watchdog of one sandbox folder: when the owner is gone, however it ended, so are the folder and its processes.

Why a process of its own: after SIGKILL the owner can do nothing any more, atexit and signal handlers do not run, and
Linux's PR_SET_PDEATHSIG fires when the *thread* that started the child ends (a server started in a worker thread would
die with that thread) and is unknown elsewhere. The owner's end closes our standard input: that is all we wait for.

Run by its path (`python guard.py FOLDER`), so it imports nothing of ours.
"""

import os
import select
import shutil
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import psutil  # type: ignore[import-untyped]

MARK = "CALLMINE_SANDBOX"  # environment variable of every process started for a folder; its value is that folder
GRACE = 5.0  # seconds between asking a process to end and SIGKILL


def reclaim(folder: Path) -> None:
    """Ends every process marked with this folder, then removes the folder."""
    # SIGINT: PostgreSQL's fast shutdown, which gives its System V shared memory back; SIGTERM would wait for clients.
    for process in (processes := list(marked(folder))):
        _signal(process, signal.SIGINT)
    if not _wait(processes):
        for process in processes:
            _signal(process, signal.SIGKILL)
        _wait(processes)
    shutil.rmtree(folder, ignore_errors=True)


def marked(folder: Path) -> Iterator[psutil.Process]:
    """The running processes that were started for this folder; those of other users are ignored."""
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARK) == str(folder) and process.pid != os.getpid():
                yield process
        except (psutil.Error, OSError):
            continue


def runs(process: psutil.Process) -> bool:
    """Whether the process lives; one that has ended stays a zombie until its parent collects it."""
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _wait(processes: Sequence[psutil.Process]) -> bool:
    """Whether all of them have ended within the grace period."""
    end = time.monotonic() + GRACE
    while any(map(runs, processes)):
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def _signal(process: psutil.Process, number: signal.Signals) -> None:
    with suppress(psutil.NoSuchProcess):
        process.send_signal(number)


def main() -> None:
    """Waits until the owner closes our standard input or is gone, then reclaims the folder named as argument."""
    owner = os.getppid()
    # The parent is asked after as well: a fork of the owner may hold the pipe open after the owner has died.
    while not select.select([sys.stdin], [], [], 0.5)[0] and os.getppid() == owner:
        pass
    reclaim(Path(sys.argv[1]))


if __name__ == "__main__":
    main()
