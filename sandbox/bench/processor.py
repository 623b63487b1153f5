"""Processor time of a server, as the system counts it."""

from contextlib import suppress

import psutil  # type: ignore[import-untyped]


def processor_seconds(pid: int | None) -> float:
    """Of a process, of what runs under it, and of what has ended there."""
    server, total = psutil.Process(pid), 0.0
    for process in server.children(recursive=True):
        with suppress(psutil.NoSuchProcess):  # it has ended since, and its parent has its time
            times = process.cpu_times()
            total += times.user + times.system
    own = server.cpu_times()
    return float(total + own.user + own.system + own.children_user + own.children_system)
