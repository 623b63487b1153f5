"""Every schema has no references, is the one that SPEC 3 states, and is the same schema in every Avro library."""

import json
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from itertools import pairwise
from typing import Any

import avro.schema
import pytest
from avro.compatibility import ReaderWriterCompatibilityChecker, SchemaCompatibilityType
from fastavro import schemaless_reader
from fastavro.read import SchemaResolutionError
from fastavro.schema import expand_schema

import schemas
from catalog.topics import topic_of
from schemas import SchemaFile
from tests.golden.released import edited, released

# What SPEC 3 fixes. A type that came later has no line here: its own files say what it is.
TABLE = {  # topic, ce_type, the fields behind workspace, actor and origin
    "integrations": {
        "integration.connected": "provider after",
        "integration.disconnected": "provider before reason",
        "integration.reconnected": "provider before after",
        "integration.sync_completed": "provider items",
    },
    "members": {
        "member.invited": "invitation_id after",
        "member.joined": "member_id invitation_id after",
        "member.removed": "member_id before",
        "member.role_changed": "member_id before after",
        "member.signed_in": "member_id",
    },
    "billing": {
        "billing.subscription_changed": "before after",
        "billing.addon_purchased": "addon quantity amount",
        "billing.payment_failed": "invoice_id attempt amount failure_code",
        "billing.invoice_paid": "invoice_id amount",
    },
    "schedules": {
        "schedule.created": "schedule_id after",
        "schedule.edited": "schedule_id before after",
        "schedule.activated": "schedule_id before after",
        "schedule.paused": "schedule_id before after",
        "schedule.deleted": "schedule_id before",
        "schedule.run_completed": "schedule_id run_id",
    },
    "reports": {
        "report.exported": "report_id title format",
        "report.viewed": "report_id",
        "dashboard.viewed": "dashboard_id",
    },
    "workspaces": {
        "workspace.settings_changed": "before after",
        "workspace.created": "after",
    },
    "analyses": {
        "analysis.submitted": "analysis_id",
        "analysis.completed": "analysis_id",
    },
}
TYPES = {ce_type: (topic, names.split()) for topic, types in TABLE.items() for ce_type, names in types.items()}

ACTOR = {"type": ("user", "system"), "id": "string", "email": ["null", "string"]}
ORIGIN = {
    "channel": ("web", "api", "mcp", "system", "unknown"),
    "client": ["null", "string"],
    "tool": ["null", "string"],
}
COMMON = {"workspace_id": "string", "actor": ACTOR, "origin": ORIGIN}
CONNECTION = {"account": "string", "scopes": {"array of": "string"}}
MEMBERSHIP = {"email": "string", "role": "string"}
SUBSCRIPTION = {"plan": "string", "seats": "int", "interval": ("month", "year")}
FORMAT = ("pdf", "docx", "json")
SCHEDULE = {
    "name": "string",
    "cron": "string",
    "timezone": "string",
    "status": ("active", "paused"),
    "recipients": {"array of": "string"},
    "report": {"template": "string", "format": FORMAT},
}
SETTINGS = {
    "name": "string",
    "timezone": "string",
    "preferences": {"map of": ["null", "boolean", "long", "double", "string"]},
}
SNAPSHOTS = {  # by the family of the type
    "integration": CONNECTION,
    "member": MEMBERSHIP,
    "billing": SUBSCRIPTION,
    "schedule": SCHEDULE,
    "workspace": SETTINGS,
}
FACTS = {
    "provider": ("gong", "hubspot", "slack"),
    "reason": ["null", "string"],
    "items": "long",
    "quantity": "int",
    "attempt": "int",
    "amount": {"minor_units": "long", "currency": "string"},
    "failure_code": ["null", "string"],
    "format": FORMAT,
}
AVRO_KEYS = {
    "type",
    "name",
    "namespace",
    "doc",
    "fields",
    "symbols",
    "items",
    "values",
    "default",
}

each_schema = pytest.mark.parametrize("schema", schemas.all_schemas(), ids=lambda schema: schema.ce_type)


def nodes(schema: Any) -> Iterator[dict[str, Any]]:
    """Every object of a schema: types and fields."""
    if isinstance(schema, dict):
        yield schema
        for key in ("type", "fields", "items", "values"):
            yield from nodes(schema.get(key))
    elif isinstance(schema, list):
        for part in schema:
            yield from nodes(part)


def foreign_keys(schema: Any) -> set[str]:
    """Custom attributes and logical types: what is not the bare Avro language."""
    return {key for node in nodes(schema) for key in node.keys() - AVRO_KEYS}


def defined_names(schema: SchemaFile) -> list[str]:
    """The full names of the named types, in order of definition; all share the top-level namespace."""
    top = json.loads(schema.text)
    return [f"{top['namespace']}.{node['name']}" for node in nodes(top) if node.get("type") in ("record", "enum")]


def shape(schema: Any) -> Any:
    """A type without its names: a record as a dict of its fields, an enum as a tuple of its symbols."""
    if isinstance(schema, list):
        return [shape(branch) for branch in schema]
    if not isinstance(schema, dict):
        return schema
    match schema["type"]:
        case "record":
            return {field["name"]: shape(field["type"]) for field in schema["fields"]}
        case "enum":
            return tuple(schema["symbols"])
        case "array":
            return {"array of": shape(schema["items"])}
        case "map":
            return {"map of": shape(schema["values"])}
        case primitive:
            return primitive


def expected_shape(ce_type: str, field: str) -> Any:
    """What SPEC 3 says of one field; ids, titles and other unlisted facts are strings."""
    if field in ("before", "after"):
        return SNAPSHOTS[ce_type.split(".", maxsplit=1)[0]]
    if (ce_type, field) == ("member.joined", "invitation_id"):
        return ["null", "string"]
    return FACTS.get(field, "string")


def version_1(ce_type: str) -> SchemaFile:
    """The first schema of a type."""
    return next(schema for schema in schemas.all_schemas() if schema.ce_type == ce_type)


def can_read(reader: SchemaFile, writer: SchemaFile) -> bool:
    """Whether Apache's library finds that the reader reads all that the writer may write."""
    checker = ReaderWriterCompatibilityChecker()  # type: ignore[no-untyped-call]
    result = checker.get_compatibility(avro.schema.parse(reader.text), avro.schema.parse(writer.text))
    return bool(result.compatibility is SchemaCompatibilityType.compatible)


def version_2(schema: SchemaFile, *added: dict[str, Any]) -> SchemaFile:
    """A made-up next version with more fields."""
    top = json.loads(schema.text)
    top["fields"].extend(added)
    return schemas.read_schema(f"{schema.ce_type}.v{schema.version + 1}", json.dumps(top))


def example_of(schema: SchemaFile) -> dict[str, Any]:
    """The data of the plain example."""
    wanted = (schema.ce_type, schema.version, "plain")
    return next(
        dict(sample.data) for sample in schemas.examples() if (sample.ce_type, sample.version, sample.case) == wanted
    )


def read_with(reader: SchemaFile, writer: SchemaFile) -> dict[str, Any]:
    """The writer's plain example, resolved to the reader's schema by fastavro."""
    written = BytesIO(schemas.body(writer, example_of(writer)))
    data = schemaless_reader(written, json.loads(writer.text), json.loads(reader.text))
    assert isinstance(data, dict)
    return data


def test_the_files_are_the_types_of_the_table() -> None:
    """There is a schema for every ce_type of SPEC 3; that no other is unlisted is in tests/unit/catalog."""
    assert len(TYPES) == 26
    assert TYPES.keys() - {schema.ce_type for schema in schemas.all_schemas()} == set()


def test_versions_have_no_hole() -> None:
    """The versions of a type are 1, 2, 3 … and `latest` gives the last of them."""
    versions: dict[str, list[int]] = {}
    for schema in schemas.all_schemas():
        versions.setdefault(schema.ce_type, []).append(schema.version)

    assert all(numbers == list(range(1, len(numbers) + 1)) for numbers in versions.values())
    assert all(schemas.latest(ce_type).version == numbers[-1] for ce_type, numbers in versions.items())


@each_schema
def test_full_name_follows_from_the_type(schema: SchemaFile) -> None:
    """The top-level record of `schedule.run_completed` is `callmine.schedules.ScheduleRunCompleted`."""
    name = "".join(word.capitalize() for word in schema.ce_type.replace(".", "_").split("_"))

    assert schema.full_name == f"{topic_of(schema.ce_type)}.{name}"


@each_schema
def test_two_libraries_compute_one_fingerprint(schema: SchemaFile) -> None:
    """Each file parses alone in both libraries, to the same canonical form and fingerprint, in wire order."""
    apache = avro.schema.parse(schema.text)

    assert apache.fingerprint("CRC-64-AVRO") == schema.fingerprint
    assert len(schema.fingerprint) == 8
    assert schemas.by_fingerprint(schema.fingerprint) == schema


def test_a_released_schema_is_not_edited() -> None:
    """The fingerprints, which services have compiled in, are those of the day of release; `make golden` adds new ones."""
    assert edited(released(), schemas.all_schemas()) == []
    assert released().keys() == {f"{schema.ce_type}.v{schema.version}" for schema in schemas.all_schemas()}


def test_an_edited_schema_would_be_noticed() -> None:
    """A file whose fingerprint is not the released one is named, with what to do instead; so is one that is gone."""
    first, *others = schemas.all_schemas()
    name = f"{first.ce_type}.v{first.version}"
    changed = replace(first, fingerprint=bytes(8))

    assert edited(released(), [changed, *others]) == [
        f"{name} is released with fingerprint {released()[name]}: undo the edit, and add a next version"
    ]
    assert edited(released(), others) == [f"{name} is released and its file is gone: restore it"]


def test_wire_order_is_that_of_the_avro_project() -> None:
    """The header for `"int"` is that of Apache's own tests; the fingerprint is 0x7275d51a3f395c8f."""
    published = SchemaFile("int", 1, '"int"', avro.schema.parse('"int"').fingerprint(), "int")

    assert schemas.single_object_header(published) == bytes.fromhex("c3018f5c393f1ad57572")
    assert schemas.by_fingerprint(published.fingerprint) is None


@each_schema
def test_a_schema_is_bare_avro(schema: SchemaFile) -> None:
    """No logical types and no custom attributes, which libraries hash and generate differently."""
    assert foreign_keys(json.loads(schema.text)) == set()


@pytest.mark.parametrize(
    "spoiled",
    [
        {"name": "at", "type": {"type": "long", "logicalType": "timestamp-micros"}},
        {
            "name": "at",
            "type": ["null", {"type": "string", "avro.java.string": "String"}],
        },
        {"name": "at", "type": "string", "pii": True},
        {
            "name": "at",
            "type": {
                "type": "map",
                "values": {"type": "bytes", "logicalType": "decimal"},
            },
        },
    ],
)
def test_the_bare_avro_guard_refuses(spoiled: dict[str, Any]) -> None:
    """A logical type or an attribute is found wherever it hides."""
    assert foreign_keys({"type": "record", "name": "R", "fields": [spoiled]}) != set()


def test_no_name_is_taken_twice() -> None:
    """Named types of all files can live in one process: a code generator and a global name table need that."""
    names = [name for schema in schemas.all_schemas() if schema.version == 1 for name in defined_names(schema)]

    assert len(names) > 26
    assert len(names) == len(set(names))


@pytest.mark.parametrize("ce_type", TYPES)
def test_version_1_is_what_the_contract_says(ce_type: str) -> None:
    """Fields, their order and their types are those of SPEC 3."""
    _, names = TYPES[ce_type]
    expected = COMMON | {name: expected_shape(ce_type, name) for name in names}

    assert list(shape(expand_schema(json.loads(version_1(ce_type).text))).items()) == list(expected.items())


@each_schema
def test_version_1_begins_as_every_event_does(schema: SchemaFile) -> None:
    """Workspace, actor and origin come first, and nothing but the channel's enum has a default (SPEC 3)."""
    first = json.loads(version_1(schema.ce_type).text)
    with_default = [node for node in nodes(first) if "default" in node]

    assert list(shape(expand_schema(first)).items())[:3] == list(COMMON.items())
    assert [(node["type"], node["default"]) for node in with_default] == [("enum", "unknown")]


def test_a_version_reads_the_one_before() -> None:
    """Each released version reads what the version before it writes, by the rules of both libraries."""
    every = schemas.all_schemas()
    for before, after in pairwise(every):
        if after.ce_type == before.ce_type:
            assert can_read(after, before)
            assert read_with(after, before).keys() >= read_with(before, before).keys()


@each_schema
def test_a_field_with_a_default_may_be_added(schema: SchemaFile) -> None:
    """The way forward is open: a next version with a defaulted field reads this one."""
    later = version_2(schema, {"name": "note", "type": ["null", "string"], "default": None})

    assert later.full_name == schema.full_name
    assert later.fingerprint != schema.fingerprint
    assert can_read(later, schema)
    assert read_with(later, schema) == read_with(schema, schema) | {"note": None}


@pytest.mark.parametrize(
    "incompatible",
    [
        {"name": "note", "type": "string"},
        {"name": "seal", "type": {"type": "fixed", "name": "Seal", "size": 8}},
    ],
)
def test_the_version_guard_refuses(incompatible: dict[str, Any]) -> None:
    """A second version that demands a field which the first did not write is found by both libraries."""
    schema = schemas.latest("report.exported")
    spoiled = version_2(schema, incompatible)

    assert not can_read(spoiled, schema)
    with pytest.raises(SchemaResolutionError):
        read_with(spoiled, schema)


def test_the_version_guard_refuses_a_lost_symbol() -> None:
    """A second version whose enum has lost a symbol cannot read what the first wrote with it."""
    schema = schemas.latest("report.exported")
    spoiled = replace(schema, text=schema.text.replace('["pdf", "docx", "json"]', '["docx", "json"]'))

    assert not can_read(spoiled, schema)
    with pytest.raises(SchemaResolutionError):
        read_with(spoiled, schema)
