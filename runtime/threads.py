"""Background threads. If one dies, that is logged, and then the program ends or the thread is restarted.

All are daemon threads: a program that ends does not wait for them (runtime.shutdown).
"""

import threading
import time
from collections.abc import Callable
from typing import TypeAlias

import structlog

log = structlog.get_logger()

RESTART_SECONDS = 5.0

# Called in the thread that dies, with its name and what killed it; it must not raise.
OnDeath: TypeAlias = Callable[[str, BaseException], None]


class ThreadDied(Exception):
    """A thread without which the program cannot continue has died, which is a bug of ours."""


class Deaths:
    """The first death among threads without which the program cannot continue."""

    def __init__(self) -> None:
        self._first: tuple[str, BaseException] | None = None

    def note(self, name: str, error: BaseException) -> None:
        """The argument `on_death` of `spawn`."""
        self._first = self._first or (name, error)

    def check(self) -> None:
        """Raises ThreadDied where a thread has died."""
        if self._first is not None:
            name, error = self._first
            raise ThreadDied(f"the thread {name} died: {error!r}") from error


def spawn(name: str, target: Callable[[], None], on_death: OnDeath) -> None:
    """Runs `target` in a thread; what it raises is logged and passed to `on_death`."""

    def run() -> None:
        try:
            target()
        except BaseException as error:
            log.critical("thread_died", thread=name, error=repr(error), exc_info=error)
            on_death(name, error)

    threading.Thread(target=run, name=name, daemon=True).start()


def spawn_restarted(name: str, target: Callable[[], None], on_death: OnDeath = lambda *_: None) -> None:
    """As `spawn`, for a thread that the program can do without: it is restarted RESTART_SECONDS after it died."""

    def run() -> None:
        while True:
            try:
                target()
            except BaseException as error:
                log.exception("thread_died", thread=name, error=repr(error), restart_seconds=RESTART_SECONDS)
                on_death(name, error)
                time.sleep(RESTART_SECONDS)
            else:
                return

    threading.Thread(target=run, name=name, daemon=True).start()


def log_deaths_of_others() -> None:
    """From now on an exception in a library's thread becomes a log line, not text on standard error."""

    def died(args: threading.ExceptHookArgs) -> None:
        name = None if args.thread is None else args.thread.name
        log.error("thread_died", thread=name, error=repr(args.exc_value), exc_info=args.exc_value)

    threading.excepthook = died


def within(seconds: float, name: str, call: Callable[[], object]) -> bool:
    """Whether `call` returned within `seconds`; if not, it continues in a thread of this name."""
    thread = threading.Thread(target=call, name=name, daemon=True)
    thread.start()
    thread.join(seconds)
    return not thread.is_alive()
