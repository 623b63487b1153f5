"""The first process of a container ends by SIGTERM also before its program has a handler of its own."""

import os
import shutil
import signal
import subprocess
import sys

import pytest

from tests.repository import ROOT

FIRST = """
import os, time
from runtime import shutdown
shutdown.arm()
print(os.getpid(), flush=True)
time.sleep(30)
"""


@pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("unshare"), reason="a process namespace needs root and unshare"
)
def test_a_signal_before_any_handler_ends_process_1() -> None:
    """Elsewhere the system's default does; for process 1 there is none."""
    command = ["unshare", "--pid", "--fork", "--kill-child", sys.executable, "-c", FIRST]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        try:
            assert program.stdout.readline() == "1\n"
            (child,) = subprocess.check_output(["ps", "-o", "pid=", "--ppid", str(program.pid)], text=True).split()
            os.kill(int(child), signal.SIGTERM)
            assert program.wait(10) == 128 + signal.SIGTERM
        finally:
            program.kill()
