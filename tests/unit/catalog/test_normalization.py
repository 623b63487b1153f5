"""Normal forms of any text: the same as Unicode's, but that no row of marks is longer than can be sorted at once."""

from itertools import groupby
from unicodedata import combining, normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog import secret_keys
from catalog.normalization import JOINER, MAX_MARKS, Form, normalized
from catalog.secret_keys import names_secret
from catalog.visible_text import distinct_forms, look_alike

FORMS = st.sampled_from(("NFC", "NFD", "NFKC", "NFKD"))
# Of different classes, in no order; and those that are marks only once they are decomposed.
MARKS = "\u0301\u0323\u0f73\u0f71\u0344\uff9e\u3099\u05b0"
LONGEST = 4 * MAX_MARKS  # a mark is decomposed to at most three


@given(FORMS, st.text(st.sampled_from(MARKS + "ae\u00e9\u1fa7 "), max_size=400))
def test_no_row_of_marks_is_long(form: Form, text: str) -> None:
    """What is sorted at once is bounded, so the time grows with the text alone."""
    rows = groupby(normalized(form, text + MARKS * 20), key=lambda character: combining(character) != 0)
    assert max(len(list(row)) for is_mark, row in rows if is_mark) <= LONGEST


@given(FORMS, st.text(max_size=200))
def test_an_ordinary_text_has_unicodes_own_form(form: Form, text: str) -> None:
    """Without a long row of marks nothing is put in."""
    assert normalized(form, text).replace(JOINER, "") == normalize(form, text).replace(JOINER, "")


@pytest.mark.parametrize("marks", ["\u0323\u0301", "\uff9e\u0301"])
def test_a_key_of_marks_is_judged_at_once(marks: str) -> None:
    """A key of a megabyte: with the square of its length it would take half an hour."""
    assert names_secret(f"{marks * 250_000}api_key")
    assert names_secret(f"api_key_{marks * 250_000}")
    assert not names_secret(f"{marks * 250_000}digest")


def test_a_long_key_is_not_kept() -> None:
    """A thousand records with a key of a megabyte each leave nothing behind."""
    before = secret_keys._remembered.cache_info().currsize
    assert names_secret("x" * 10_000 + "_token")
    assert secret_keys._remembered.cache_info().currsize == before


def test_long_rows_of_marks_are_seen_to_differ() -> None:
    """Two values that differ in the last of 62,000 marks are compared at once, and shown differently."""
    marks = "\u0301" * 31_000 + "\u0323" * 31_000
    before, after = f"{marks}\u0323", f"{marks}\u0324"
    assert not look_alike(before, after)
    shown = distinct_forms(before, after)
    assert shown[0] != shown[1]
