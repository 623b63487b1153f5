"""A row holds what the event says: identities as they came, other text made storable, and a digest of both."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.audit_types import BY_NAME
from catalog.definitions import AuditType
from consumer.event.diff import Changes
from consumer.event.model import Envelope, Event, Partition, Poison, Record, Row
from consumer.event.row import kafka_time, row

TIME, TIME_US = "2026-05-11T06:46:16.077781Z", 1_778_481_976_077_781
SENT_MS = 1_778_481_976_077
PAUSED = BY_NAME["schedule.lifecycle_changed"].feeds[3]
CHANGES: Changes = {"/status": {"after": "paused", "before": "active"}}


def event(data: Mapping[str, Any] | None = None, **attributes: Any) -> Event:
    envelope = Envelope("e-1", "/services/schedules", "schedule.paused", TIME, TIME_US, "0" * 31 + "1")
    whole = {
        "workspace_id": "org_1",
        "actor": {"type": "user", "id": "user_1", "email": "dana@x.example"},
        "origin": {"channel": "web", "client": None, "tool": None},
        "schedule_id": "sch_1",
        "before": {"name": "Old"},
        "after": {"name": "Weekly"},
    }
    return Event(envelope._replace(**attributes), {**whole, **(data or {})})


def record(**parts: Any) -> Record:
    return Record(Partition("callmine.schedules", "id", 3), 42, SENT_MS, b"org_1", b"", ())._replace(**parts)


def row_of(
    data: Mapping[str, Any] | None = None,
    *,
    audit_type: AuditType = BY_NAME["schedule.lifecycle_changed"],
    changes: Changes | None = None,
    attributes: Mapping[str, Any] | None = None,
    **parts: Any,
) -> Row:
    changes = CHANGES if changes is None else changes
    return row(event(data, **(attributes or {})), audit_type, PAUSED, changes, record(**parts)).row


def user(**changed: Any) -> dict[str, Any]:
    return {"actor": {"type": "user", "id": "user_1", "email": "dana@x.example", **changed}}


def recomputed(row: Row) -> bytes:
    """The digest as an auditor would compute it from the columns of the table, with nothing of ours."""
    names = "action actor_email actor_id actor_type channel event_id event_source subject_id subject_label subject_type"
    columns = row._asdict()
    entry = {name: columns[name] for name in [*names.split(), "workspace_id", "diff"]}
    entry["facets"] = [facet for facet in row.facets if not facet.startswith("clock:")]
    entry["occurred_at"] = row.occurred_at
    text = json.dumps(entry, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8")).digest()


def test_every_column_comes_from_its_place() -> None:
    """A plain event fills each column of the table with the value that SPEC 5 names."""
    expected = Row(
        workspace_id="org_1",
        event_source="/services/schedules",
        event_id="e-1",
        action="schedule.lifecycle_changed",
        facets=["operation:paused"],
        actor_type="user",
        actor_id="user_1",
        actor_email="dana@x.example",
        subject_type="schedule",
        subject_id="sch_1",
        subject_label="Weekly",
        channel="web",
        occurred_at=TIME,
        diff='{"changes":{"/status":{"after":"paused","before":"active"}}}',
        kafka_topic="callmine.schedules",
        kafka_partition=3,
        kafka_offset=42,
        kafka_timestamp=SENT_MS,
        content_digest=recomputed(row_of()),
        trace_id="0" * 31 + "1",
    )

    assert expected == row_of()


def test_deleted_thing_is_known_by_its_last_label() -> None:
    """Where there is no `after`, the subject's label is the one it had."""
    data = event().data
    del data["after"]
    deleted = row(Event(event().envelope, data), BY_NAME["schedule.lifecycle_changed"], PAUSED, CHANGES, record())

    assert deleted.row.subject_label == "Old"


@given(
    st.text(max_size=5), st.none() | st.text(max_size=5), st.text(max_size=5), st.dictionaries(st.text(), st.floats())
)
def test_digest_can_be_recomputed_from_the_row(label: str, email: str | None, tool: str, changed: Any) -> None:
    """Ten lines of Python give every row's digest from its columns, whatever texts and numbers it holds."""
    data = {**user(email=email), "after": {"name": label}, "origin": {"channel": "mcp", "client": None, "tool": tool}}
    result = row_of(data, changes={"/x": {"after": changed}})

    assert recomputed(result) == result.content_digest


def test_digest_is_pinned() -> None:
    """The digest of one entry is a constant: a change of the canonical form would make conflicts of all duplicates."""
    assert row_of().content_digest.hex() == "6454f9217818cf3b13ee963bec2a48c1aa95b25b9bd70c3a8960b900cb02966f"


@pytest.mark.parametrize(
    "delivery",
    [
        {"offset": 7},
        {"partition": Partition("other", "id2", 9)},
        {"timestamp_ms": None},
        {"timestamp_ms": 0},
        {"key": None, "value": b"other framing", "headers": (("x", b"y"),)},
        {"attributes": {"trace_id": None}},
    ],
    ids=str,
)
def test_same_event_delivered_otherwise_has_the_same_digest(delivery: dict[str, Any]) -> None:
    """Position, Kafka's time, the clock facet, framing and trace are not part of what an event says."""
    assert row_of(**delivery).content_digest == row_of().content_digest


@pytest.mark.parametrize(
    "other",
    [
        {"data": {"workspace_id": "org_2"}},
        {"data": user(id="user_2")},
        {"data": user(email=None)},
        {"data": user(email="null")},
        {"data": {"actor": {"type": "system", "id": "user_1", "email": "dana@x.example"}}},
        {"data": {"origin": {"channel": "api", "client": None, "tool": None}}},
        {"data": {"schedule_id": "sch_2"}},
        {"data": {"after": {"name": "Other"}}},
        {"changes": {}},
        {"attributes": {"id": "e-2"}},
        {"attributes": {"source": "/services/other"}},
        {"attributes": {"time": TIME.replace("781Z", "782Z")}},
        {
            "audit_type": BY_NAME["member.added"],
            "data": {"member_id": "user_1", "invitation_id": None, "after": {"email": "x"}},
        },
    ],
    ids=str,
)
def test_event_that_says_something_else_has_another_digest(other: dict[str, Any]) -> None:
    """Whatever a reader could see differently makes a conflict, not a duplicate."""
    assert row_of(**other).content_digest != row_of().content_digest


@pytest.mark.parametrize(
    ("ahead", "facets"),
    [
        (timedelta(minutes=5), ["operation:paused"]),
        (timedelta(minutes=5, microseconds=1), ["clock:ahead", "operation:paused"]),
        (-timedelta(days=4000), ["operation:paused"]),
    ],
    ids=["five minutes", "more", "long ago"],
)
def test_clock_ahead_is_more_than_five_minutes(ahead: timedelta, facets: list[str]) -> None:
    """An event from the future is recorded, with a facet, from just over five minutes before Kafka's timestamp."""
    sent = SENT_MS * 1000

    assert row_of(attributes={"time_us": sent + ahead // timedelta(microseconds=1)}).facets == facets


def test_without_kafka_timestamp_no_clock_is_ahead() -> None:
    """Where Kafka has no time, there is nothing to be ahead of."""
    result = row_of(attributes={"time_us": 2**45}, timestamp_ms=None)

    assert (result.facets, result.kafka_timestamp) == (["operation:paused"], None)


@pytest.mark.parametrize(
    ("milliseconds", "expected"),
    [
        (0, datetime(1970, 1, 1, tzinfo=UTC)),
        (253_402_300_799_999, datetime(9999, 12, 31, 23, 59, 59, 999000, tzinfo=UTC)),
        (253_402_300_800_000, None),
        (2**63 - 1, None),
        (-(2**63), None),
        (None, None),
    ],
)
def test_kafka_time_is_exact_and_never_raises(milliseconds: int | None, expected: datetime | None) -> None:
    """A producer may set any number as the timestamp: what is no date is kept as none."""
    assert kafka_time(milliseconds) == expected


def test_source_tag_is_beside_changes_exactly_for_mcp() -> None:
    """The tag comes from the channel and from nothing else; a client or tool that is not known is null."""
    tagged = row_of({"origin": {"channel": "mcp", "client": "claude-desktop", "tool": None}})
    claimed = row_of(
        {"origin": {"channel": "api", "client": "claude-desktop", "tool": "x"}}, changes={"/source": {"after": "mcp"}}
    )

    assert json.loads(tagged.diff) == {
        "changes": CHANGES,
        "source": "mcp",
        "mcp": {"client": "claude-desktop", "tool": None},
    }
    assert json.loads(claimed.diff) == {"changes": {"/source": {"after": "mcp"}}}


def test_context_is_beside_changes_where_given() -> None:
    """What an event says beside its snapshots is kept apart from the changes, and left out when it is null."""
    gone = BY_NAME["integration.disconnected"]
    data = {"provider": "gong", "before": {"account": "a"}, "after": None}

    assert json.loads(row_of({**data, "reason": "moved"}, audit_type=gone, changes={}).diff) == {
        "changes": {},
        "context": {"reason": "moved"},
    }
    assert json.loads(row_of({**data, "reason": None}, audit_type=gone, changes={}).diff) == {"changes": {}}


def test_facets_name_each_setting_once() -> None:
    """Each tracked field that changed is one facet, however many of its leaves changed."""
    changes: Changes = {"/name": {}, "/preferences/a~1b": {}, "/preferences/c": {"masked": True}}

    assert row_of(audit_type=BY_NAME["workspace.settings_updated"], changes=changes).facets == [
        "setting:name",
        "setting:preferences",
    ]


@pytest.mark.parametrize(
    ("data", "changes", "facets"),
    [
        (user(email="a\0@x.io"), {}, ["sanitized:text"]),
        ({"after": {"name": "a\0"}}, {}, ["sanitized:text"]),
        ({"origin": {"channel": "mcp", "client": "a\0", "tool": None}}, {}, ["sanitized:text"]),
        ({}, {"/a\0": {"after": 1}}, ["sanitized:text"]),
        ({}, {"/a": {"after": float("nan")}}, ["sanitized:number"]),
        (user(email="a\0@x.io"), {"/a": {"after": float("inf")}}, ["sanitized:number", "sanitized:text"]),
    ],
    ids=["email", "label", "client", "key", "number", "both"],
)
def test_text_outside_ids_does_not_cost_the_entry(data: dict[str, Any], changes: Changes, facets: list[str]) -> None:
    """What PostgreSQL cannot hold outside an id is replaced, named in the facets, and the original is asked for."""
    result = row(event(data), BY_NAME["schedule.lifecycle_changed"], PAUSED, changes, record())

    assert result.sanitized
    assert result.row.facets == ["operation:paused", *facets]
    assert "\0" not in "".join([result.row.diff, result.row.actor_email or "", result.row.subject_label or ""])
    assert recomputed(result.row) == result.row.content_digest


@pytest.mark.parametrize(
    ("action", "data"),
    [
        ("schedule.lifecycle_changed", user(id="")),
        ("schedule.lifecycle_changed", user(id="org_1")),
        ("schedule.lifecycle_changed", {"actor": {"type": "system", "id": "", "email": None}}),
        ("schedule.lifecycle_changed", {"schedule_id": ""}),
        ("schedule.lifecycle_changed", {"schedule_id": "s" * 256}),
        ("member.added", {"member_id": "sch_1", "invitation_id": None}),
        ("member.added", {"member_id": "user_1", "invitation_id": ""}),
        ("member.added", {"member_id": "user_1", "invitation_id": "a\0"}),
        ("member.invite_sent", {"invitation_id": ""}),
        ("report.exported", {"report_id": "", "title": "t", "format": "pdf"}),
        ("billing.payment_failed", {"invoice_id": "", "attempt": 1}),
    ],
    ids=str,
)
def test_every_identity_of_an_event_is_checked(action: str, data: dict[str, Any]) -> None:
    """Actor, subject and an id in the context are all checked, each type's own."""
    with pytest.raises(Poison):
        row_of(data, audit_type=BY_NAME[action])


def test_system_actor_needs_no_prefix() -> None:
    """A system actor is a service, not a Clerk user."""
    assert row_of({"actor": {"type": "system", "id": "billing", "email": None}}).actor_id == "billing"


def test_type_without_label_has_none() -> None:
    """An invoice has no name that people know it by."""
    row = row_of({"invoice_id": "in_1", "attempt": 2}, audit_type=BY_NAME["billing.payment_failed"])

    assert (row.subject_id, row.subject_label, row.facets) == ("in_1", None, ["attempt:2"])
