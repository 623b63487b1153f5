"""How much of an entry its own page shows, so that its HTML is at most 1 MB, whatever is stored (SPEC 6).

Sizes are bytes of HTML, in which a character that a service wrote takes up to ten. The rest of a long value is left out whole, then
members of a list and fields from where there is no more room; the page says how many, and the API has them all.
"""

from collections.abc import Callable, Iterable
from html import escape
from typing import TypeVar

from catalog.visible_text import visible
from reader.html.diff_view import ChangeRow, DiffView, Item, Side

T = TypeVar("T")
MAX_CHANGES, MAX_CONTEXT, MAX_RAW = 450_000, 50_000, 400_000
MAX_CONTEXT_LENGTH = 1000  # characters of one value beside the changes
# The markup of the templates, at its longest.
ROW_BYTES, ITEM_BYTES, MARK_BYTES, LONG_BYTES, FACT_BYTES = 450, 55, 100, 250, 60


class Room:
    """The bytes that are left."""

    def __init__(self, size: int) -> None:
        self._left = size

    def take(self, size: int) -> bool:
        """Whether they fit; if so, they are taken."""
        fits = size <= self._left
        self._left -= size * fits
        return fits


def shown_part(diff: DiffView) -> DiffView:
    """The diff, or as much of it as fits."""
    room = Room(MAX_CHANGES)
    rows = _first(diff.rows, lambda row: _row(row, room))
    context = _context(diff.context)
    client, tool = (name and _short(name) for name in (diff.client, diff.tool))
    fitted = DiffView(rows, context, client, tool, len(diff.rows) - len(rows))
    return fitted._replace(is_cut=fitted != diff)


def raw_json(stored: str) -> tuple[str, str] | None:
    """The stored text with codes for what cannot be seen, and as it is where that differs; None if both do not fit."""
    raw = visible(stored)
    copied = stored if stored != raw else ""
    return (raw, copied) if _bytes(raw) + _bytes(copied) <= MAX_RAW else None


def _row(row: ChangeRow, room: Room) -> ChangeRow | None:
    path = _item(row.path, room) if room.take(ROW_BYTES) else None
    before = _side(row.before, room) if path else None
    after = _side(row.after, room) if before else None
    return row._replace(path=path, before=before, after=after) if path and before and after else None


def _side(side: Side, room: Room) -> Side | None:
    """A list may have fewer members; a value is there, or its row is not."""
    items = _first(side.items, lambda item: _item(item, room))
    if items == side.items:
        return side
    return side._replace(items=items, more=len(side.items) - len(items)) if side.state == "list" or items else None


def _first(values: Iterable[T], fitted: Callable[[T], T | None]) -> tuple[T, ...]:
    """The values as far as they fit, up to the first that does not."""
    shown: list[T] = []
    for value in values:
        part = fitted(value)
        if part is None:
            break
        shown.append(part)
    return tuple(shown)


def _item(item: Item, room: Room) -> Item | None:
    if not room.take(ITEM_BYTES + MARK_BYTES * bool(item.mark) + _bytes(item.text)):
        return None
    if not item.rest or room.take(LONG_BYTES + _bytes(item.rest)):
        return item
    return item._replace(rest="", unshown=len(item.rest))


def _context(context: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    room = Room(MAX_CONTEXT)
    short = [(_short(name), _short(value)) for name, value in context]
    return tuple(pair for pair in short if room.take(FACT_BYTES + sum(_bytes(visible(text)) for text in pair)))


def _short(text: str) -> str:
    return text if len(text) <= MAX_CONTEXT_LENGTH else f"{text[:MAX_CONTEXT_LENGTH]}…"


def _bytes(text: str) -> int:
    """Of the text as HTML; an @ has a place to break the line before it."""
    return len(escape(text).encode()) + len("<wbr>") * text.count("@")
