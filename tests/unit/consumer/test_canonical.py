"""Canonical JSON: one value, one text, and a text that PostgreSQL can hold."""

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumer.event import canonical

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=6) | st.sampled_from(
    ["\0", "\\u0000", "\ud800", "\u2028"]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats() | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANY_TEXT, inner, max_size=4),
    max_leaves=12,
)


def holds(value: Any, wanted: Any) -> bool:
    """Whether `wanted` is true of some text or number in the value, keys included."""
    if isinstance(value, dict):
        return any(holds(part, wanted) for item in value.items() for part in item)
    if isinstance(value, list):
        return any(holds(item, wanted) for item in value)
    return bool(wanted(value))


def unstorable(value: Any) -> bool:
    return isinstance(value, str) and any(character == "\0" or "\ud800" <= character <= "\udfff" for character in value)


def not_finite(value: Any) -> bool:
    return isinstance(value, float) and not math.isfinite(value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": 1, "a": [True, None, "x"]}, '{"a":[true,null,"x"],"b":1}'),
        (1.0, "1.0"),
        (1, "1"),
        (-0.0, "-0.0"),
        (0.1, "0.1"),
        (1e16, "1e+16"),
        (9007199254740993, "9007199254740993"),
        ('é😀\u2028<>/\\"\n\x1f\x7f', '"é😀\u2028<>/\\\\\\"\\n\\u001f\x7f"'),
        ({"ﬁ": 1, "😀": 2, "z": 3}, '{"z":3,"ﬁ":1,"😀":2}'),
    ],
    ids=str,
)
def test_form_is_fixed(value: Any, text: str) -> None:
    """The bytes of the form are pinned: digests of years ago are compared with those of today."""
    assert canonical.text(value) == (text, frozenset())


@pytest.mark.parametrize(
    ("value", "text", "facets"),
    [
        ("a\0b", '"a\ufffdb"', {"sanitized:text"}),
        ("\ud83d", '"\ufffd"', {"sanitized:text"}),
        ({"k\0": 1}, '{"k\ufffd":1}', {"sanitized:text"}),
        ([math.nan, math.inf, -math.inf], '["NaN","Infinity","-Infinity"]', {"sanitized:number"}),
        (["\0", math.nan], '["\ufffd","NaN"]', {"sanitized:text", "sanitized:number"}),
        ("\\u0000", '"\\\\u0000"', set()),
        (["NaN", "Infinity"], '["NaN","Infinity"]', set()),
    ],
    ids=["nul", "surrogate", "key", "numbers", "both", "literal escape", "literal words"],
)
def test_what_cannot_be_held_is_replaced_and_named(value: Any, text: str, facets: set[str]) -> None:
    """NUL and lone surrogates, NaN and infinities are replaced as SPEC 4 says; what only looks like them is not."""
    assert canonical.text(value) == (text, frozenset(facets))


@given(VALUES)
def test_text_is_always_storable_and_facets_tell_the_truth(value: Any) -> None:
    """Any value gives a UTF-8 text without NUL that is strict JSON, and a facet exactly where something was replaced."""
    text, facets = canonical.text(value)

    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    assert not holds(json.loads(text.encode().decode(), parse_constant=refuse), unstorable)
    assert ("sanitized:text" in facets) == holds(value, unstorable)
    assert ("sanitized:number" in facets) == holds(value, not_finite)


def test_keys_that_become_one_stay_two() -> None:
    """Of keys that meet once they are replaced, the one that could be stored keeps its name, in whatever order they came."""
    first, second = {"k\0": 1, "k\ufffd": 2}, {"k\ufffd": 2, "k\0": 1}

    assert canonical.text(first) == canonical.text(second) == ('{"k\ufffd":2,"k\ufffd (2)":1}', canonical.TEXT)


@given(st.lists(st.text("a\0\ufffd (23)", max_size=5), unique=True, max_size=8), st.randoms())
def test_distinct_keys_stay_distinct(keys: list[str], random: Any) -> None:
    """However keys meet, also with a number after them, each has a name of its own, whatever their order."""
    names = canonical.distinct(keys)
    stored = {key: canonical.clean(name)[0] for key, name in names.items()}

    assert stored.keys() == set(keys)
    assert len(set(stored.values())) == len(keys)
    assert all(name == key for key, name in names.items() if not unstorable(key))
    assert all(unstorable(name) for key, name in names.items() if unstorable(key))
    random.shuffle(keys)
    assert canonical.distinct(keys) == names


def test_many_keys_that_meet_take_linear_time() -> None:
    """A hundred thousand keys of one name are told apart by counting, and their names stay short."""
    keys = ["".join("\0\ufffd"[n >> bit & 1] for bit in range(17)) for n in range(100_000)]

    assert max(map(len, canonical.distinct(keys).values())) <= 17 + len(" (100000)")


@given(VALUES)
def test_text_is_a_fixed_point(value: Any) -> None:
    """Reading a text back and writing it again gives the same bytes, so an auditor can check it with any strict parser."""
    text, _ = canonical.text(value)

    assert canonical.text(json.loads(text)) == (text, frozenset())


@given(ANY_TEXT)
def test_clean_text_is_left_alone(words: str) -> None:
    """Only NUL and lone surrogates are replaced, one character for one, and only then is there a facet."""
    cleaned, facets = canonical.clean(words)

    assert len(cleaned) == len(words)
    assert not unstorable(cleaned)
    assert bool(facets) == unstorable(words) == (cleaned != words)
