"""Plans for the native code: what they hold, and what gets none. That the rows are the definition's is tested where it is compiled."""

import re
from dataclasses import replace
from typing import Any

import pytest

import schemas
from catalog.audit_types import BY_CE_TYPE, CATALOG, Route
from catalog.definitions import Field
from consumer.event.decode import Decoder
from consumer.native.fast_path import FastPath
from consumer.native.plan import MAX_FIELDS, MAX_MEMBERS, NotPlannedError, plan
from tests.builders import event, record
from tests.repository import ROOT

DECODER = Decoder(schemas.all_schemas())


def planned(ce_type: str, route: Route | None = None, **types: Any) -> Any:
    """The plan of a type; `types` replace those of fields of the snapshots."""
    schema = DECODER.reader(ce_type)
    assert isinstance(schema, dict)
    fields = [
        {**field, "type": _with(field["type"], types)} if field["name"] == "before" else field
        for field in schema["fields"]
    ]
    return plan(ce_type, route or BY_CE_TYPE[ce_type], {**schema, "fields": fields})


def _with(snapshot: Any, types: dict[str, Any]) -> Any:
    changed = [{**field, "type": types.get(field["name"], field["type"])} for field in snapshot["fields"]]
    return {**snapshot, "fields": changed}


def test_a_plan_has_the_places_of_what_is_stored() -> None:
    """Of the edit of a role: its record, its texts, and e-mail and role in both snapshots."""
    data, ce_type, action, subject, prefix, edit, places, label, people, tracked, facts, context, facets = planned(
        "member.role_changed"
    )

    assert (ce_type, action, subject, prefix, edit) == (
        b"member.role_changed",
        "member.role_changed",
        b"member",
        b"user_",
        True,
    )
    names = data[1]
    assert [names[place] for place in places] == [
        b"workspace_id",
        b"actor",
        b"origin",
        b"member_id",
        b"before",
        b"after",
    ]
    assert (label, people) == ((-1, 0, 0), (0, 1, 2, 0, 1, 2))
    assert tracked == ((b"email", 0, 0, False, False), (b"role", 1, 1, False, False))
    assert (facts, context, facets) == ((), (), ())


def test_a_type_that_needs_a_choice_has_no_plan() -> None:
    """The choice is a function of Python."""
    with pytest.raises(NotPlannedError, match="several"):
        planned("billing.subscription_changed")


def test_a_masked_field_has_no_plan() -> None:
    """Only keys of an open map are masked by the native code."""
    ce_type = "member.removed"
    [(audit_type, feed)] = BY_CE_TYPE[ce_type].ways.values()
    masked = replace(audit_type, tracked=(*audit_type.tracked[:-1], Field(audit_type.tracked[-1].name, masked=True)))

    with pytest.raises(NotPlannedError, match="masked"):
        planned(ce_type, Route({masked.name: (masked, feed)}, None))


@pytest.mark.parametrize(
    "type_",
    [
        "float", "bytes", {"type": "fixed", "name": "f", "size": 2}, ["int", "long"], ["null", {"type": "enum", "name": "e", "symbols": ["a"]}, "string"],
        {"type": "array", "items": {"type": "array", "items": "int"}}, {"type": "map", "values": ["null", {"type": "array", "items": "int"}]},
    ],
)  # fmt: skip
def test_types_that_are_compared_or_written_otherwise_have_no_plan(type_: Any) -> None:
    """Bytes that differ must be values that differ, and each kind must have one text."""
    with pytest.raises(NotPlannedError):
        planned("member.removed", role=type_)


def test_an_actor_that_may_be_missing_has_no_plan() -> None:
    """The native code looks into it without asking."""
    ce_type = "member.removed"
    schema: Any = DECODER.reader(ce_type)
    fields = [
        {**field, "type": ["null", field["type"]]} if field["name"] == "actor" else field for field in schema["fields"]
    ]

    with pytest.raises(NotPlannedError, match="missing"):
        plan(ce_type, BY_CE_TYPE[ce_type], {**schema, "fields": fields})


@pytest.mark.parametrize(
    "type_",
    [
        {"type": "enum", "name": "Country", "symbols": [f"C{number}" for number in range(MAX_MEMBERS + 1)]},
        {"type": "record", "name": "R", "fields": [{"name": f"f{n}", "type": "int"} for n in range(MAX_MEMBERS + 1)]},
    ],
    ids=["enum", "record"],
)
def test_what_the_native_code_has_no_room_for_has_no_plan(type_: Any) -> None:
    """A consumer with such a schema starts all the same."""
    with pytest.raises(NotPlannedError, match="more than 128"):
        planned("member.removed", role=type_)


def test_more_fields_than_there_is_room_for_have_no_plan() -> None:
    """Of those whose changes are marked."""
    ce_type = "member.removed"
    [(audit_type, feed)] = BY_CE_TYPE[ce_type].ways.values()
    many = replace(
        audit_type, tracked=(*audit_type.tracked, *(Field("f" + "a" * number) for number in range(MAX_FIELDS)))
    )

    with pytest.raises(NotPlannedError, match="more than 64"):
        planned(ce_type, Route({many.name: (many, feed)}, None))


def test_there_is_as_much_room_as_the_native_code_says() -> None:
    """The two numbers are written down twice."""
    texts = "".join((ROOT / "consumer" / "native" / name).read_text("utf-8") for name in ("avro.h", "plan.h"))

    assert {f"MAX_MEMBERS = {MAX_MEMBERS} ", f"MAX_FIELDS = {MAX_FIELDS} "} == set(
        re.findall(r"(?:MAX_MEMBERS|MAX_FIELDS) = \d+ ", texts)
    )


def test_snapshots_of_two_types_have_no_plan() -> None:
    """A string and an enum may be the same JSON."""
    ce_type = "member.role_changed"
    schema: Any = DECODER.reader(ce_type)
    [before] = [field["type"] for field in schema["fields"] if field["name"] == "before"]
    other = {**_with(before, {"role": "long"}), "name": "Other"}
    fields = [{**field, "type": other} if field["name"] == "after" else field for field in schema["fields"]]

    with pytest.raises(NotPlannedError, match="differ"):
        plan(ce_type, BY_CE_TYPE[ce_type], {**schema, "fields": fields})


def test_each_schema_of_the_catalog_is_tried() -> None:
    """What gets no plan is known: the types with a choice."""
    without = set()
    for ce_type in BY_CE_TYPE:
        try:
            plan(ce_type, BY_CE_TYPE[ce_type], DECODER.reader(ce_type))
        except NotPlannedError:
            without.add(ce_type)

    assert without == {"billing.subscription_changed"}
    assert len(CATALOG) > len(without)


def test_without_the_extension_there_is_no_answer() -> None:
    """An editable installation has none, and everything is left to the pipeline."""
    fast_path = FastPath(DECODER)
    if not fast_path.ce_types:
        assert fast_path.row(record(event()), 0) is None
