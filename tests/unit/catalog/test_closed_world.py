"""Catalog, schemas, examples and golden files name the same things: nothing is missing, nothing is unused."""

import copy
import json
from collections import Counter
from typing import Any

import pytest
from fastavro.schema import expand_schema

from catalog import render
from catalog.audit_types import BY_CE_TYPE, CATALOG
from catalog.definitions import AuditType, FacetOf
from catalog.plans import INTERVALS
from catalog.reasons import GapCause, HaltCause, IgnoreReason, ParkReason
from catalog.topics import IGNORED, TOPICS, topic_of
from schemas import all_schemas, examples, latest, parsed
from tests.golden.outcome import FOLDER

# What every event's data begins with, kept in columns of their own (SPEC 3).
COMMON = {"workspace_id", "actor", "origin"}
ROUTES = [(audit_type, ce_type) for ce_type, route in BY_CE_TYPE.items() for audit_type, _ in route.ways.values()]
# What SPEC 3 fixes.
CONTRACT = {
    "integration.connected", "integration.disconnected", "integration.reconnected", "member.invite_sent",
    "member.added", "member.removed", "member.role_changed", "billing.plan_upgraded", "billing.plan_downgraded",
    "billing.addon_purchased", "billing.payment_failed", "schedule.lifecycle_changed", "report.exported",
    "workspace.settings_updated",
}  # fmt: skip
SERVICES = ("integrations", "members", "billing", "schedules", "reports", "workspaces", "analyses")
SCALARS = ["null", "boolean", "long", "double", "string"]


def fields(schema: Any) -> dict[str, Any]:
    return {field["name"]: field["type"] for field in schema["fields"]}


def shape(ce_type: str) -> dict[str, Any]:
    """The data of an event type, with named types in full wherever they occur."""
    return fields(expand_schema(copy.deepcopy(parsed(latest(ce_type)))))


def named(audit_type: AuditType) -> set[str]:
    """The fields of the event itself that the catalog accounts for."""
    facets = {facet.name for facet in audit_type.facets if facet.of is FacetOf.EVENT}
    return facets | {audit_type.subject.id} | {field.name for field in audit_type.facts + audit_type.context}


def unaccounted(audit_type: AuditType, data: dict[str, Any]) -> set[str]:
    """Names on one side only: fields of the schema that nothing stores, and stored names that no schema has."""
    snapshots = data.keys() & {"before", "after"}
    names = (data.keys() - COMMON - snapshots) ^ (named(audit_type) - {"workspace_id"})
    tracked = {field.name for field in audit_type.tracked}
    for side in snapshots:
        names |= fields(data[side]).keys() ^ tracked
    return names if snapshots or not tracked else names | tracked


def test_the_types_of_the_contract_are_there() -> None:
    """The fourteen audit types of SPEC 3, in their six families; a type that came later needs no line here."""
    families = Counter(name.partition(".")[0] for name in CONTRACT)

    assert len(CONTRACT) == 14
    assert families == {"integration": 3, "member": 4, "billing": 4, "schedule": 1, "report": 1, "workspace": 1}
    assert CONTRACT - {audit_type.name for audit_type in CATALOG} == set()


def test_the_topics_of_the_contract_are_there_and_each_topic_carries_something() -> None:
    """The seven topics of SPEC 3 are listed, and no topic is listed that no listed event type comes by."""
    assert {f"callmine.{name}" for name in SERVICES} - set(TOPICS) == set()
    assert {topic_of(ce_type) for ce_type in (*BY_CE_TYPE, *IGNORED)} == set(TOPICS)


def test_schemas_are_those_of_the_listed_event_types() -> None:
    """Every listed event type has a schema, and every schema is of a listed event type."""
    assert {schema.ce_type for schema in all_schemas()} == {*BY_CE_TYPE, *IGNORED}


@pytest.mark.parametrize(("audit_type", "ce_type"), ROUTES, ids=lambda value: getattr(value, "name", value))
def test_no_field_of_an_audited_event_is_unaccounted_for(audit_type: AuditType, ce_type: str) -> None:
    """Every field of an audited event's schema is stored as the catalog says, and the catalog names no other."""
    assert unaccounted(audit_type, shape(ce_type)) == set()


def test_a_field_that_nothing_stores_would_be_found() -> None:
    """The check above refuses a schema with one more field, in the event or in a snapshot, and one with a field less."""
    audit_type, data = CATALOG[2], shape("integration.reconnected")
    grown = copy.deepcopy(data)
    grown["after"]["fields"].append({"name": "region", "type": "string"})

    assert unaccounted(audit_type, data) == set()
    assert unaccounted(audit_type, {**data, "region": "string"}) == {"region"}
    assert unaccounted(audit_type, grown) == {"region"}
    assert unaccounted(audit_type, {name: data[name] for name in data if name != "provider"}) == {"provider"}


@pytest.mark.parametrize(("audit_type", "ce_type"), ROUTES, ids=lambda value: getattr(value, "name", value))
def test_open_map_is_a_map_of_scalars_and_nothing_else_is(audit_type: AuditType, ce_type: str) -> None:
    """The rule for secret keys checks a map's own keys, so a map holds scalars and is declared as open."""
    data = shape(ce_type)
    holder = fields(data.get("after", data.get("before"))) if audit_type.tracked else data
    maps = {name: type_["values"] for name, type_ in holder.items() if type_ is not None and kind(type_) == "map"}

    assert maps == {field.name: SCALARS for field in audit_type.stored if field.open_map}


def kind(type_: Any) -> Any:
    return type_["type"] if isinstance(type_, dict) else type_


@pytest.mark.parametrize(("audit_type", "ce_type"), ROUTES, ids=lambda value: getattr(value, "name", value))
def test_facet_values_are_the_schema_s_symbols(audit_type: AuditType, ce_type: str) -> None:
    """A facet is closed exactly if its field is an enum, and then its values are the symbols."""
    data = shape(ce_type)
    for facet in audit_type.facets:
        if facet.of is FacetOf.EVENT:
            type_ = data[facet.name]
            symbols = type_["symbols"] if isinstance(type_, dict) else []
            assert symbols == [value for value, _ in facet.values]


def test_intervals_are_the_schema_s_symbols() -> None:
    """The order of intervals knows every interval that a subscription can have."""
    assert tuple(fields(shape("billing.subscription_changed")["after"])["interval"]["symbols"]) == INTERVALS


def test_every_event_type_has_an_example() -> None:
    """No listed event type is without an example, and every example is of a listed type."""
    assert {example.ce_type for example in examples()} == {*BY_CE_TYPE, *IGNORED}


def test_every_audit_type_and_facet_value_has_a_golden_row() -> None:
    """The golden files show each audit type and every value of each closed facet at least once."""
    outcomes = [json.loads(path.read_text("utf-8")) for path in FOLDER.glob("*.v*/*.json")]
    rows = [outcome["row"] for outcome in outcomes if outcome["outcome"] == "recorded"]
    declared = {
        (audit_type.name, f"{facet.name}:{value}")
        for audit_type in CATALOG
        if audit_type.name not in {"integration.disconnected", "integration.reconnected"}
        for facet in audit_type.facets
        for value, _ in facet.values
    }

    assert {row["action"] for row in rows} == {audit_type.name for audit_type in CATALOG}
    assert declared - {(row["action"], facet) for row in rows for facet in row["facets"]} == set()


def test_json_and_markdown_name_everything() -> None:
    """Both printed forms of the catalog hold every type, event type, stored field, topic and reason."""
    shown = json.loads(render.as_json())
    page = render.as_markdown()
    reasons = [*IgnoreReason, *ParkReason, *GapCause, *HaltCause]
    words = [
        *(audit_type.name for audit_type in CATALOG),
        *BY_CE_TYPE,
        *IGNORED,
        *(field.name for audit_type in CATALOG for field in audit_type.stored),
        *reasons,
    ]

    assert [word for word in words if f"`{word}`" not in page] == []
    assert [audit_type_shown["name"] for audit_type_shown in shown["types"]] == [
        audit_type.name for audit_type in CATALOG
    ]
    assert {audit_type_shown["ce_type"] for audit_type_shown in shown["ignored"]} == set(IGNORED)
    assert set(shown["topics"]) == set(TOPICS)
    assert {word for listed in shown["reasons"].values() for word in listed} == set(reasons)
