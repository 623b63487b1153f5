"""One program under measurement: what it says of itself, and the processor time and memory that the system counts for it."""

import json
import os
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sandbox.bench.processor import processor_seconds
from sandbox.services.process_status import peak_bytes

LIMIT_SECONDS = 1800


class PeerRun(NamedTuple):
    """Seconds from the first record to the last commit; processor seconds of it all; its peak memory in MiB."""

    records: int
    seconds: float
    own_cpu: float
    server_cpu: float
    peak_mib: float


class PeerFailed(Exception):
    """The program did not end well; the last lines that it wrote."""


def measure(command: Sequence[str], environ: Mapping[str, str], server_pid: int) -> PeerRun:
    """Runs a program that prints one JSON object with `records` and `seconds`, and may print `peak_mib`. Raises Failed."""
    before, peak = processor_seconds(server_pid), 0.0
    process = subprocess.Popen(command, env=dict(environ), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    timer = threading.Timer(LIMIT_SECONDS, process.kill)
    timer.start()
    reading = threading.Thread(target=lambda: said.extend(process.communicate()), daemon=True)
    said: list[str] = []
    began = os.times()
    reading.start()
    while reading.is_alive():
        peak = max(peak, _peak_mib(process.pid))
        reading.join(0.05)
    timer.cancel()
    ended = os.times()
    cpu = ended.children_user + ended.children_system - began.children_user - began.children_system
    out, errors = said
    if process.returncode != 0 or not out.strip():
        why = " ".join(errors.split())[-400:] or "nothing on its standard error"
        raise PeerFailed(f"exit code {process.returncode} after {ended.elapsed - began.elapsed:.0f} s: {why}")
    figures = json.loads(out.strip().splitlines()[-1])
    time.sleep(0.2)  # its session's process ends after it
    peak = figures.get("peak_mib", peak)  # of a program that runs another one
    return PeerRun(figures["records"], figures["seconds"], cpu, processor_seconds(server_pid) - before, peak)


def _peak_mib(pid: int) -> float:
    try:
        return peak_bytes(pid) / 1024**2
    except OSError:  # it has ended
        return 0.0
