"""Logs that cannot be written: nothing waits, nothing raises, and what was lost is counted and said (pipes and a full disk are real)."""

import fcntl
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from runtime.log_writer import LogWriter
from sandbox.services.process import wait_until

NOTICE = "{} were dropped\n".format


def reported(text: str) -> int:
    """How many dropped lines the notices in a text add up to."""
    return sum(map(int, re.findall(r"^(\d+) were dropped$", text, re.MULTILINE)))


class Pipe:
    """A pipe that holds a page; `close` ends its reading side."""

    def __init__(self) -> None:
        self._reading, self.writing = os.pipe()
        self._open = [self._reading, self.writing]
        fcntl.fcntl(self.writing, fcntl.F_SETPIPE_SZ, 4096)

    def close_reader(self) -> None:
        os.close(self._reading)
        self._open.remove(self._reading)

    def close(self) -> None:
        for end in self._open:
            os.close(end)

    def read_until(self, *texts: str) -> str:
        """What a reader gets until it has got all these texts."""
        return self.read_while(lambda received: not all(text in received for text in texts))

    def read_while(self, is_wanted: Callable[[str], bool]) -> str:
        """What a reader gets until that is no longer wanted."""
        received = b""
        while is_wanted(received.decode()):
            received += os.read(self._reading, 65536)
        return received.decode()


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    opened = Pipe()
    yield opened
    opened.close()


@pytest.mark.parametrize("blocking", [True, False])
def test_a_full_pipe_stops_nobody(pipe: Pipe, blocking: bool) -> None:
    """Lines that do not fit are dropped; once the reader reads on, it gets the rest and how many are missing."""
    os.set_blocking(pipe.writing, blocking)
    writer = LogWriter(pipe.writing, NOTICE, limit=10)
    began = time.monotonic()
    for number in range(1000):
        writer.write(f"{number:04} {'x' * 1000}\n")
    assert not writer.flush(0.2)
    assert time.monotonic() - began < 2
    missing = writer.dropped
    assert missing >= 980
    # In one line, or in two where the writer's thread was late and could write once more between the others.
    text = pipe.read_while(lambda received: reported(received) < missing)
    assert wait_until(lambda: len(writer._lines) < 10, 5)
    writer.write("after\n")
    text += pipe.read_until("after\n")
    numbers = [int(line[:4]) for line in text.splitlines() if line.endswith("x")]
    assert numbers == sorted(numbers)
    assert len(numbers) + missing == 1000
    assert reported(text) == missing


def test_a_reader_that_is_gone_stops_nobody(pipe: Pipe) -> None:
    """Every line is dropped and counted."""
    pipe.close_reader()
    writer = LogWriter(pipe.writing, NOTICE)
    for _ in range(100):
        writer.write("line\n")
    assert writer.flush(5)
    assert writer.dropped == 100


def test_a_full_disk_stops_nobody() -> None:
    """A line that does not fit is dropped."""
    full = os.open("/dev/full", os.O_WRONLY)
    try:
        writer = LogWriter(full, NOTICE)
        writer.write("line\n")
        assert writer.flush(5)
        assert writer.dropped == 1
    finally:
        os.close(full)


def test_what_is_written_is_whole_and_in_order(tmp_path: Path) -> None:
    """Nothing is dropped while the queue has space."""
    with (tmp_path / "log").open("wb") as file:
        writer = LogWriter(file.fileno(), NOTICE)
        for number in range(5000):
            writer.write(f"{number} \udcff\n")
        assert writer.flush(10)
    lines = (tmp_path / "log").read_text().splitlines()
    assert lines == [f"{number} \\udcff" for number in range(5000)]
    assert writer.dropped == 0


PROGRAM = """
import sys, logging as library, warnings
from runtime import logging
import structlog
logging.configure("json")
log = structlog.get_logger()
for number in range(int(sys.argv[1])):
    log.info("line", number=number, text="x" * 500)
library.getLogger("somebody").warning("else %s", "too")
print(logging.dropped(), flush=True)
sys.exit(7)
"""


def run(lines: int, stderr: int) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", PROGRAM, str(lines)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=stderr, text=True)


def test_a_program_ends_with_its_code_whatever_its_logs_do(pipe: Pipe) -> None:
    """A pipe that nobody reads, and one that nobody can: the exit code is the program's, within seconds."""
    with run(50_000, pipe.writing) as program:
        assert program.wait(30) == 7
        assert program.stdout is not None
        assert int(program.stdout.read()) > 0
    pipe.close_reader()
    with run(100, pipe.writing) as program:
        assert program.wait(30) == 7


def test_libraries_log_in_the_same_form(tmp_path: Path) -> None:
    """A warning of a library's is a structured line too."""
    with (tmp_path / "log").open("w") as file, run(1, file.fileno()) as program:
        assert program.wait(30) == 7
    assert '"event": "library"' in (tmp_path / "log").read_text()
    assert wait_until(lambda: "else too" in (tmp_path / "log").read_text(), 1)
