"""The progress bar of `run --until-end`, on a terminal and nowhere else."""

import io
import os
import pty
import subprocess
import sys
import threading
from pathlib import Path

from rich.console import Console

from consumer.event.model import Partition
from consumer.partitions.breaker import Breaker, Limits
from consumer.partitions.position import Position
from consumer.storage.batch import Batch, WriteResult
from consumer.storage.writer import Written
from consumer.telemetry.progress_bar import ProgressBar
from tests.builders import event
from tests.e2e.world import World

A, B = Partition("a", "id", 0), Partition("b", "id", 0)


def claimed(partition: Partition, offset: int, end: int) -> Position:
    """A position as a claim makes it."""
    return Position(partition, offset, 1, end, Breaker(Limits()))


def written(partition: Partition, start: int, end: int) -> Written:
    """A batch that passes from `start` to `end`."""
    batch = Batch()
    batch.range_of(partition, start, 1).next = end
    return Written(batch=batch, result=WriteResult())


def shown(bar: ProgressBar) -> tuple[float, float | None]:
    """What the bar counts, and out of how many."""
    (task,) = bar._bar.tasks
    return task.completed, task.total


def test_bar_counts_offsets_of_all_partitions() -> None:
    """The bar runs from where partitions were claimed to the ends seen then, and no further."""
    bar = ProgressBar(Console(file=io.StringIO()))
    bar.on_claimed(claimed(A, 10, 30))
    bar.on_claimed(claimed(B, 0, 80))
    assert shown(bar) == (0, 100)
    bar.on_written(written(A, 10, 25))
    bar.on_written(written(B, 0, 90))
    assert shown(bar) == (95, 100)


def test_bar_goes_back_with_a_rewind() -> None:
    """A partition that is claimed again, further back, has more to read."""
    bar = ProgressBar(Console(file=io.StringIO()))
    bar.on_claimed(claimed(A, 10, 30))
    bar.on_written(written(A, 10, 30))
    bar.on_claimed(claimed(A, 5, 30))
    assert shown(bar) == (0, 25)


def test_bar_is_drawn_on_a_terminal_only(world: World, tmp_path: Path) -> None:
    """On a terminal `run --until-end` draws the bar up to its end; its log lines stay whole. In a pipe there is none."""
    world.send(world.topic(), [event() for _ in range(20)])
    environ = {**os.environ, **world._settings(), "TERM": "xterm", "COLUMNS": "100"}
    ours, theirs = pty.openpty()
    drawn = bytearray()

    def read() -> None:
        try:
            while part := os.read(ours, 4096):
                drawn.extend(part)
        except OSError:  # the other side was closed
            pass

    reader = threading.Thread(target=read)
    reader.start()
    command = [sys.executable, "-m", "consumer", "run", "--until-end"]
    code = subprocess.run(
        command, env=environ, stdout=theirs, stderr=theirs, stdin=theirs, timeout=45, check=False
    ).returncode
    os.close(theirs)
    reader.join(10)
    os.close(ours)
    assert code == 0
    assert b"20/20" in drawn
    assert b'"event": "finished"' in drawn
    assert b"20/20" not in world.run_until_end().log.read_bytes()
    world.check()
