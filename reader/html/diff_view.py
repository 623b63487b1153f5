"""A stored diff as rows of before and after, for people.

What is shown is what is stored, completely: null, missing, "" and 0 look different, numbers keep their digits, and a
character that is invisible or reorders others is shown as its code.
"""

import json
import re
from collections import Counter
from typing import Any, NamedTuple

from catalog import stored_diff
from catalog.changed_values import VALUE_WORDS
from catalog.stored_diff import Number
from catalog.visible_text import first_difference, shape_of_start, twins, visible

# Characters of one value, and of a path, before "show all": a dozen lines of a column.
MAX_VALUE_LENGTH, MAX_PATH_LENGTH = 500, 150
# A text that could be read as another JSON value or as one of the page's own words is shown as JSON. One that only looks like that, by
# letters of another alphabet or l for 1, or that begins or ends with a space, is shown in quotes, so that its lines stay lines.
AMBIGUOUS = re.compile(r"null|true|false|masked|nothing|empty list|—|-?[0-9][0-9.eE+-]*|[\[{\"].*", re.DOTALL)
LIKE_AMBIGUOUS = re.compile(rf"{VALUE_WORDS}|nothing|empty [lI1|]ist|-|([\[{{\"]|'').*", re.DOTALL)


class Item(NamedTuple):
    """A value, or a member of a list. `mark` is added, removed or empty; `rest` is the part that "Show all" shows.

    `unshown`: so many further characters are not on the page (`shown_part`).
    """

    text: str
    kind: str
    mark: str = ""
    rest: str = ""
    unshown: int = 0


class Side(NamedTuple):
    """Before or after: `state` is value, list, masked or missing; `more` members of the list are not on the page."""

    state: str
    items: tuple[Item, ...] = ()
    more: int = 0


class ChangeRow(NamedTuple):
    """One path that changed; `kind` is added, removed, changed or masked."""

    path: Item
    kind: str
    before: Side
    after: Side
    note: str = ""


class DiffView(NamedTuple):
    """A stored diff: its changes, its context (such as a reason), and the MCP client and tool.

    `more` changes are not on the page; `is_cut`: these, or anything else.
    """

    rows: tuple[ChangeRow, ...]
    context: tuple[tuple[str, str], ...]
    client: str | None
    tool: str | None
    more: int = 0
    is_cut: bool = False

    @property
    def is_shown_whole(self) -> bool:
        """Whether nothing is left to the raw JSON."""
        return not self.is_cut and all(row.after is not TOO_DEEP for row in self.rows)

    @property
    def sides(self) -> str:
        """`after` where nothing was before, `before` where nothing is after, else `both`."""
        if all(row.before is MISSING for row in self.rows):
            return "after"
        return "before" if all(row.after is MISSING for row in self.rows) else "both"


MISSING, MASKED = Side("missing"), Side("masked")
TOO_DEEP = Side("value", (Item("nested too deeply to show here: see the raw JSON", "json"),))


def parse_diff(stored: str) -> DiffView:
    """The diff of an entry, from its stored text. One that is nested too deeply is shown as raw text only."""
    try:
        return _read(stored_diff.parse(stored))
    except RecursionError:
        return DiffView((ChangeRow(Item("", "text"), "changed", MISSING, TOO_DEEP),), (), None, None)


def _read(diff: dict[str, Any]) -> DiffView:
    mcp = diff.get("mcp") or {}
    paths = _paths(list(diff["changes"]))
    rows = tuple(_row(path, change) for path, change in zip(paths, diff["changes"].values(), strict=True))
    return DiffView(
        rows,
        tuple((name, _display_text(value)) for name, value in diff.get("context", {}).items()),
        mcp.get("client"),
        mcp.get("tool"),
    )


def _paths(pointers: list[str]) -> list[Item]:
    """The paths for people; those that look alike with codes where they differ."""
    paths = [" › ".join(map(_key, pointer.removeprefix("/").split("/"))) for pointer in pointers]
    alike = twins(paths)
    return [_cut(alike.get(path) or visible(path), "text", "", MAX_PATH_LENGTH) for path in paths]


def _key(part: str) -> str:
    """A part of a path; one that could be taken for several, or for none, is in quotes."""
    key = part.replace("~1", "/").replace("~0", "~")
    odd = not key or key != key.strip() or "›" in key or key.startswith('"')
    return json.dumps(key, ensure_ascii=False) if odd else key


def _row(path: Item, change: dict[str, Any]) -> ChangeRow:
    if change.get("masked") is True:
        return ChangeRow(path, "masked", MASKED, MASKED)
    removed, added = (Counter(map(_display_text, change.get(name, ()))) for name in ("removed", "added"))
    moved = "added" in change and not (removed or added)
    spellings = _spellings(change)
    before = _side(change["before"], removed, "removed", spellings) if "before" in change else MISSING
    after = _side(change["after"], added, "added", spellings) if "after" in change else MISSING
    if before is not MISSING and after is not MISSING:
        note = "the same items in another order" if moved else _note(before, after)
        return ChangeRow(path, "changed", before, after, note)
    return ChangeRow(path, "added" if before is MISSING else "removed", before, after)


def _spellings(change: dict[str, Any]) -> dict[str, str]:
    """For each text that looks like another one of before and after, or of their members: the text with codes where the two differ."""
    if "before" not in change or "after" not in change:
        return {}
    sides = (change["before"], change["after"])
    return twins(_display_text(value) for side in sides for value in (side if isinstance(side, list) else [side]))


def _note(before: Side, after: Side) -> str:
    """Where two long values begin to differ, if that is after the part that is shown."""
    if not (before.state == after.state == "value"):
        return ""
    place = first_difference(*(item.text + item.rest for item in (*before.items, *after.items)))
    return f"from character {place + 1:,} on" if place >= MAX_VALUE_LENGTH else ""


def _side(value: Any, marked: Counter[str], mark: str, spellings: dict[str, str]) -> Side:
    if not isinstance(value, list):
        return Side("value", (_item(value, "", spellings),))
    items = []
    for member in value:
        text = _display_text(member)
        marked[text] -= 1
        items.append(_item(member, mark if marked[text] >= 0 else "", spellings))
    return Side("list", tuple(items))


def _item(value: Any, mark: str, spellings: dict[str, str]) -> Item:
    """`kind` is text for a plain text, literal for a number, true, false and null, and json for anything in quotes or brackets."""
    written = _display_text(value)
    kind = "json" if isinstance(value, dict | list) or written != value else "text"
    if value is None or isinstance(value, bool | Number):
        kind = "literal"
    text = spellings.get(written) or visible(written)
    return _cut(text, kind, mark, MAX_VALUE_LENGTH)


def _cut(text: str, kind: str, mark: str, max_length: int) -> Item:
    return Item(text[:max_length], kind, mark, text[max_length:])


def _display_text(value: Any) -> str:
    """A value for people. No two different values have the same text."""
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, str):
        if not value or AMBIGUOUS.fullmatch(value):
            return json.dumps(value, ensure_ascii=False)
        is_plain = value == value.strip() and not LIKE_AMBIGUOUS.fullmatch(shape_of_start(value))
        return value if is_plain else f'"{value}"'
    if isinstance(value, dict):
        return (
            "{"
            + ", ".join(f"{json.dumps(key, ensure_ascii=False)}: {_quoted(member)}" for key, member in value.items())
            + "}"
        )
    if isinstance(value, list):
        return "[" + ", ".join(map(_quoted, value)) + "]"
    return {None: "null", True: "true", False: "false"}[value]


def _quoted(value: Any) -> str:
    """A value inside another value, as JSON."""
    if isinstance(value, str) and not isinstance(value, Number):
        return json.dumps(value, ensure_ascii=False)
    return _display_text(value)
