"""Canonical JSON: one value gives one text, and PostgreSQL can hold every text (SPEC 4).

The form: keys sorted by code point, no spaces, not escaped beyond what RFC 8259 demands (so the text is UTF-8, as the
database is), integers exact (of 64 bits, as Avro has them), floats as the shortest digits that read back the same, with
a point or exponent.

What JSON or PostgreSQL cannot hold is replaced and named: NUL and lone surrogates become U+FFFD (`text`), NaN and the
infinities become the strings "NaN", "Infinity" and "-Infinity" (`number`). Keys that would become one stay distinct (`distinct`).
"""

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

CLEAN: frozenset[str] = frozenset()
NUMBER = frozenset({"sanitized:number"})
TEXT = frozenset({"sanitized:text"})

# PostgreSQL text has no NUL, UTF-8 has no surrogates.
_UNSTORABLE = re.compile(r"[\0\ud800-\udfff]")


def text(value: Any) -> tuple[str, frozenset[str]]:
    """The canonical text of a JSON value, and the facets that name what had to be replaced (mostly none)."""
    try:
        encoded = orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
    except TypeError:  # a lone surrogate
        encoded = "null"
    # orjson writes null for what is no JSON number. Searching the finished text is far cheaper than checking every value;
    # a real null, or a literal backslash-u0000, is a false positive, for which the slow path gives the same text.
    if "null" not in encoded and "\\u0000" not in encoded:
        return encoded, CLEAN
    replaced: set[str] = set()
    return orjson.dumps(_storable(value, replaced), option=orjson.OPT_SORT_KEYS).decode(), frozenset(replaced)


def clean(words: str) -> tuple[str, frozenset[str]]:
    """A text that a PostgreSQL text column can hold, and the facets as `text` gives them."""
    if words.isascii() and "\0" not in words:
        return words, CLEAN
    cleaned = _UNSTORABLE.sub("\ufffd", words)
    return cleaned, CLEAN if cleaned == words else TEXT


def distinct(keys: Iterable[str]) -> dict[str, str]:
    """A name for each key of one map, no two of which are the same text once they are `clean`; mostly the key itself.

    A key that can be stored keeps its name. Of the others, in the order of code points, one whose name is taken gets a number
    after it: ` (2)`, ` (3)`. So the names depend on which keys there are, and on nothing else.
    """
    names, unstorable = {}, []
    for key in keys:
        if _UNSTORABLE.search(key) is None:
            names[key] = key
        else:
            unstorable.append(key)
    taken, numbers = set(names), dict[str, int]()
    for key in sorted(unstorable):
        name, cleaned = key, _UNSTORABLE.sub("\ufffd", key)
        stored = cleaned
        while stored in taken:
            # Goes on from the last number: a producer may send as many keys of one name as fit into a record.
            numbers[cleaned] = numbers.get(cleaned, 1) + 1
            number = f" ({numbers[cleaned]})"
            name, stored = key + number, cleaned + number
        taken.add(stored)
        names[key] = name
    return names


def _storable(value: Any, replaced: set[str]) -> Any:
    """The value with everything replaced that cannot be held; adds to `replaced` what kind was."""
    if isinstance(value, str):
        cleaned, facets = clean(value)
        replaced |= facets
        return cleaned
    if isinstance(value, float) and not math.isfinite(value):
        replaced |= NUMBER
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, Mapping):
        return {_storable(name, replaced): _storable(value[key], replaced) for key, name in distinct(value).items()}
    if isinstance(value, list):
        return [_storable(item, replaced) for item in value]
    return value
