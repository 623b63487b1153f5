"""Programs whose standard streams are closed, or read by nobody, end with the exit code that they would have."""

import os
import subprocess
import sys
from pathlib import Path

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


EXPLAIN = ("-m", "consumer", "explain", "schemas/examples/schedule.edited.v1/plain.json")


def ended(*command: str, closed: str = "", stdout: int = subprocess.DEVNULL, stderr: int | None = None) -> int:
    """The exit code of Python with these arguments, without the descriptors that are `closed`."""
    redirections = " ".join(f"{number}>&-" for number in closed)
    shell = ["sh", "-c", f'exec "$@" {redirections}', "sh", sys.executable, *command]
    environ = {"PATH": os.environ["PATH"], "DATABASE_URL": "nonsense"}
    process = subprocess.run(
        shell, cwd=ROOT, env=environ, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr, check=False
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


def test_nobody_reads_standard_output() -> None:
    """As behind `| head`: the exit code is what the command found."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        assert ended(*EXPLAIN, stdout=writing) == 0
    finally:
        os.close(writing)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_standard_output_is_on_a_full_disk(tmp_path: Path) -> None:
    """One line says so, and the exit code is not that of a command that was done."""
    said = tmp_path / "said"
    with Path("/dev/full").open("wb") as full, said.open("wb") as errors:
        assert ended(*EXPLAIN, stdout=full.fileno(), stderr=errors.fileno()) == 1
    assert "standard output cannot be written: No space left on device" in said.read_text()
    assert said.read_text().count("\n") == 1
