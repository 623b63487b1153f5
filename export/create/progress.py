"""The progress bar of `create` on a terminal."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from runtime.terminal import console


@contextmanager
def progress(total: int) -> Iterator[Callable[[int], None]]:
    """Gives the function to call with the number of entries read; it does nothing if there is no terminal."""
    screen = console(errors=True)
    if not screen.is_terminal:
        yield lambda _: None
        return
    bar = Progress(
        TextColumn("entries"),
        BarColumn(None),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=screen,
        transient=True,
    )
    task = bar.add_task("entries", total=total)
    with bar:
        yield lambda count: bar.advance(task, count)
