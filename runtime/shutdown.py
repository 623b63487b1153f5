"""Shutdown with a time limit: from its beginning a program ends within SHUTDOWN_SECONDS, with its exit code, whatever blocks it.

A frozen broker, database or collector, a full pipe, a destructor of a client library or an exit hook may block. What must be
closed in order has SHUTDOWN_SECONDS; then the process ends anyway and logs what blocked it. Python's own finalization (which joins
threads, runs hooks and destructors, and has no time limit) is skipped (decision 81). The sealer's limit is another: export/seal/stop.py.
"""

import multiprocessing
import os
import signal
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

import structlog

from runtime import logging
from runtime.standard_streams import Unwritable
from runtime.threads import within

log = structlog.get_logger()

# SPEC 7: a minute at most. What is closed in order needs less: docs/operations.md has the steps.
SHUTDOWN_SECONDS = 45.0
FRAMES = 3
# How long logging the reason may take: before logging is set up, it is written to a pipe that may be full.
SAY_SECONDS = 1.0


class _End:
    """The state of the shutdown; `code` is the exit code if the process is ended by force now."""

    armed = False
    began = False
    code = 1
    lock = threading.Lock()


def arm() -> None:
    """Called in a program's entry point: from then on a signal begins the shutdown even while the main thread is blocked.

    It must be a signal that the program has a handler for. Where this was not called, as in tests, `begin` only keeps the exit code.
    """
    if os.getpid() == 1:  # a container's first process: the kernel drops what it has no handler for
        signal.signal(signal.SIGTERM, lambda number, _: os._exit(128 + number))
    reading, writing = socket.socketpair()
    writing.setblocking(False)
    signal.set_wakeup_fd(writing.detach(), warn_on_full_buffer=False)
    _End.armed = True

    def listen() -> None:
        while number := reading.recv(1):
            if number[0] in {signal.SIGTERM, signal.SIGINT}:
                begin()

    threading.Thread(target=listen, name="signals", daemon=True).start()


def begin(code: int | None = None) -> None:
    """The shutdown begins, or has come so far that `code` is known; from the first call on there are SHUTDOWN_SECONDS left."""
    with _End.lock:
        if code is not None:
            _End.code = code
        if not _End.armed or _End.began:
            return
        _End.began = True
    threading.Thread(target=_force, name="shutdown", daemon=True).start()


def leave(program: Callable[[], object]) -> NoReturn:
    """Runs `program`, and ends the process with the exit code that it raises (SystemExit), 0, or 1 after an error."""
    try:
        program()
        code = 0
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else int(error.code is not None)
    except Unwritable as error:
        begin(1)
        sys.stderr.write(f"{Path(sys.argv[0]).name}: {error}\n")
        code = 1
    except BaseException:  # noqa: BLE001 whatever it was, the process ends here
        begin(1)
        traceback.print_exc()
        code = 1
    begin(code)
    _exit(code)


def _force() -> None:
    time.sleep(SHUTDOWN_SECONDS)
    within(SAY_SECONDS, "last-words", _say)
    _exit(_End.code, flush_streams=False)


def _say() -> None:
    main = sys._current_frames()[threading.main_thread().ident or 0]  # noqa: SLF001 there is no other way to ask
    held = traceback.extract_stack(main)[-FRAMES:]
    log.critical(
        "end_forced",
        seconds=SHUTDOWN_SECONDS,
        exit_code=_End.code,
        held_by=[f"{frame.filename}:{frame.lineno} {frame.name}" for frame in reversed(held)],
        threads=sorted(thread.name for thread in threading.enumerate()),
        hint="nothing is lost: what was not written is read again",
    )


def _exit(code: int, *, flush_streams: bool = True) -> NoReturn:
    for child in multiprocessing.active_children():
        child.kill()
    if flush_streams:
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):
                stream.flush()
    logging.flush()
    os._exit(code)
