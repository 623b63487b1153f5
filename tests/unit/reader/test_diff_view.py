"""A stored diff as people read it: nothing left out, nothing formatted again, no two values that read the same."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.visible_text import visible
from reader.html import diff_view
from reader.html.diff_view import MAX_VALUE_LENGTH, ChangeRow, Item

SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text('ab01 -.nulltrefas"[]{}\t\n\\')
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
)


def row(change: dict[str, Any], pointer: str = "/field") -> ChangeRow:
    """The one row of a diff of one change."""
    (only,) = diff_view.parse_diff(json.dumps({"changes": {pointer: change}})).rows
    return only


def displayed(value: Any) -> list[str]:
    """What is shown of a value that is there before and after."""
    return [item.text + item.rest for item in row({"before": value, "after": value}).before.items]


@given(SCALARS, SCALARS)
def test_no_two_values_read_the_same(left: Any, right: Any) -> None:
    """null, "null", 1, 1.0, "1", "" and a space all have different texts."""
    same = json.dumps(left) == json.dumps(right)

    assert (displayed(left) == displayed(right)) == same


@pytest.mark.parametrize(
    "text",
    ["tru\u0435", "nu\u0406\u0406", "nuII", "fa1se", "\uff4e\uff55\uff4c\uff4c", "n\u043ething", "m\u0430sked", "empty li\u0455t", "\uff11\uff12", "\u22125", "1O", "l",
     "-", "\u2013", "\uff3b1]", "\uff5ba\uff5d", "\u201cx\u201d", "''x''", "tru\u0435\u200b"],
)  # fmt: skip
def test_what_looks_like_another_value_is_in_quotes(text: str) -> None:
    """By the letters of another alphabet too, where there is nothing to compare it with; a number's kind is another."""
    (item,) = row({"after": text}).after.items

    assert (item.text, item.kind) == (f'"{visible(text)}"', "json")
    assert row({"after": [text]}).after.items == (item,)


@pytest.mark.parametrize(
    "text",
    ["True", "nully", "truth", "M\u00fcnchen", "\u65e5\u672c", "daily", "a l", "Il padre", "caf\u00e9 1", "\u2019tis"],
)
def test_other_texts_have_no_quotes(text: str) -> None:
    """Quotes where nobody needs them would only be in the way."""
    assert displayed(text) == [text]


def test_lines_stay_lines() -> None:
    """Most texts of several lines end with a line feed; quotes show that, and no code for each."""
    assert displayed("Regards\nDana\n") == ['"Regards\nDana\n"']
    assert displayed("[\n") == ['"[\\n"']


@given(VALUES)
def test_nothing_is_cut_off_for_good(value: Any) -> None:
    """What is clamped has its rest behind it, and members of a list are all there."""
    side = row({"before": value}).before

    assert all(len(item.text) <= MAX_VALUE_LENGTH for item in side.items)
    assert len(side.items) == (len(value) if isinstance(value, list) else 1)
    assert row({"before": value}).after.state == "missing"


@pytest.mark.parametrize("written", ["1.10", "1e400", "12345678901234567890.5", "-0", "0.1e-7"])
def test_a_number_is_shown_as_it_is_stored(written: str) -> None:
    """No digit is lost, none is added."""
    (diff_row,) = diff_view.parse_diff(f'{{"changes":{{"/x":{{"after":{written}}}}}}}').rows

    assert diff_row.after.items == (Item(written, "literal"),)


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"before": 1, "after": 2}, "changed"),
        ({"after": None}, "added"),
        ({"before": None}, "removed"),
        ({"before": [], "after": None}, "changed"),
        ({"masked": True}, "masked"),
    ],
)
def test_what_became_of_a_field(change: dict[str, Any], kind: str) -> None:
    """A field that was not there was added, and one that is null was there."""
    assert row(change).kind == kind


def test_members_of_a_list_are_marked_as_often_as_they_moved() -> None:
    """Of two equal members of which one was taken away, one is marked."""
    diff_row = row({"before": ["a", "a", "b"], "after": ["a", "c"], "added": ["c"], "removed": ["a", "b"]})

    assert [(item.text, item.mark) for item in diff_row.before.items] == [("a", "removed"), ("a", ""), ("b", "removed")]
    assert [(item.text, item.mark) for item in diff_row.after.items] == [("a", ""), ("c", "added")]


@pytest.mark.parametrize("length", [10, 9_999, 10_000, 60_000])
@pytest.mark.parametrize("place", [0, 0.5, 1])
def test_look_alikes_of_any_length_are_told_apart(length: int, place: float) -> None:
    """Wherever they differ, and however long they are together."""
    start, end = "x" * round(length * place), "x" * round(length * (1 - place))
    before, after = f"{start}a{end}", f"{start}\u0430{end}"

    diff_row = row({"before": before, "after": after})

    texts = [item.text + item.rest for item in (*diff_row.before.items, *diff_row.after.items)]
    assert texts == [before, f"{start}[U+0430]{end}"]


@pytest.mark.parametrize("others", [0, 49, 50, 500])
def test_members_that_look_alike_are_told_apart(others: int) -> None:
    """However many others there are, and also where one of the two stays."""
    before, after = [f"m{number}" for number in range(others)], [f"n{number}" for number in range(others)]
    diff_row = row(
        {"before": [*before, "admin"], "after": [*after, "\u0430dmin"], "removed": ["admin"], "added": ["\u0430dmin"]}
    )
    assert [side.items[-1].text for side in (diff_row.before, diff_row.after)] == ["admin", "[U+0430]dmin"]

    diff_row = row(
        {"before": ["admin", "\u0430dmin", *before], "after": ["admin"], "removed": ["\u0430dmin"], "added": []}
    )
    assert [item.text for item in diff_row.before.items[:2]] == ["admin", "[U+0430]dmin"]


def test_an_order_that_changed_is_shown() -> None:
    """Where nothing was added or removed, the eye would look for the difference in vain."""
    diff_row = row({"before": ["a", "b"], "after": ["b", "a"], "added": [], "removed": []})

    assert diff_row.note == "the same items in another order"


@pytest.mark.parametrize(
    ("pointer", "path"),
    [("/report/format", "report › format"), ("/a~1b", "a/b"), ("/a~01", "a~1"), ("/x\u202ey", "x[U+202E]y")],
)
def test_a_path_is_read_as_a_json_pointer(pointer: str, path: str) -> None:
    """RFC 6901: ~1 is a slash, ~0 a tilde, in this order; what cannot be seen is written out."""
    assert row({"after": 1}, pointer).path.text == path


def test_paths_that_look_alike_are_told_apart() -> None:
    """By the characters in which they differ; the sign between their parts stays."""
    changes = {"/preferences/n\u0430me": {"after": 1}, "/preferences/name": {"after": 2}, "/caf\u00e9": {"after": 3}}
    rows = diff_view.parse_diff(json.dumps({"changes": changes})).rows

    assert [shown.path.text for shown in rows] == ["preferences › n[U+0430]me", "preferences › name", "caf\u00e9"]


def test_a_long_path_is_cut_as_a_long_value_is() -> None:
    """A workspace may give a setting a name of any length; nothing of it is lost."""
    path = row({"after": 1}, f"/preferences/{'k' * 3000}").path

    assert len(path.text) == diff_view.MAX_PATH_LENGTH
    assert path.text + path.rest == f"preferences › {'k' * 3000}"
    assert row({"after": 1}, "/preferences/k").path.rest == ""


def test_what_is_too_deep_for_us_is_shown() -> None:
    """A value of a hundred thousand levels is left to the raw JSON."""
    deep = "[" * 100_000 + "]" * 100_000
    diff = diff_view.parse_diff(f'{{"changes":{{"/x":{{"after":{deep}}}}}}}')

    assert "nested too deeply" in diff.rows[0].after.items[0].text
