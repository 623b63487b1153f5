"""How the commands print: plain text and tables for people, JSON for machines, safe on a terminal whatever a record holds."""

import json
import math
import os
import sys
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

PIPED_COLUMNS = 120
NONE = "–"


def console(*, errors: bool = False) -> Console:
    """Standard output (or error): colored and as wide as the terminal, else plain and wide (COLUMNS says how wide)."""
    stream = sys.stderr if errors else sys.stdout
    width = None if stream.isatty() or os.environ.get("COLUMNS") else PIPED_COLUMNS
    return Console(file=stream, width=width, highlight=False, markup=False, emoji=False)


def table(*columns: str, right: Iterable[str] = (), fold: Iterable[str] = ()) -> Table:
    """An empty table. Columns of numbers are aligned `right`; columns to `fold` wrap anywhere if the width is too small."""
    rich_table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold", show_edge=False, padding=(0, 1, 0, 0))
    numbers, folding = set(right), set(fold)
    for column in columns:
        justify = "right" if column in numbers else "left"
        rich_table.add_column(Text(column), justify=justify, overflow="fold", no_wrap=column not in folding)  # type: ignore[arg-type]
    return rich_table


def facts(*rows: tuple[str, object]) -> Table:
    """Names and values below each other, without a heading; rows whose value is None are left out."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="bold", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in rows:
        if value is not None:
            grid.add_row(name, value if hasattr(value, "__rich_console__") else printable(str(value)))
    return grid


def printable(text: str, style: str = "") -> Text:
    """The text with every control character and invisible mark escaped: a record must not steer a terminal."""
    return Text(escaped(text), style)


def escaped(text: str) -> str:
    """As `printable`, for a plain string."""
    return "".join(letter if letter.isprintable() else _escape(letter) for letter in text)


def value(anything: Any) -> str:
    """A JSON value on one line, to be read by people."""
    return json.dumps(anything, ensure_ascii=False, default=str)


def number(count: int | None) -> str:
    """A count, with thin groups of three; a dash where it is not known, a dot for zero so that the others stand out."""
    return NONE if count is None else f"{count:,}" if count else "·"


def instant(time: datetime | None) -> str:
    """A UTC time to the second."""
    return NONE if time is None else f"{time:%Y-%m-%d %H:%M:%S}Z"


def hexdump(content: bytes, limit: int = 256) -> str:
    """The first `limit` bytes, sixteen a line, with their ASCII beside them."""
    lines = []
    for at in range(0, min(len(content), limit), 16):
        part = content[at : at + 16]
        shown = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in part)
        lines.append(f"{at:06x}  {part.hex(' ').ljust(47)}  {shown}")
    if len(content) > limit:
        lines.append(f"…       {len(content) - limit:,} bytes more")
    return "\n".join(lines)


def as_json(anything: Any) -> str:
    """Indented JSON of ASCII, so that nothing in it can steer a terminal; times as ISO 8601 UTC, bytes as hex, NaN and infinities as texts."""
    return json.dumps(_finite(anything), indent=2, default=_plain, allow_nan=False)


def _finite(anything: Any) -> Any:
    """JSON has no numbers for NaN and the infinities; their names are those of SPEC 4."""
    if isinstance(anything, float) and not math.isfinite(anything):
        return "NaN" if math.isnan(anything) else "Infinity" if anything > 0 else "-Infinity"
    if isinstance(anything, dict):
        return {key: _finite(value) for key, value in anything.items()}
    if isinstance(anything, list | tuple):
        return [_finite(value) for value in anything]
    return anything


def _plain(anything: Any) -> str:
    if isinstance(anything, datetime):
        return f"{anything:%Y-%m-%dT%H:%M:%S.%f}Z"
    if isinstance(anything, bytes):
        return anything.hex()
    raise TypeError(type(anything).__name__)


def _escape(letter: str) -> str:
    return letter.encode("unicode_escape").decode()
