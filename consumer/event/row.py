"""From an event and its changes to the row of `audit_event` (SPEC 4 and 5): the identities checked, the rest storable.

Invariant: an identity is stored as it came or the record is parked; any other text may be made storable, and
then the entry says so in its facets.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from catalog.content_digest import content_digest
from catalog.definitions import AuditType, FacetOf, Feed
from consumer.event import canonical
from consumer.event.diff import Changes
from consumer.event.identity import check_id
from consumer.event.model import Event, Record, Recorded, Row, new
from runtime import timestamps

CLOCK_AHEAD = "clock:ahead"

# An enum's member is looked up at each mention; these are mentioned for every record.
_EVENT, _OPERATION = FacetOf.EVENT, FacetOf.OPERATION
TOLERANCE_US = 5 * 60 * 1_000_000


def row(event: Event, audit_type: AuditType, feed: Feed, changes: Changes, record: Record) -> Recorded:
    """The row to store, and whether something in it had to be replaced; raises Poison for an invalid identity.

    `event.data` has the shape of our reader schema; `changes` is what `diff.changes` gave for it.
    """
    (event_id, source, _, time, time_us, trace_id), data = event
    (topic, _, partition), offset, timestamp_ms, _, _, _ = record
    _check_identities(data, audit_type)
    actor, subject = data["actor"], audit_type.subject
    diff, of_diff = canonical.text(_diff(data, audit_type, changes))
    email, of_email = _storable(actor["email"])
    label, of_label = _storable(_label(data, audit_type))
    facets = _facets(audit_type, feed, data, changes)
    replaced = bool(of_diff or of_email or of_label)
    if replaced:
        facets += of_diff | of_email | of_label
    facets.sort()
    # Each value by itself: a call with a star in it goes through the interpreter also where both sides are compiled.
    workspace_id, subject_id, channel = data["workspace_id"], data[subject.id], data["origin"]["channel"]
    action, actor_type, actor_id, subject_type = audit_type.name, actor["type"], actor["id"], subject.type
    digest = content_digest(
        workspace_id, source, event_id, action, facets, actor_type, actor_id, email, subject_type, subject_id, label,
        channel, time, diff,
    )  # fmt: skip
    stored_ms = _storable_ms(timestamp_ms)
    if stored_ms is not None and time_us - stored_ms * 1000 > TOLERANCE_US:
        facets.append(CLOCK_AHEAD)
        facets.sort()
    stored = (
        workspace_id, source, event_id, action, facets, actor_type, actor_id, email, subject_type, subject_id, label,
        channel, time, diff, topic, partition, offset, stored_ms, digest, trace_id,
    )  # fmt: skip
    return new(Recorded, (new(Row, stored), replaced))


def kafka_time(timestamp_ms: int | None) -> datetime | None:
    """Kafka's timestamp as UTC; None where there is none, or where it is no date: the producer may send any number."""
    storable = _storable_ms(timestamp_ms)
    return None if storable is None else timestamps.from_milliseconds(storable)


def _storable_ms(timestamp_ms: int | None) -> int | None:
    return timestamp_ms if timestamp_ms is not None and timestamps.MIN_MS <= timestamp_ms <= timestamps.MAX_MS else None


def _check_identities(data: Mapping[str, Any], audit_type: AuditType) -> None:
    actor = data["actor"]
    check_id(actor["id"], "actor.id", "user_" if actor["type"] == "user" else "")
    subject = audit_type.subject
    if subject.id != "workspace_id":  # checked against the Kafka key already
        check_id(data[subject.id], subject.id, subject.prefix)
    for field in audit_type.context:
        if field.is_id and data[field.name] is not None:
            check_id(data[field.name], field.name)


def _storable(words: str | None) -> tuple[str | None, frozenset[str]]:
    return (None, canonical.CLEAN) if words is None else canonical.clean(words)


def _diff(data: Mapping[str, Any], audit_type: AuditType, changes: Changes) -> dict[str, Any]:
    """The diff's object. The tag and the context are siblings of `changes`, so that no field can forge them."""
    diff: dict[str, Any] = {"changes": changes}
    if audit_type.context:
        context = {field.name: data[field.name] for field in audit_type.context if data[field.name] is not None}
        if context:
            diff["context"] = context
    origin = data["origin"]
    if origin["channel"] == "mcp":
        diff["source"] = "mcp"
        diff["mcp"] = {"client": origin["client"], "tool": origin["tool"]}
    return diff


def _label(data: Mapping[str, Any], audit_type: AuditType) -> str | None:
    name = audit_type.subject.label
    if name is None:
        return None
    holder = (data.get("after") or data["before"]) if audit_type.label_is_tracked else data
    label: str = holder[name]
    return label


def _facets(audit_type: AuditType, feed: Feed, data: Mapping[str, Any], changes: Changes) -> list[str]:
    facets = []
    for facet in audit_type.facets:
        if facet.of is _EVENT:
            facets.append(f"{facet.name}:{data[facet.name]}")
        elif facet.of is _OPERATION:
            facets.append(f"{facet.name}:{feed.operation}")
        else:  # a tracked field's name needs no unescaping: the catalog allows only snake_case
            facets += {f"{facet.name}:{pointer.split('/', 2)[1]}" for pointer in changes}
    return facets
