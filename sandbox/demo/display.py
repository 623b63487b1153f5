"""How arriving entries are shown: a live table on a terminal, lines elsewhere."""

import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live

from runtime.postgres import Connection
from sandbox.demo import queries, rendering

COUNTS_EVERY = 10.0  # seconds
MAX_ENTRIES = 200  # a screen's worth, or what arrives between two updates


class LiveDisplay:
    """A table that is redrawn in place."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live = Live(console=console, auto_refresh=False, vertical_overflow="crop")

    def show(self, connection: Connection) -> None:
        """Draws what the database holds now."""
        entries, outcomes, types = (
            queries.newest(connection, MAX_ENTRIES),
            queries.outcomes(connection),
            queries.types(connection),
        )
        self._live.update(rendering.live(self._console, entries, outcomes, types), refresh=True)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._live.stop()


class LineDisplay:
    """A line for each entry, and the counts now and then: for a pipe or a log file, without control codes."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._last_id = 0
        self._counts_at = 0.0

    def show(self, connection: Connection) -> None:
        """Prints what is new in the database."""
        for entry in reversed(queries.newest(connection, MAX_ENTRIES, self._last_id)):
            self._console.print(rendering.plain(entry), soft_wrap=True)
            self._last_id = entry.id
        if time.monotonic() - self._counts_at > COUNTS_EVERY:
            self._counts_at = time.monotonic()
            self._console.print(rendering.outcome_line(queries.outcomes(connection)), soft_wrap=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._console.print(soft_wrap=True)
