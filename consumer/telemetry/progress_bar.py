"""The progress bar of `run --until-end` on a terminal."""

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from consumer.event.model import Partition
from consumer.partitions.position import Position
from consumer.polling.observer import Observer
from consumer.storage.writer import Written


class ProgressBar(Observer):
    """Counts offsets, from where partitions were claimed to the ends seen then. A context: the bar is shown inside."""

    def __init__(self, console: Console) -> None:
        self._bar = Progress(
            TextColumn("offsets"), BarColumn(None), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn(),
            console=console,
        )  # fmt: skip
        self._task = self._bar.add_task("offsets", total=None)
        self._first: dict[Partition, int] = {}
        self._end: dict[Partition, int] = {}
        self._next: dict[Partition, int] = {}

    def on_claimed(self, position: Position) -> None:
        """Adds a partition to the total; one that is claimed again at an earlier offset counts from there."""
        partition = position.partition
        self._first[partition] = min(position.next, self._first.get(partition, position.next))
        self._end[partition] = max(position.end, position.next)
        self._next[partition] = position.next
        self._show()

    def on_written(self, written: Written) -> None:
        """Advances the bar: a batch is in the tables."""
        for partition, offsets in written.batch.ranges.items():
            self._next[partition] = offsets.next
        self._show()

    def _show(self) -> None:
        total = sum(self._end[partition] - first for partition, first in self._first.items())
        passed = sum(
            min(self._next[partition], self._end[partition]) - first for partition, first in self._first.items()
        )
        self._bar.update(self._task, total=total, completed=passed)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._bar.stop()
