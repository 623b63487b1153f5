"""Programs whose standard streams are closed, or read by nobody, end with the exit code that they would have."""

import os
import subprocess
import sys

import pytest

from tests.repository import ROOT

PROGRAMS = {"consumer": "run", "reader": "serve"}
USES = """
import os, socket, sys
from runtime import standard_streams
standard_streams.secure()
print("lost", file=sys.stderr, flush=True)
with socket.socket() as one:
    os._exit(one.fileno() if os.get_inheritable(2) and sys.stdin.read() == "" else 99)
"""


def ended(*command: str, closed: str = "", stderr: int | None = None) -> int:
    """The exit code of Python with these arguments, without the descriptors that are `closed`."""
    redirections = " ".join(f"{number}>&-" for number in closed)
    shell = ["sh", "-c", f'exec "$@" {redirections}', "sh", sys.executable, *command]
    environ = {"PATH": os.environ["PATH"], "DATABASE_URL": "nonsense"}
    process = subprocess.run(
        shell, cwd=ROOT, env=environ, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=stderr, check=False
    )
    return process.returncode


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("closed", ["2", "12", "012"])
def test_a_bad_setting_without_standard_error(program: str, closed: str) -> None:
    """The message is lost, and nothing else."""
    assert ended("-m", program, PROGRAMS[program], closed=closed) == 2


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("command", ["a bad setting", "a wrong command"])
def test_nobody_reads_standard_error(program: str, command: str) -> None:
    """The reader of the pipe is gone: what is wrong is still the user's."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        arguments = PROGRAMS[program] if command == "a bad setting" else "nonsense"
        assert ended("-m", program, arguments, stderr=writing) == 2
    finally:
        os.close(writing)


def test_no_socket_gets_a_closed_descriptor() -> None:
    """Into which a library would write its errors: the next descriptor is the first that is no standard one."""
    assert ended("-c", USES, closed="012") == 3
    assert ended("-c", USES, closed="02") == 3
