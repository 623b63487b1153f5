"""Says what each step of the demo does, and how long it took."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.text import Text


class DemoSteps:
    """Prints one line a step: with a spinner on a terminal, plain elsewhere."""

    def __init__(self, console: Console) -> None:
        self.console = console

    @contextmanager
    def step(self, title: str) -> Iterator[list[str]]:
        """Runs the block as one step; lines that it adds to the list are printed below it."""
        notes: list[str] = []
        started = time.monotonic()
        if self.console.is_terminal:
            with self.console.status(Text(title)):
                yield notes
        else:
            self.console.print(f"         {title} …", soft_wrap=True)
            yield notes
        self.console.print(
            Text.assemble((f"{time.monotonic() - started:6.1f} s", "green"), f" {title}"), soft_wrap=True
        )
        for note in notes:
            self.console.print(Text(f"         {note}", "dim"), soft_wrap=True)
