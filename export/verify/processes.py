"""Does several things at a time, each in a copy of this process. Whatever goes wrong in one, it gives no answer.

Nothing of `multiprocessing` is used: it opens sockets, and needs shared memory and threads of its own.
"""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

Task = Callable[[], str]
_END = b"\n"


def processors() -> int:
    """How many processes can run at a time: one where this process cannot be copied, or not without harm.

    A copy has only the thread that made it, and on systems other than Linux the libraries may not support that.
    """
    if sys.platform != "linux" or threading.active_count() > 1:
        return 1
    return len(os.sched_getaffinity(0))


@contextmanager
def running(tasks: Sequence[Task]) -> Iterator[Iterator[str | None]]:
    """Runs the tasks meanwhile; what is given waits for each one's answer, None where there is none. Raises OSError."""
    children: list[_Child] = []
    try:
        for task in tasks:
            children.append(_Child(task))  # noqa: PERF401 those that were started are ended, also if the next cannot be
        yield (child.answer() for child in children)
    finally:
        for child in children:
            child.end()


class _Child:
    """A process that does a task and writes its answer into a pipe."""

    def __init__(self, task: Task) -> None:
        answers, answer = os.pipe()
        try:
            self._pid = os.fork()
        except OSError:
            os.close(answers)
            os.close(answer)
            raise
        if self._pid == 0:
            _work(task, answer)
        os.close(answer)
        self._answers = os.fdopen(answers, "rb")

    def answer(self) -> str | None:
        data = self._answers.read()
        return data.removesuffix(_END).decode() if data.endswith(_END) else None

    def end(self) -> None:
        self._answers.close()
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self._pid, 0)


def _work(task: Task, pipe: int) -> None:
    """Never returns: what the copied process would do next is not the child's."""
    try:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # the first process says that it was interrupted
        with os.fdopen(pipe, "wb") as answers:
            answers.write(task().encode() + _END)
    finally:
        os._exit(0)
