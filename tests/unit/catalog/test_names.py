"""A name of which nothing is seen is not shown, and one with blanks around it shows them."""

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog import shortened
from catalog.summary import actor_name, changes_of, summary, summary_parts
from catalog.visible_text import in_quotes, is_blank, visible

UNSEEN = [
    " ",
    "   ",
    "\t",
    "\n",
    "\u00a0",
    "\u200b",
    " \u200b\u2060 ",
    "\u3164",
    "\u2800",
    "\x07",
    "\u202e",
    " " * 600,
    "\u3000" * 300,
]
EDGED = [(" x", '" x"'), ("x ", '"x "'), ("  x  ", '"  x  "'), ("x\n", '"x[U+000A]"'), ("\u00a0x", '"[U+00A0]x"')]


def entry(**fields: Any) -> SimpleNamespace:
    """An edit of a schedule by a person."""
    known: dict[str, Any] = {
        "action": "schedule.lifecycle_changed",
        "facets": ["operation:edited"],
        "actor_type": "user",
        "actor_id": "user_1",
    }
    known |= {"actor_email": None, "subject_id": "sch_1", "subject_label": None, "diff": None}
    return SimpleNamespace(**known | fields)


@pytest.mark.parametrize("blank", UNSEEN)
def test_a_name_that_nobody_sees_gives_way_to_the_id(blank: str) -> None:
    """Of an actor, of a service and of a subject; also where a list has it shortened."""
    for text in (blank, shortened.name(blank)):
        assert summary(entry(actor_email=text, subject_label=text)) == "user_1 edited the schedule sch_1"
        assert actor_name(entry(actor_email=text, actor_id="billing", actor_type="system")) == "System (billing)"
        assert summary(entry(action="future.action", subject_label=text)) == "user_1 did future.action to sch_1"


@pytest.mark.parametrize(("text", "shown"), EDGED)
def test_blanks_around_a_name_are_seen(text: str, shown: str) -> None:
    """Quotes show where a name begins and ends, as those of values do."""
    assert summary(entry(actor_email=text, subject_label=text)) == f"{shown} edited the schedule {shown}"
    assert summary(entry(actor_id=text, subject_id=text)) == f"{shown} edited the schedule {shown}"
    parts = summary_parts(entry(actor_email=text, actor_type="system"), changes_of(None))
    assert parts[0].text == f"System ({shown})"


def test_a_name_stays_in_its_line() -> None:
    """A line feed begins no line that reads like a sentence of its own, in no part of a sentence."""
    forged = "Weekly\nSystem (billing) removed dana"
    for action, facet in (("integration.connected", f"provider:{forged}"), ("future.action\nx", "x")):
        parts = summary_parts(entry(action=action, facets=[facet], actor_email=forged, subject_label=forged), {})
        assert not [part for part in parts if "\n" in part.text]
        assert any("Weekly[U+000A]System" in part.text for part in parts)


def test_what_has_no_id_of_its_own_keeps_its_blank_name() -> None:
    """The id of an add-on's entry is the workspace's."""
    addon = entry(action="billing.addon_purchased", facets=[], subject_id="org_1", subject_label="  ")

    assert summary(addon) == 'user_1 bought the add-on "  "'


@given(*[st.text(st.sampled_from('" x\u00a0\u200b(sytem'), max_size=8)] * 2)
def test_no_two_names_are_shown_the_same(left: str, right: str) -> None:
    """Also where one has the quotes that are put around the other."""
    assert (visible(in_quotes(left)) == visible(in_quotes(right))) == (left == right)
    if not is_blank(left) and not is_blank(right):
        assert (actor_name(entry(actor_email=left)) == actor_name(entry(actor_email=right))) == (left == right)


@pytest.mark.parametrize(
    "name", ["dana@x.example", "Q3 report", 'The "Q3" report', '"Q3"', "M\u00fcller", "a  b", "\u65e5\u672c"]
)
def test_other_names_stay_as_they_are(name: str) -> None:
    """Quotes are for what needs them."""
    assert in_quotes(name) == name
    assert actor_name(entry(actor_email=name)) == name
