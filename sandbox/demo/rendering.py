"""How the demo looks: the newest entries, the outcomes and the audit types, as wide and as high as the terminal is."""

from collections import Counter
from collections.abc import Mapping, Sequence

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from catalog.audit_types import BY_NAME
from catalog.clients import display_name
from runtime import terminal
from sandbox.demo.queries import OUTCOMES, DisplayedEntry

WIDE = 110  # columns from which whole addresses fit
TYPE_COLUMNS = 36  # what one type and its count take
STYLES = {"recorded": "green", "conflict": "magenta", "parked": "red", "gap": "red"}


def live(
    console: Console, entries: Sequence[DisplayedEntry], outcomes: Counter[str], types: Mapping[str, tuple[int, int]]
) -> Group:
    """All three, with as many entries as the height leaves room for."""
    grid = type_grid(types, console.width)
    room = max(3, console.height - grid.row_count - 7)  # the heading, three lines of words, and one left free
    summary = f"{sum(1 for name in BY_NAME if name in types)} of the {len(BY_NAME)} types"
    return Group(
        entry_table(entries[:room], console.width, room),
        Text(),
        outcome_line(outcomes),
        Text(summary, "bold"),
        grid,
        Text("Ctrl-C ends it", "dim"),
    )


def entry_table(entries: Sequence[DisplayedEntry], width: int, rows: int) -> Table:
    """The entries, one line each, and empty lines up to `rows`, so that nothing below them moves."""
    table = terminal.table("UTC", "via", "actor", "action", "what happened")
    for column, fixed in zip(table.columns, _widths(width), strict=True):
        column.overflow, column.no_wrap, column.width = "ellipsis", True, fixed
    for entry in entries:
        actor = entry.actor if width >= WIDE else entry.actor.partition("@")[0]
        table.add_row(
            Text(f"{entry.occurred_at:%H:%M:%S}", "dim"),
            badge(entry),
            terminal.printable(actor),
            terminal.printable(entry.label, "bold"),
            terminal.printable(entry.sentence),
        )
    for _ in range(rows - len(entries)):
        table.add_row()
    return table


def plain(entry: DisplayedEntry) -> str:
    """One entry as a line of a log."""
    via = f" [MCP: {display_name(entry.client)}]" if entry.client else ""
    return terminal.escaped(
        f"{terminal.instant(entry.occurred_at)}  {entry.actor}  {entry.label}  {entry.sentence}{via}"
    )


def badge(entry: DisplayedEntry) -> Text:
    """MCP, or nothing."""
    return Text("MCP", "black on cyan") if entry.client else Text("   ")


def outcome_line(outcomes: Counter[str]) -> Text:
    """The count of each outcome, in one line."""
    line = Text(overflow="fold")
    for name in (name for name in OUTCOMES if name != "undelivered" or outcomes[name]):
        style = STYLES.get(name, "") if outcomes[name] else "dim"
        line.append(f"{name} ", "bold" if outcomes[name] else "dim").append(f"{outcomes[name]}  ", style)
    return line


def type_grid(types: Mapping[str, tuple[int, int]], width: int) -> Table:
    """The audit types and their counts, in as many columns as fit."""
    columns = max(1, min(3, width // TYPE_COLUMNS))
    rows = -(-len(BY_NAME) // columns)
    table = Table.grid(padding=(0, 2))
    cells = [_type_cell(name, types.get(name, (0, 0))[0]) for name in BY_NAME]
    for row in range(rows):
        table.add_row(*cells[row::rows])
    return table


def _type_cell(name: str, count: int) -> Text:
    return Text(f"{name:<28}{count or '·':>5}", "green" if count else "dim")


def _widths(width: int) -> tuple[int, ...]:
    """Of the columns; the last one takes what the others and the space between them leave."""
    fixed = (8, 3, 26, 26) if width >= WIDE else (8, 3, 9, 13)
    return (*fixed, max(10, width - sum(fixed) - 2 * len(fixed)))
