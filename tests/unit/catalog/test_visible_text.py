"""Whatever differs is seen to differ."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.visible_text import any_alike, distinct_forms, look_alike, twins, visible

UNSEEN = "\u00a0\u2000\u200a\u202f\u3000\u2800\u115f\u1160\u3164\uffa0\ufe0f\ufe00\u034f\u17b4\u180b\u200d\u2066\U000e0041\U000e0100\ue000\t\x7f\U0001d159\U00013441\U00013442\U00016fe4"


@pytest.mark.parametrize("unseen", UNSEEN)
def test_what_cannot_be_seen_is_a_code(unseen: str) -> None:
    """Blanks but the space, fillers, variation selectors, tags, joiners, private use."""
    assert visible(f"a{unseen}b") == f"a[U+{ord(unseen):04X}]b"


@given(st.text(), st.text())
def test_no_two_texts_are_shown_the_same(left: str, right: str) -> None:
    """Also where one has the form of a code."""
    assert (visible(left) == visible(right)) == (left == right)
    assert visible("[U+202E]") != visible("\u202e")


@pytest.mark.parametrize(
    ("left", "right", "shown"),
    [
        ("Caf\u00e9", "Cafe\u0301", ("Caf[U+00E9]", "Cafe[U+0301]")),
        ("admin", "\u0430dmin", ("admin", "[U+0430]dmin")),
        ("a b", "a\u00a0b", ("a[U+0020]b", "a[U+00A0]b")),
        ("\uff21", "A", ("[U+FF21]", "A")),
        ("Il", "lI", ("[U+0049][U+006C]", "[U+006C][U+0049]")),
        ("a-b", "a\u2013b", ("a-b", "a[U+2013]b")),
        ("x\u0378", "x\u0379", ("x[U+0378]", "x[U+0379]")),
        ("l\u0430n\u0430", "lana", ("l[U+0430]n[U+0430]", "lana")),
        ("a [U+0430] \u0430", "\u0430 [U+0430] a", ("a [U+005B]U+0430] [U+0430]", "[U+0430] [U+005B]U+0430] a")),
        ("\u0430\u0301", "\u00e1", ("[U+0430][U+0301]", "[U+00E1]")),
        ("\u201aa", ",a", ("[U+201A]a", ",a")),
        ('say "x"', "say \u201cx\u201d", ("say [U+0022]x[U+0022]", "say [U+201C]x[U+201D]")),
    ],
)
def test_look_alikes_are_shown_differently(left: str, right: str, shown: tuple[str, str]) -> None:
    """Composed or not, of another alphabet, wide, a blank of another kind, not assigned; where the rest is the same it stays."""
    assert look_alike(left, right)
    assert distinct_forms(left, right) == shown


@pytest.mark.parametrize(
    ("left", "right"),
    [("\u0417", "3"), ("\u04c0", "l"), ("\u04c0", "I"), ("\u0261", "g"), ("\u0251", "a"), ("\u01c3", "!"), ("\u03f2", "c"), ("\u04ae", "Y"),
     ("\u0475", "v"), ("\u054f", "S"), ("\u13aa", "A"), ("\u201a", ","), ("\u04cf", "l"), ("\u2014", "-"), ("\u0433\u0301", "\u0433\u0341"),
     ("\u00f8", "o\u0338"), ("\u00d8", "O\u0338"), ("\u0142", "l\u0338"), ("\u0111", "d\u0335"), ("\u0127", "h\u0335"), ("\u0167", "t\u0335"),
     ("\u01b6", "z\u0335"), ("\u00a2", "c\u0338"), ("\u0268", "i\u0335"), ("\u01fe", "O\u0301\u0338"), ("\u0460\u0486\u0487", "\u047c"),
     ("\u00f8", "o\u0337"), ("\u017f", "f"), ("\u00a9", "\u24b8"), ("\u00ae", "\u24c7"), ("\u2014", "\u4e00"), ("\u301c", "\uff5e"),
     ("\u0393", "\u0413"), ("\u03a6", "\u0424"), ("\U0001d5ba", "a"), ("\u2170", "i"), ("`", "'"), ("\u2026", "...")],
)  # fmt: skip
def test_other_alphabets_are_not_taken_for_ours(left: str, right: str) -> None:
    """By the data of UTS 39, of whichever alphabets; each within a word and by itself."""
    assert look_alike(left, right)
    assert look_alike(f"x{left}y", f"x{right}y")
    assert len(set(distinct_forms(f"x{left}y", f"x{right}y"))) == 2
    assert any_alike([left, "x", right])


@given(st.lists(st.text(st.sampled_from("aа\u00e1\u0301lI1 \u00a0[]U+0430x"), max_size=8), unique=True, max_size=6))
def test_of_twins_each_is_shown_in_its_own_way(texts: list[str]) -> None:
    """Also of three; and none is shown as another text is."""
    ambiguous = twins(texts)
    shown = [ambiguous.get(text, visible(text)) for text in texts]

    assert len(set(shown)) == len(texts)
    assert set(ambiguous) == {similar for similar in texts if any(look_alike(similar, other) for other in texts)}


@pytest.mark.parametrize(("left", "right"), [("a", "a"), ("en", "de"), ("M\u00fcnchen", "Munchen"), ("Malm\u00f8", "Malmo"), ("rn", "m"), ("\u00a9", "C"), ("\uff3b", "("), ("\u65e5", "\u4e2d"), ("", "a")])  # fmt: skip
def test_what_looks_different_stays_as_it_is(left: str, right: str) -> None:
    """Codes where nobody needs them would only be hard to read."""
    assert not look_alike(left, right)
