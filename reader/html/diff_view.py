"""A stored diff as rows of before and after, for people.

What is shown is what is stored, completely: null, missing, "" and 0 look different, numbers keep their digits, and a
character that is invisible or reorders others is shown as its code.
"""

import json
import re
from collections import Counter
from typing import Any, NamedTuple

MAX_VALUE_LENGTH = 500  # characters of one value, before "show all": a dozen lines of a column
# C0 and C1 controls except tab and line feed, zero-width and bidirectional controls, separators, tags, lone surrogates (Unicode
# categories Cc, Cf, Zl, Zp, Cs).
INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)
# A text that could be read as another JSON value, or that begins or ends with a space, is shown in quotes.
AMBIGUOUS = re.compile(r"\s.*|.*\s|null|true|false|-?[0-9][0-9.eE+-]*|[\[{\"].*", re.DOTALL)


class Literal(str):
    """A number, exactly as the stored text writes it."""

    __slots__ = ()


class Item(NamedTuple):
    """A value, or a member of a list. `mark` is added, removed or empty; `rest` is the part behind "Show all"."""

    text: str
    kind: str
    mark: str = ""
    rest: str = ""


class Side(NamedTuple):
    """Before or after: `state` is value, list, masked or missing."""

    state: str
    items: tuple[Item, ...] = ()


class ChangeRow(NamedTuple):
    """One path that changed; `what` is added, removed, changed or masked."""

    path: str
    what: str
    before: Side
    after: Side
    note: str = ""


class DiffView(NamedTuple):
    """A stored diff: its changes, its context (such as a reason), and the MCP client and tool."""

    rows: tuple[ChangeRow, ...]
    context: tuple[tuple[str, str], ...]
    client: str | None
    tool: str | None


MISSING, MASKED = Side("missing"), Side("masked")
TOO_DEEP = Side("value", (Item("nested too deeply to show here: see the raw JSON", "json"),))


def parse_diff(stored: str) -> DiffView:
    """The diff of an entry, from its stored text. One that is nested too deeply is shown as raw text only."""
    try:
        return _read(json.loads(stored, parse_int=Literal, parse_float=Literal, parse_constant=Literal))
    except RecursionError:
        return DiffView((ChangeRow("", "changed", MISSING, TOO_DEEP),), (), None, None)


def visible(text: str) -> str:
    """The text with every invisible or reordering character replaced by its code."""
    return INVISIBLE.sub(lambda match: f"[U+{ord(match[0]):04X}]", text)


def _read(diff: dict[str, Any]) -> DiffView:
    mcp = diff.get("mcp") or {}
    return DiffView(
        tuple(_row(pointer, change) for pointer, change in diff["changes"].items()),
        tuple((name, visible(_display_text(value))) for name, value in diff.get("context", {}).items()),
        mcp.get("client"),
        mcp.get("tool"),
    )


def _row(pointer: str, change: dict[str, Any]) -> ChangeRow:
    path = visible(pointer.removeprefix("/").replace("/", " › ").replace("~1", "/").replace("~0", "~"))
    if change.get("masked") is True:
        return ChangeRow(path, "masked", MASKED, MASKED)
    removed, added = (
        Counter(map(_display_text, change.get("removed", ()))),
        Counter(map(_display_text, change.get("added", ()))),
    )
    moved = "added" in change and not (removed or added)
    before = _side(change["before"], removed, "removed") if "before" in change else MISSING
    after = _side(change["after"], added, "added") if "after" in change else MISSING
    what = "changed" if before.items and after.items else "added" if after is not MISSING else "removed"
    if before is not MISSING and after is not MISSING:
        what = "changed"
    return ChangeRow(path, what, before, after, "the same items in another order" if moved else "")


def _side(value: Any, marked: Counter[str], mark: str) -> Side:
    if not isinstance(value, list):
        return Side("value", (_item(value),))
    items = []
    for member in value:
        text = _display_text(member)
        marked[text] -= 1
        items.append(_item(member, mark if marked[text] >= 0 else ""))
    return Side("list", tuple(items))


def _item(value: Any, mark: str = "") -> Item:
    """`kind` is text for a plain text, literal for a number, true, false and null, and json for anything in quotes or brackets."""
    written = _display_text(value)
    kind = "json" if isinstance(value, dict | list) or written != value else "text"
    if value is None or isinstance(value, bool | Literal):
        kind = "literal"
    text = visible(written)
    return Item(text[:MAX_VALUE_LENGTH], kind, mark, text[MAX_VALUE_LENGTH:])


def _display_text(value: Any) -> str:
    """A value for people. No two different values have the same text."""
    if isinstance(value, Literal):
        return str(value)
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False) if not value or AMBIGUOUS.fullmatch(value) else value
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
    if isinstance(value, str) and not isinstance(value, Literal):
        return json.dumps(value, ensure_ascii=False)
    return _display_text(value)
