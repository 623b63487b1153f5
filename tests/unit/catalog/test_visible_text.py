"""Whatever differs is seen to differ."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.visible_text import look_alike, told_apart, visible

UNSEEN = "\u00a0\u2000\u200a\u202f\u3000\u2800\u115f\u1160\u3164\uffa0\ufe0f\ufe00\u034f\u17b4\u180b\u200d\u2066\U000e0041\U000e0100\ue000\t\x7f"


@pytest.mark.parametrize("unseen", UNSEEN)
def test_what_cannot_be_seen_is_a_code(unseen: str) -> None:
    """Blanks but the space, fillers, variation selectors, tags, joiners, private use."""
    assert visible(f"a{unseen}b") == f"a[U+{ord(unseen):04X}]b"


@given(st.text(), st.text())
def test_no_two_texts_are_shown_the_same(one: str, other: str) -> None:
    """Also where one has the form of a code."""
    assert (visible(one) == visible(other)) == (one == other)
    assert visible("[U+202E]") != visible("\u202e")


@pytest.mark.parametrize(
    ("one", "other", "shown"),
    [
        ("Caf\u00e9", "Cafe\u0301", ("Caf[U+00E9]", "Cafe[U+0301]")),
        ("admin", "\u0430dmin", ("admin", "[U+0430]dmin")),
        ("a b", "a\u00a0b", ("a[U+0020]b", "a[U+00A0]b")),
        ("\uff21", "A", ("[U+FF21]", "A")),
        ("Il", "lI", ("[U+0049][U+006C]", "[U+006C][U+0049]")),
        ("a-b", "a\u2013b", ("a-b", "a[U+2013]b")),
        ("x\u0378", "x\u0379", ("x[U+0378]", "x[U+0379]")),
    ],
)
def test_look_alikes_are_shown_differently(one: str, other: str, shown: tuple[str, str]) -> None:
    """Composed or not, of another alphabet, wide, a blank of another kind, not assigned."""
    assert look_alike(one, other)
    assert told_apart(one, other) == shown


@pytest.mark.parametrize(("one", "other"), [("a", "a"), ("en", "de"), ("M\u00fcnchen", "Munchen"), ("\u65e5", "\u4e2d"), ("", "a")])  # fmt: skip
def test_what_looks_different_stays_as_it_is(one: str, other: str) -> None:
    """Codes where nobody needs them would only be hard to read."""
    assert not look_alike(one, other)
