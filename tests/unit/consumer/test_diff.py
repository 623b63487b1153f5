"""The diff says exactly what changed: it can be applied and taken back, and it never says what is masked."""

import copy
import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.definitions import Field
from catalog.secret_keys import SECRET_ENDINGS
from consumer.event import canonical, diff
from consumer.event.diff import Changes

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.sampled_from([0.0, -0.0, 1.0, math.nan, 0.5])
    | st.text("ab~/", max_size=2)
)
KEYS = st.sampled_from(["", "a", "b", "a/b", "~", "~1", "source", "0"])
SNAPSHOTS = st.fixed_dictionaries(
    {
        "name": SCALARS,
        "recipients": st.lists(SCALARS, max_size=4),
        "report": st.fixed_dictionaries({"template": SCALARS, "inner": st.fixed_dictionaries({"deep": SCALARS})}),
        "preferences": st.dictionaries(KEYS, SCALARS, max_size=4),
    }
)
TRACKED = (Field("name"), Field("recipients"), Field("report"), Field("preferences", open_map=True))
WHOLE = Field("whole")


def applied(changes: Changes, snapshot: dict[str, Any], *, gone: str = "before", come: str = "after") -> dict[str, Any]:
    """`snapshot` with each change carried out; the other way round with `gone` and `come` exchanged (RFC 6901)."""
    result = copy.deepcopy(snapshot)
    for pointer, change in changes.items():
        *parents, last = (part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:])
        holder = result
        for parent in parents:
            holder = holder.setdefault(parent, {})
        if come in change:
            holder[last] = change[come]
        else:
            del holder[last]
    return result


def taken_back(changes: Changes, snapshot: dict[str, Any]) -> dict[str, Any]:
    return applied(changes, snapshot, gone="after", come="before")


def form(value: Any) -> str:
    """A text that is the same exactly for the same JSON: the oracle."""
    return json.dumps(value, sort_keys=True)


@given(SNAPSHOTS, SNAPSHOTS)
def test_changes_lead_from_before_to_after_and_back(before: dict[str, Any], after: dict[str, Any]) -> None:
    """Applying the changes to `before` gives `after`, and taking them back from `after` gives `before`."""
    changes = diff.changes(before, after, TRACKED)

    assert form(applied(changes, before)) == form(after)
    assert form(taken_back(changes, after)) == form(before)


MEETING = st.dictionaries(
    st.sampled_from(["a", "a\0", "a\ufffd", "a\ufffd (2)", "\0/", "\ufffd/", "\0\0", "\0\ufffd"]), st.integers(0, 2)
)


@given(MEETING, MEETING)
def test_keys_that_meet_once_stored_are_changes_of_their_own(before: dict[str, Any], after: dict[str, Any]) -> None:
    """What is stored leads from `before` to `after` and back, where each key has the name that it was stored by."""
    names = canonical.distinct(before.keys() | after.keys())
    changes = diff.changes({"whole": before}, {"whole": after}, [WHOLE])
    stored = json.loads(canonical.text(changes)[0])
    was, now = ({"whole": {canonical.clean(names[key])[0]: side[key] for key in side}} for side in (before, after))

    assert len(stored) == len(changes)
    assert form(applied(stored, was)) == form(now)
    assert form(taken_back(stored, now)) == form(was)


def test_key_that_did_not_change_keeps_its_name_to_itself() -> None:
    """A changed key is not stored by the name of one beside it, nor are what is below it and what is masked."""
    before = {"a\0": 1, "a\ufffd": 5, "api_key\0": 1, "api_key\ufffd": 2, "m\0": {"x": 1}, "m\ufffd": {"x": 1}}
    after = {**before, "a\0": 2, "api_key\0": 3, "m\0": {"x": 2}}

    assert diff.changes({"whole": before}, {"whole": after}, [Field("whole", open_map=True)]) == {
        "/whole/a\0 (2)": {"after": 2, "before": 1},
        "/whole/api_key\0 (2)": {"masked": True},
        "/whole/m\0 (2)/x": {"after": 2, "before": 1},
    }


@given(SNAPSHOTS)
def test_created_thing_is_all_after_and_deleted_all_before(snapshot: dict[str, Any]) -> None:
    """What was created is rebuilt from `after` alone, what was deleted from `before` alone."""
    created, deleted = diff.changes(None, snapshot, TRACKED), diff.changes(snapshot, None, TRACKED)

    assert {tuple(change) for change in created.values()} == {("after",)}
    assert {tuple(change) for change in deleted.values()} == {("before",)}
    assert form(applied(created, {})) == form(taken_back(deleted, {})) == form(snapshot)


@given(SNAPSHOTS, SNAPSHOTS)
def test_nothing_changed_exactly_if_both_are_the_same_json(before: dict[str, Any], after: dict[str, Any]) -> None:
    """The diff is empty if and only if the snapshots are equal, types included."""
    assert (diff.changes(before, after, TRACKED) == {}) == (form(before) == form(after))
    assert diff.changes(before, copy.deepcopy(before), TRACKED) == {}


@given(SNAPSHOTS, SNAPSHOTS, st.randoms())
def test_order_of_keys_does_not_matter(before: dict[str, Any], after: dict[str, Any], random: Any) -> None:
    """The same members in another order give the same changes, sorted by pointer."""

    def shuffled(value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        items = [(key, shuffled(member)) for key, member in value.items()]
        random.shuffle(items)
        return dict(items)

    changes = diff.changes(before, after, TRACKED)

    assert json.dumps(changes) == json.dumps(diff.changes(shuffled(before), shuffled(after), TRACKED))
    assert list(changes) == sorted(changes)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (False, 0),
        (True, 1),
        (1, 1.0),
        (0, 0.0),
        (0.0, -0.0),
        (None, False),
        (None, ""),
        ("1", 1),
        ([1], [True]),
        ([], {}),
    ],
    ids=str,
)
def test_values_that_python_takes_for_equal_are_different(old: Any, new: Any) -> None:
    """`false` is not `0`, `1` is not `1.0`, null is not an empty text; alone, in a list or in a map."""
    for before, after in ((old, new), ([old], [new]), (new, old)):
        assert diff.changes({"whole": before}, {"whole": after}, [WHOLE]).keys() == {"/whole"}
    assert diff.changes({"whole": {"k": old}}, {"whole": {"k": new}}, [WHOLE]).keys() == {"/whole/k"}


def test_absent_is_not_null() -> None:
    """A key that appears with null, or goes with null, is a change on one side only."""
    tracked = [Field("preferences", open_map=True)]

    appears = diff.changes({"preferences": {}}, {"preferences": {"a": None}}, tracked)
    goes = diff.changes({"preferences": {"a": None}}, {"preferences": {}}, tracked)

    assert appears == {"/preferences/a": {"after": None}}
    assert goes == {"/preferences/a": {"before": None}}


def test_nan_is_like_nan() -> None:
    """A NaN that stayed is no change, although it is not equal to itself."""
    assert diff.changes({"whole": math.nan}, {"whole": -math.nan}, [WHOLE]) == {}
    assert diff.changes({"whole": [float("nan")]}, {"whole": [float("nan")]}, [WHOLE]) == {}


@pytest.mark.parametrize(
    ("before", "after", "added", "removed"),
    [
        (["a"], ["a", "b"], ["b"], []),
        (["a", "b"], ["b", "a"], [], []),
        (["a"], ["a", "a"], ["a"], []),
        (["a", "a", "b"], ["a", "c"], ["c"], ["a", "b"]),
        ([1, True, 1.0], [1.0, 1], [], [True]),
        ([], ["a"], ["a"], []),
        ([["a"], {"x": 1}], [{"x": 1.0}], [{"x": 1.0}], [["a"], {"x": 1}]),
    ],
    ids=str,
)
def test_list_shows_what_came_and_went_as_multisets(before: Any, after: Any, added: Any, removed: Any) -> None:
    """A changed list has both sides whole, and beside them what one holds more often than the other."""
    expected = {"/whole": {"before": before, "after": after, "added": added, "removed": removed}}

    assert form(diff.changes({"whole": before}, {"whole": after}, [WHOLE])) == form(expected)


@given(st.lists(SCALARS, max_size=5), st.lists(SCALARS, max_size=5))
def test_removed_and_added_make_one_list_of_the_other(before: list[Any], after: list[Any]) -> None:
    """Before, less removed, plus added has the items of after, however often each."""
    change = diff.changes({"whole": before}, {"whole": after}, [WHOLE]).get("/whole", {"added": [], "removed": []})
    left = sorted(map(form, before))
    for item in change["removed"]:
        left.remove(form(item))

    assert sorted([*left, *map(form, change["added"])]) == sorted(map(form, after))


def test_long_lists_take_linear_time() -> None:
    """Twenty thousand recipients on either side are compared by counting, not pair by pair."""
    before, after = [f"{n}@x.io" for n in range(20_000)], [f"{n}@x.io" for n in reversed(range(1, 20_001))]

    change = diff.changes({"whole": before}, {"whole": after}, [WHOLE])["/whole"]

    assert (change["added"], change["removed"]) == (["20000@x.io"], ["0@x.io"])


def test_record_is_walked_to_its_leaves() -> None:
    """Only the leaf that differs is listed, by its own pointer, with `~` and `/` in keys escaped."""
    before = {"whole": {"format": "pdf", "template": "x", "a/b": {"m~n": 1}}}
    after = {"whole": {"format": "docx", "template": "x", "a/b": {"m~n": 2}}}

    assert diff.changes(before, after, [WHOLE]) == {
        "/whole/a~1b/m~0n": {"after": 2, "before": 1},
        "/whole/format": {"after": "docx", "before": "pdf"},
    }


def test_record_against_a_leaf_is_walked_too() -> None:
    """A record that replaces null is listed by its leaves, so that masking reaches them."""
    before, after = {"preferences": None}, {"preferences": {"api_key": "hush", "theme": "dark"}}
    tracked = [Field("preferences", open_map=True)]

    assert diff.changes(before, after, tracked) == {
        "/preferences": {"before": None},
        "/preferences/api_key": {"masked": True},
        "/preferences/theme": {"after": "dark"},
    }
    assert diff.changes(after, before, tracked)["/preferences"] == {"after": None}


def test_field_that_is_not_tracked_is_not_compared() -> None:
    """What the catalog does not name is in no diff, whatever it does."""
    assert diff.changes({"name": 1, "secret": 1}, {"name": 1, "secret": 2}, [Field("name")]) == {}


@given(st.integers(0, 9), st.sampled_from(SECRET_ENDINGS), SCALARS, st.booleans())
def test_masked_value_is_nowhere(number: int, ending: str, other: Any, nested: bool) -> None:
    """The value of a masked field or of a secret key is shown as changed and is nowhere in the text."""
    hidden, key = f"hush-{number}-hush", f"crm_{ending}"
    value: Any = {"deeper": [hidden]} if nested else hidden
    tracked = [Field("whole", masked=True), Field("preferences", open_map=True)]
    with_it = {"whole": value, "preferences": {key: value, "map": {key: value}}}
    without = {"whole": other, "preferences": {key: other, "map": {}}}

    for before, after in ((with_it, without), (without, with_it), (with_it, None), (None, with_it)):
        changes = diff.changes(before, after, tracked)
        assert (
            changes["/whole"]
            == changes[f"/preferences/{key}"]
            == changes[f"/preferences/map/{key}"]
            == {"masked": True}
        )
        assert "hush" not in form(changes)


def test_masked_value_that_stayed_is_no_change() -> None:
    """Masked does not mean changed: a secret that is the same on both sides is not listed."""
    tracked = [Field("whole", masked=True), Field("preferences", open_map=True)]
    snapshot = {"whole": ["x"], "preferences": {"api_key": "x"}}

    assert diff.changes(snapshot, copy.deepcopy(snapshot), tracked) == {}
    assert diff.changes(snapshot, {"whole": ["x"], "preferences": {"api_key": 1}}, tracked).keys() == {
        "/preferences/api_key"
    }


def test_secret_rule_is_for_open_maps_only() -> None:
    """A field that a schema names is masked because the catalog says so, not because of its name."""
    assert diff.changes({"whole": {"sort_key": 1}}, {"whole": {"sort_key": 2}}, [WHOLE]) == {
        "/whole/sort_key": {"after": 2, "before": 1}
    }
