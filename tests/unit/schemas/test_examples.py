"""Every example is a record that a service could send, and together they show every case that a reader must know."""

import json
from collections import Counter
from io import BytesIO
from typing import Any

import pytest
from avro.io import BinaryDecoder, DatumReader
from avro.schema import parse
from fastavro import schemaless_reader

import schemas
from schemas import Example

HEADERS = {"ce_specversion", "ce_id", "ce_source", "ce_type", "ce_time", "content-type"}
OPTIONAL_HEADERS = {"ce_subject", "traceparent"}
EDITS = {
    "schedule.edited",
    "workspace.settings_changed",
    "member.role_changed",
    "billing.subscription_changed",
}
BY_MCP = EDITS | {
    "integration.disconnected",
    "member.invited",
    "member.removed",
    "billing.addon_purchased",
    "schedule.created",
    "schedule.activated",
    "schedule.paused",
    "schedule.deleted",
    "report.exported",
}
EDGES = {
    ("integration.connected", "no_scopes"),
    ("integration.disconnected", "null_reason"),
    ("billing.payment_failed", "null_failure_code"),
    ("billing.subscription_changed", "plan_downgrade"),
    ("billing.subscription_changed", "upgrade_by_seats"),
    ("billing.subscription_changed", "upgrade_by_interval"),
    ("billing.subscription_changed", "unknown_plan"),
    ("schedule.created", "unicode_name_no_recipients"),
    ("schedule.edited", "recipients_added_and_removed"),
    ("schedule.paused", "system_quota"),
    *(
        ("workspace.settings_changed", f"preference_{kind}")
        for kind in ["null", "boolean", "long", "double", "string", "secret"]
    ),
}

each_example = pytest.mark.parametrize(
    "example",
    schemas.examples(),
    ids=lambda example: f"{example.ce_type}.v{example.version}-{example.case}",
)


def source_of(ce_type: str) -> str:
    """The ce_source of the service that emits a type."""
    topic = schemas.latest(ce_type).full_name.split(".")[1]
    return f"/services/{topic}"


def schema_of(example: Example) -> schemas.SchemaFile:
    """The schema of the example's own version."""
    version = (example.ce_type, example.version)
    return next(schema for schema in schemas.all_schemas() if (schema.ce_type, schema.version) == version)


def exact(data: Any) -> str:
    """Tells 1 from 1.0 and from true, as Python's == does not."""
    return json.dumps(data, sort_keys=True)


@each_example
def test_an_example_is_read_back_as_it_is(example: Example) -> None:
    """Two libraries decode what we encode to the same data, number for number."""
    schema = schema_of(example)
    framed = schemas.encode_single_object(schema, example.data)
    apache = DatumReader(parse(schema.text)).read(BinaryDecoder(BytesIO(framed[10:])))

    assert framed[:10] == b"\xc3\x01" + schema.fingerprint
    assert exact(schemaless_reader(BytesIO(framed[10:]), schemas.parsed(schema), None)) == exact(example.data)
    assert exact(apache) == exact(example.data)


@each_example
def test_headers_agree_with_the_folder(example: Example) -> None:
    """The CloudEvents headers are complete, name the folder's type and its service, and the key is the workspace."""
    headers = example.headers

    assert headers.keys() >= HEADERS
    assert headers.keys() <= HEADERS | OPTIONAL_HEADERS
    assert headers["ce_specversion"] == "1.0"
    assert headers["content-type"] == "application/avro"
    assert headers["ce_type"] == example.ce_type
    assert headers["ce_source"] == source_of(example.ce_type)
    assert example.key == example.data["workspace_id"]


@each_example
def test_actors_and_origins_are_plausible(example: Example) -> None:
    """A user has a Clerk id, a system actor is its service without e-mail; only MCP has a client and a tool."""
    actor, origin = example.data["actor"], example.data["origin"]
    by_mcp = origin["channel"] == "mcp"

    assert example.key.startswith("org_2")
    if actor["type"] == "user":
        assert actor["id"].startswith("user_2")
    else:
        assert (f"/services/{actor['id']}", actor["email"]) == (
            example.headers["ce_source"],
            None,
        )
    assert (origin["client"] is not None) == by_mcp
    assert (origin["tool"] is not None) == by_mcp


def test_addresses_are_scrubbed() -> None:
    """No e-mail address of an example can belong to anyone: every domain is under .example (RFC 2606)."""
    text = json.dumps([example.data for example in schemas.examples()], ensure_ascii=False)
    domains = {part.split('"')[0].split(" ")[0] for part in text.split("@")[1:]}

    assert len(domains) > 1
    assert all(domain.endswith(".example") for domain in domains)


def test_no_event_is_there_twice() -> None:
    """Two examples never share an identity, so that all of them can be published together."""
    identities = Counter((sample.headers["ce_source"], sample.headers["ce_id"]) for sample in schemas.examples())

    assert max(identities.values()) == 1


def test_every_case_that_must_be_shown_is() -> None:
    """Each schema has `plain`, each change that a connector can make has `mcp`, each edit has `no_change`."""
    cases = {(example.ce_type, example.case) for example in schemas.examples()}
    required = {(schema.ce_type, "plain") for schema in schemas.all_schemas()}
    required |= {(ce_type, "mcp") for ce_type in BY_MCP} | {(ce_type, "no_change") for ce_type in EDITS} | EDGES

    assert required - cases == set()


def test_cases_named_after_what_they_show_show_it() -> None:
    """`mcp` comes through MCP with a client and a tool; `no_change` has the same snapshot twice."""
    named = {(example.ce_type, example.case): example.data for example in schemas.examples()}

    assert {named[ce_type, "mcp"]["origin"]["channel"] for ce_type in BY_MCP} == {"mcp"}
    assert {named[ce_type, "mcp"]["origin"]["client"] for ce_type in BY_MCP} == {
        "claude-desktop",
        "claude.ai",
        "chatgpt",
    }
    assert all(named[ce_type, "no_change"]["before"] == named[ce_type, "no_change"]["after"] for ce_type in EDITS)


@pytest.mark.parametrize(
    ("folder", "name", "content"),
    [
        (
            "report.viewed.v1",
            "plain.json",
            {"key": "org_2a", "headers": {}, "data": {}, "extra": 1},
        ),
        ("report.viewed.v1", "plain.json", {"key": "org_2a", "headers": {}}),
        ("report.viewed.v1", "plain.txt", {"key": "org_2a", "headers": {}, "data": {}}),
        ("report.viewed", "plain.json", {"key": "org_2a", "headers": {}, "data": {}}),
        (
            "report.viewed.v0",
            "plain.json",
            {"key": "org_2a", "headers": {}, "data": {}},
        ),
    ],
)
def test_what_is_not_an_example_is_refused(folder: str, name: str, content: dict[str, Any]) -> None:
    """A stray file or key in the examples is an error, not something passed over."""
    with pytest.raises(ValueError, match=r"is not <ce_type>|an example is"):
        schemas.read_example(folder, name, json.dumps(content))
