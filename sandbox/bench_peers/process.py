"""One program under measurement: what it says of itself, and the processor time and memory that the system counts for it."""

import json
import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any, NamedTuple

from consumer.event.model import COLUMNS
from sandbox.bench import first_record
from sandbox.bench.processor import processor_seconds
from sandbox.services.process_status import peak_bytes

LIMIT_SECONDS = 1800


class PeerRun(NamedTuple):
    """Seconds from the first record polled to the last commit; processor seconds from that record to the end; peak memory in MiB."""

    records: int
    seconds: float
    own_cpu: float
    server_cpu: float
    peak_mib: float


class PeerFailed(Exception):
    """The program did not end well; the last lines that it wrote."""


class Processor(NamedTuple):
    """Processor seconds that were used at one moment: of the program, and of the server."""

    own: float
    server: float


class Listener(threading.Thread):
    """Reads what a program prints: `last` is its last line, `began` what was used when it said that it has its first record."""

    def __init__(self, process: "subprocess.Popen[str]", server_pid: int) -> None:
        super().__init__(daemon=True)
        self._process, self._server_pid = process, server_pid
        self.began: Processor | None = None
        self.last = ""

    def run(self) -> None:
        """Until the program closes its output."""
        assert self._process.stdout is not None
        with self._process.stdout as output:
            for line in output:
                if line.strip() == first_record.LINE:
                    self.began = Processor(processor_seconds(self._process.pid), processor_seconds(self._server_pid))
                self.last = line


def environ_of(**task: Any) -> dict[str, str]:
    """The environment of a peer, with what it is to do: its `task`, and the columns of a row."""
    return {**os.environ, "PYTHONPATH": str(Path.cwd()), "PEER_TASK": json.dumps({**task, "columns": COLUMNS})}


def measure(command: Sequence[str], environ: Mapping[str, str], server_pid: int) -> PeerRun:
    """Runs a program that prints a line at its first record, and at the end one JSON object with `records` and `seconds`.

    The object may have `peak_mib`, of a program that runs another one. Raises PeerFailed.
    """
    with tempfile.TemporaryFile("w+", encoding="utf-8") as errors:
        before = os.times()
        process = subprocess.Popen(command, env=dict(environ), stdout=subprocess.PIPE, stderr=errors, text=True)
        listener = Listener(process, server_pid)
        peak = _wait(process, listener)
        after = os.times()
        if process.returncode != 0 or listener.began is None:
            why = _end_of(errors) or "nothing on its standard error"
            raise PeerFailed(f"exit code {process.returncode} after {after.elapsed - before.elapsed:.0f} s: {why}")
    own = after.children_user + after.children_system - before.children_user - before.children_system
    figures = json.loads(listener.last)
    time.sleep(0.2)  # its session's process ends after it
    server = processor_seconds(server_pid)
    return PeerRun(
        records=figures["records"],
        seconds=figures["seconds"],
        own_cpu=own - listener.began.own,
        server_cpu=server - listener.began.server,
        peak_mib=figures.get("peak_mib", peak),
    )


def _wait(process: "subprocess.Popen[str]", listener: Listener) -> float:
    """Until the program ends, or is killed after LIMIT_SECONDS; its peak memory in MiB."""
    timer = threading.Timer(LIMIT_SECONDS, process.kill)
    timer.start()
    listener.start()
    peak = 0.0
    while listener.is_alive():
        peak = max(peak, _peak_mib(process.pid))
        listener.join(0.05)
    process.wait()
    timer.cancel()
    return peak


def _end_of(errors: IO[str]) -> str:
    errors.seek(0)
    return " ".join(errors.read().split())[-400:]


def _peak_mib(pid: int) -> float:
    try:
        return peak_bytes(pid) / 1024**2
    except OSError:  # it has ended
        return 0.0
