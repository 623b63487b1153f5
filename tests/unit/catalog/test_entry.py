"""The catalog's grammar refuses every entry that contradicts itself."""

from collections.abc import Mapping
from typing import Any

import pytest

from catalog.audit_types import BY_NAME, CATALOG, CHOICES, by_ce_type, by_name
from catalog.definitions import AuditType, CatalogError, Facet, FacetOf, Feed, Field, Subject
from catalog.topics import IGNORED

GOOD: Mapping[str, Any] = {
    "name": "door.opened",
    "label": "Door opened",
    "feeds": (Feed("door.opened"),),
    "subject": Subject("door", id="door_id", label="color"),
    "sentence": "{actor} opened {subject}",
    "tracked": (Field("color"), Field("width")),
}
COLOR = Facet("color", "Color", FacetOf.EVENT)
BAD_PARTS: list[dict[str, Any]] = [
    {"name": "DoorOpened"},
    {"name": "door.opened.wide"},
    {"feeds": ()},
    {"tracked": ()},
    {"facts": (Field("by_whom"),)},
    {"context": (Field("color"),)},
    {"subject": Subject("door", id="door_id", label="height")},
    {"tracked": (Field("color", masked=True),)},
    {"facets": (COLOR, COLOR)},
    {"facets": (Facet("operation", "Operation", FacetOf.OPERATION, (("opened", "opened"),)),)},
    {"feeds": (Feed("door.opened", operation="opened"),)},
    {"facets": (Facet("part", "Part", FacetOf.CHANGED, (("color", "color"),)),)},
    {"sentence": "{actor} opened {subject} at {hour}"},
]


def test_good_entry_is_made() -> None:
    """The entry that the bad ones are made from is itself accepted."""
    assert AuditType(**GOOD).family == "door"


@pytest.mark.parametrize("bad", BAD_PARTS, ids=str)
def test_entry_that_contradicts_itself_is_refused(bad: dict[str, Any]) -> None:
    """An entry that breaks the grammar cannot be made."""
    with pytest.raises(CatalogError):
        AuditType(**{**GOOD, **bad})


@pytest.mark.parametrize(
    "make",
    [
        lambda: Field("Color"),
        lambda: Field("door_id", masked=True, is_id=True),
        lambda: Feed("DoorOpened"),
        lambda: Facet("Color", "Color", FacetOf.EVENT),
        lambda: Facet("color", "Color", FacetOf.EVENT, (("red", "red"), ("red", "rouge"))),
        lambda: Facet("operation", "Operation", FacetOf.OPERATION),
    ],
    ids=["field name", "masked id", "ce_type", "facet name", "value twice", "open operation"],
)
def test_part_that_breaks_the_grammar_is_refused(make: Any) -> None:
    """Field, feed and facet each check themselves."""
    with pytest.raises(CatalogError):
        make()


def test_name_listed_twice_is_refused() -> None:
    """Two entries of one name cannot be in one catalog."""
    with pytest.raises(CatalogError, match="listed twice"):
        by_name((*CATALOG, CATALOG[0]))


def test_ce_type_both_audited_and_ignored_is_refused() -> None:
    """No event type can be both recorded and dropped."""
    with pytest.raises(CatalogError, match="both audited and ignored"):
        by_ce_type(CATALOG, (*IGNORED, "schedule.paused"), CHOICES)


def test_ce_type_ignored_twice_is_refused() -> None:
    """The list of ignored types has no repetition."""
    with pytest.raises(CatalogError, match="ignored twice"):
        by_ce_type(CATALOG, (*IGNORED, IGNORED[0]), CHOICES)


def test_ce_type_that_feeds_two_types_without_a_choice_is_refused() -> None:
    """Where an event could become two types, someone must choose."""
    with pytest.raises(CatalogError, match="choice is missing"):
        by_ce_type(CATALOG, IGNORED, {})


def test_choice_that_no_ce_type_needs_is_refused() -> None:
    """A choice for an event that feeds one type would never be asked."""
    idle = {**CHOICES, "report.exported": CHOICES["billing.subscription_changed"]}
    with pytest.raises(CatalogError, match="idle"):
        by_ce_type(CATALOG, IGNORED, idle)


def test_ce_type_that_feeds_one_type_twice_is_refused() -> None:
    """One event is not two operations of one type."""
    twice = AuditType(**{**GOOD, "feeds": (Feed("door.opened"), Feed("door.opened"))})
    with pytest.raises(CatalogError, match="twice"):
        by_ce_type((twice,), (), {})


def test_ce_type_of_a_family_without_topic_is_refused() -> None:
    """An event type that no subscribed topic carries would never arrive."""
    with pytest.raises(CatalogError, match="no topic"):
        by_ce_type((AuditType(**GOOD),), (), {})


def test_type_of_a_family_that_is_not_listed_is_refused() -> None:
    """A type's family has a label, which the page shows."""
    with pytest.raises(CatalogError, match="family is not listed"):
        by_name((AuditType(**GOOD),))


def test_catalog_cannot_be_changed() -> None:
    """The list is data for three programs; none may write to it."""
    with pytest.raises(AttributeError):
        CATALOG[0].label = "Other"  # type: ignore[misc]
    with pytest.raises(TypeError):
        BY_NAME["other.type"] = CATALOG[0]  # type: ignore[index]
