"""What changed between two snapshots, leaf by leaf (SPEC 4, "The diff").

Invariant: two values are the same only if they are the same JSON: `false` is not `0`, `1` is not `1.0`, `0.0` is
not `-0.0`, absent is not null. Python's `==` ignores these differences, so it is never used on values of unknown type.

A leaf is anything but a record or map with something in it. A list is one leaf, so that order is kept. Where a
snapshot is absent altogether (created, deleted), an empty map is a leaf too, or it would be lost.

Keys that would be one text once they are stored have pointers that stay distinct: which other keys the map has is known only here.
"""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from typing import Any, TypeAlias

from catalog.definitions import Field
from catalog.secret_keys import names_secret
from consumer.event import canonical

Change: TypeAlias = dict[str, Any]
Changes: TypeAlias = dict[str, Change]

_ABSENT: Any = object()
_NOTHING: Mapping[str, Any] = {}


def changes(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None, tracked: Iterable[Field]) -> Changes:
    """The tracked fields that differ, as {RFC 6901 pointer: change}, sorted by pointer; empty when none does.

    A change is {before?, after?}, with the multisets {added, removed} beside them where both are lists, or
    {"masked": true} alone for what is masked. None means that there is no snapshot: of a created thing, or of a deleted one.
    """
    was, now = before or _NOTHING, after or _NOTHING
    changed: Changes = {}
    for field in tracked:
        name = field.name
        old, new = was.get(name, _ABSENT), now.get(name, _ABSENT)
        if not (old is new or (type(old) is str and old == new)):  # most fields of most edits
            _walk("/" + name, old, new, field, changed)
    return dict(sorted(changed.items())) if len(changed) > 1 else changed


def same(left: Any, right: Any) -> bool:
    """Whether two values are the same JSON, by type and value; the order of keys does not matter, that of lists does."""
    if left is right:
        return True
    kind = type(left)
    if kind is not type(right):
        return False
    if kind is list:
        return len(left) == len(right) and all(map(same, left, right))
    return _identity(left) == _identity(right)


def pointer(parent: str, key: str) -> str:
    """The JSON Pointer of `key` under `parent` (RFC 6901 section 3)."""
    if "~" in key or "/" in key:
        key = key.replace("~", "~0").replace("/", "~1")
    return f"{parent}/{key}"


def _walk(path: str, old: Any, new: Any, field: Field, changed: Changes) -> None:
    if field.masked:
        if not same(old, new):
            changed[path] = {"masked": True}
    elif type(old) is dict and type(new) is dict:
        _members(path, old, new, field, changed)
    elif (type(old) is dict and old) or (type(new) is dict and new):
        _branch_against_leaf(path, old, new, field, changed)
    elif not same(old, new):
        changed[path] = _leaf(old, new)


def _members(path: str, old: Mapping[str, Any], new: Mapping[str, Any], field: Field, changed: Changes) -> None:
    names: dict[str, str] | None = None
    for key in old.keys() | new.keys():
        was, now = old.get(key, _ABSENT), new.get(key, _ABSENT)
        if was is now or (type(was) is str and was == now):
            continue
        name = key
        if canonical.clean(key)[1]:
            names = names or canonical.distinct(old.keys() | new.keys())
            name = names[key]
        at = pointer(path, name)
        if field.open_map and names_secret(key):
            if not same(was, now):
                changed[at] = {"masked": True}
        else:
            _walk(at, was, now, field, changed)


def _branch_against_leaf(path: str, old: Any, new: Any, field: Field, changed: Changes) -> None:
    """A record on one side only: its members are listed one by one, and the other side's leaf, if any, at the path."""
    if type(old) is dict:
        _members(path, old, _NOTHING, field, changed)
        old = _ABSENT
    if type(new) is dict:
        _members(path, _NOTHING, new, field, changed)
        new = _ABSENT
    if old is not new:
        changed[path] = _leaf(old, new)


def _leaf(old: Any, new: Any) -> Change:
    if old is _ABSENT:
        return {"after": new}
    if new is _ABSENT:
        return {"before": old}
    if type(old) is list and type(new) is list:
        return {"added": _surplus(new, old), "after": new, "before": old, "removed": _surplus(old, new)}
    return {"after": new, "before": old}


def _surplus(items: list[Any], others: list[Any]) -> list[Any]:
    """What `items` holds more often than `others`, in the order of `items`; a multiset, so one of two equals counts."""
    matched = Counter(map(_identity, others))
    surplus = []
    for item in items:
        identity = _identity(item)
        if matched[identity] > 0:
            matched[identity] -= 1
        else:
            surplus.append(item)
    return surplus


def _identity(value: Any) -> Hashable:
    """A hashable stand-in: two are equal exactly if the values are the same JSON."""
    kind = type(value)
    if kind is str:
        return value  # type: ignore[no-any-return]
    if kind is float:
        return kind, repr(value)  # tells 0.0 from -0.0, and NaN is like NaN
    if kind is list:
        return kind, tuple(map(_identity, value))
    if kind is dict:
        return kind, frozenset((key, _identity(member)) for key, member in value.items())
    return kind, value
