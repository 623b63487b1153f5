"""One table, as a terminal shows it and as a document has it."""

from collections.abc import Sequence
from typing import NamedTuple

from rich.table import Table

TEXT, NUMBERS = "---", "---:"


class Shown(NamedTuple):
    """A heading and rows of as many cells; `others` are all columns but the first, which is TEXT."""

    heading: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    others: str = NUMBERS

    def terminal(self, caption: str | None = None) -> Table:
        """For a terminal."""
        table = Table(*self.heading, caption=caption)
        for row in self.rows:
            table.add_row(*row)
        return table

    def markdown(self) -> list[str]:
        """Its lines in a document."""
        marks = (TEXT, *[self.others] * (len(self.heading) - 1))
        return [f"| {' | '.join(row)} |" for row in (self.heading, marks, *self.rows)]
