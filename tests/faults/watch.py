"""What is looked at all the while: the memory of the consumers, and which alerts fire."""

import threading
from types import TracebackType
from typing import Self

import psutil  # type: ignore[import-untyped]

from tests.e2e.world import World
from tests.ops.prometheus import Prometheus

EVERY = 0.5  # seconds
MIB = 1024 * 1024


class Watch:
    """`memory` has the largest consumer's resident MiB at each look, `alerts` all that fired at any."""

    def __init__(self, world: World, prometheus: Prometheus) -> None:
        self.memory: list[int] = []
        self.alerts: set[str] = set()
        self._world, self._prometheus = world, prometheus
        self._enough = threading.Event()
        self._thread = threading.Thread(target=self._sample, name="watch")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._enough.set()
        self._thread.join()

    def _sample(self) -> None:
        while not self._enough.wait(EVERY):
            running = [program.pid for program in self._world.programs if program.exit_code is None]
            largest = max(map(resident, running), default=0)
            if largest:  # one runs
                self.memory.append(largest // MIB)
            self.alerts |= self._prometheus.firing()


def resident(pid: int) -> int:
    """Bytes of a process with its children; 0 when it has ended, or has the id 0."""
    if not pid:
        return 0
    try:
        process = psutil.Process(pid)
        return sum(int(member.memory_info().rss) for member in (process, *process.children(recursive=True)))
    except psutil.Error:
        return 0
