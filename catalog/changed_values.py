"""What changed, in a few words: for sentences, which name one or two changes and only count more.

Values are cut; two values that would then look the same are left out, since the sentence would contradict itself.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from catalog.stored_diff import Number
from catalog.visible_text import any_alike, look_alike, shape_of_start, twins, visible_line

MAX_NAMED = 2  # changes, and members of a list
MAX_VALUE_LENGTH = 40  # characters
PREFIX = "preferences"  # the settings that a workspace may name as it likes
MARK = "\ue000"  # before and after each name and value in a text; `visible` leaves none of it in what it returns
# What sentences and the page say of values that are no text, also with letters that look alike.
VALUE_WORDS = r"nu[lI1|]{2}|true|fa[lI1|]se|masked|-?[0-9lIO|][0-9lIO|.eE+-]*"
_WORDS = re.compile(
    rf"{VALUE_WORDS}|removed|in another order|an empty ([lI1|]ist|object)|(a [lI1|]ist|an object) of [0-9lIO|,]+"
)

Change = Mapping[str, Any]


def change_text(change: Change) -> str:
    """A change in a few words, such as `weekly → daily`; empty where its two values would look the same."""
    if change.get("masked") is True:
        return "masked"
    if "added" in change or "removed" in change:
        return _members(change.get("added", ()), change.get("removed", ()))
    if "before" not in change:
        return f"set to {marked(_value(change['after']))}"
    if "after" not in change:
        return "removed"
    before, after = change["before"], change["after"]
    earlier, later = _value(before), _value(after)
    if earlier == later or look_alike(earlier, later):
        return ""
    return f"{marked(earlier)} → {marked(later)}"


def value_at(changes: Mapping[str, Change], side: str, field: str) -> str | None:
    """The value of a field before or after, for a sentence.

    None if there is none, it is too long, it would need quotes, or the field's two values look the same.
    """
    change = changes.get(f"/{field}", {})
    value, other = change.get(side), change.get("after" if side == "before" else "before")
    if not isinstance(value, str) or len(value) > MAX_VALUE_LENGTH or _value(value).startswith('"'):
        return None
    return None if isinstance(other, str) and look_alike(value, other) else value


def field_names(pointers: Iterable[str], fields: Iterable[str]) -> list[str]:
    """Pointers (RFC 6901) for people, their parts separated; none at all where two would be the same.

    The prefix of the preferences is left out, unless a preference looks like another one of these or of the type's own `fields`.
    """
    parts = [_parts(pointer) for pointer in pointers]
    names = [_name(part[1:] if part[0] == PREFIX and len(part) > 1 else part) for part in parts]
    own = [field for field in fields if [field] not in parts]
    if any_alike([*names, *own]):
        names = [_name(part) for part in parts]
    alike = twins(names)
    return [marked(alike.get(name, name)) for name in names] if len(set(names)) == len(names) else []


def short(text: str) -> str:
    """A text of one line, cut where it is long."""
    line = visible_line(text[:MAX_VALUE_LENGTH])
    return line if len(text) <= MAX_VALUE_LENGTH else f"{line}…"


def marked(text: str) -> str:
    """A name or a value within a text, so that a page can isolate it: one written from right to left moves nothing else."""
    return f"{MARK}{text}{MARK}"


def _parts(pointer: str) -> list[str]:
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.removeprefix("/").split("/")]


def _name(parts: Sequence[str]) -> str:
    name = " › ".join(part or '""' for part in parts)
    return f'"{short(name)}"' if _is_several(name, shape_of_start(name)) else short(name)


def _members(added: Sequence[Any], removed: Sequence[Any]) -> str:
    if not added and not removed:
        return "in another order"
    if len(added) + len(removed) <= MAX_NAMED and not any_alike([_value(member) for member in (*added, *removed)]):
        return ", ".join(
            [
                *(f"added {marked(_value(member))}" for member in added),
                *(f"removed {marked(_value(member))}" for member in removed),
            ]
        )
    counts = ((len(added), "added"), (len(removed), "removed"))
    return ", ".join(f"{number:,} {word}" for number, word in counts if number)


def _value(value: Any) -> str:
    if isinstance(value, list):
        return f"a list of {len(value):,}" if value else "an empty list"
    if isinstance(value, dict):
        return f"an object of {len(value):,}" if value else "an empty object"
    if isinstance(value, Number):
        return short(value)
    if isinstance(value, str):
        return short(value) if value and value == value.strip() and not _is_word(value) else f'"{short(value)}"'
    return {None: "null", True: "true", False: "false"}[value]


def _is_word(text: str) -> bool:
    """Whether a text would read as a value of another type, or as more than one value."""
    shape = shape_of_start(text)
    return _WORDS.fullmatch(shape) is not None or _is_several(text, shape)


def _is_several(text: str, shape: str) -> bool:
    """Whether a text, whose start has this shape, would read as more than one value or name: by what stands between those of a sentence."""
    return any(between in text or between in shape for between in ("→", ", ", " and "))
