"""The terminal while the demo has it."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def foreground() -> Iterator[None]:
    """Makes Ctrl-C ours alone: `make`, which would get it too, dies of it and so calls a demo failed that ended well.

    Only where we were started in the foreground of a terminal and someone else leads our process group. Ctrl-Z does
    nothing meanwhile, because no shell would know that we stopped.
    """
    if not sys.stdin.isatty() or os.getpgrp() in {os.getpid(), os.getsid(0)} or os.tcgetpgrp(0) != os.getpgrp():
        yield
        return
    group = os.getpgrp()
    for number in (signal.SIGTTOU, signal.SIGTSTP):  # the first would stop us for changing the terminal's group
        signal.signal(number, signal.SIG_IGN)
    os.setpgid(0, 0)
    os.tcsetpgrp(0, os.getpgrp())
    try:
        yield
    finally:
        os.tcsetpgrp(0, group)
