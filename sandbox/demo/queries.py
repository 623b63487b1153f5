"""What the database says became of the records, read as an operator reads it."""

from collections import Counter
from datetime import datetime
from typing import NamedTuple

from catalog.audit_types import BY_NAME
from catalog.wording import sentence
from consumer.event.model import Row
from runtime.postgres import Connection

OUTCOMES = ("recorded", "duplicate", "conflict", "ignored", "parked", "gap", "undelivered")
_OUTCOMES = """
SELECT
    coalesce(sum(recorded), 0), coalesce(sum(duplicate), 0), coalesce(sum(conflict), 0), coalesce(sum(ignored), 0),
    coalesce(sum(parked), 0), coalesce(sum(gap), 0), coalesce(sum(undelivered), 0)
FROM partition_progress
"""
_TYPES = "SELECT action, count(*), count(source) FROM audit_event GROUP BY action"
_NEWEST = """
SELECT id, occurred_at, action, coalesce(actor_email, actor_id), coalesce(subject_label, subject_id), facets,
    diff -> 'mcp' ->> 'client', source IS NOT NULL
FROM audit_event WHERE id > %s ORDER BY id DESC LIMIT %s
"""
_MCP_EDIT = """
SELECT workspace_id, event_source, event_id, action, facets, actor_type, actor_id, actor_email, subject_type,
    subject_id, subject_label, channel, to_char(occurred_at, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), diff::text, kafka_topic,
    kafka_partition, kafka_offset, (extract(epoch FROM kafka_timestamp) * 1000)::bigint, content_digest, trace_id
FROM audit_event WHERE source = 'mcp' AND action = 'schedule.lifecycle_changed' AND 'operation:edited' = ANY(facets)
ORDER BY id LIMIT 1
"""
_PARKED = "SELECT kafka_topic, kafka_partition, kafka_offset, reason, detail FROM parked_record ORDER BY id"
_CONFLICTS = """
SELECT conflicting.kafka_topic, conflicting.kafka_partition, conflicting.kafka_offset, entry.kafka_offset, entry.action
FROM conflicting_event AS conflicting JOIN audit_event AS entry USING (workspace_id, event_source, event_id)
ORDER BY conflicting.id
"""
_ACTIVE = "SELECT count(*) FROM partition_progress WHERE owner IS NOT NULL"
_HALTED = """
SELECT kafka_topic || '/' || kafka_partition || ': ' || halted_detail FROM partition_progress WHERE halted IS NOT NULL
"""


class DisplayedEntry(NamedTuple):
    """One entry as the demo shows it; `client` is the MCP client that made the change, None if none did."""

    id: int
    occurred_at: datetime
    label: str
    actor: str
    sentence: str
    client: str | None


def outcomes(connection: Connection) -> Counter[str]:
    """The records accounted for, by outcome."""
    row = connection.execute(_OUTCOMES).fetchone()
    assert row is not None
    return Counter(dict(zip(OUTCOMES, map(int, row), strict=True)))


def types(connection: Connection) -> dict[str, tuple[int, int]]:
    """Entries by audit type, and how many of them came through MCP."""
    return {action: (count, mcp) for action, count, mcp in connection.execute(_TYPES)}


def newest(connection: Connection, limit: int, after: int = 0) -> list[DisplayedEntry]:
    """The entries recorded last, newest first, at most `limit`; those with an id above `after` only."""
    entries = []
    for id_, at, action, actor, subject, facets, client, mcp in connection.execute(_NEWEST, (after, limit)):
        actor_name, subject_name = (name.partition("@")[0] for name in (actor, subject))
        text = sentence(BY_NAME[action], actor_name, subject_name, facets)
        entries.append(DisplayedEntry(id_, at, BY_NAME[action].label, actor, text, (client or "?") if mcp else None))
    return entries


def mcp_edit(connection: Connection) -> Row | None:
    """The first schedule that was edited through MCP, if any was."""
    row = connection.execute(_MCP_EDIT).fetchone()
    return None if row is None else Row(*row)


def parked(connection: Connection) -> list[tuple[str, str]]:
    """Each parked record's place and why it was parked."""
    return [
        (f"{topic}/{number}@{offset}", f"{reason}: {detail}")
        for topic, number, offset, reason, detail in connection.execute(_PARKED)
    ]


def conflicts(connection: Connection) -> list[tuple[str, str]]:
    """Each conflicting record's place, and the entry that was kept instead of it."""
    return [
        (
            f"{topic}/{number}@{offset}",
            f"other content under an identity already recorded; {action} of offset {first} is kept",
        )
        for topic, number, offset, first, action in connection.execute(_CONFLICTS)
    ]


def active(connection: Connection) -> int:
    """How many partitions a consumer has claimed."""
    row = connection.execute(_ACTIVE).fetchone()
    assert row is not None
    return int(row[0])


def halted(connection: Connection) -> list[str]:
    """The halted partitions, each with its reason."""
    return [text for (text,) in connection.execute(_HALTED)]
