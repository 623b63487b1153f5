"""Entries that are put into the table directly, as a consumer would have."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

WORKSPACE = "org_1"
BEGAN = datetime(2026, 11, 1, tzinfo=UTC)
INSERT = """
    INSERT INTO audit_event (
        occurred_at, kafka_offset, kafka_partition, workspace_id, event_source, event_id, action, facets, actor_type,
        actor_id, actor_email, subject_type, subject_id, subject_label, channel, kafka_topic, content_digest, diff
    ) VALUES (
        %(occurred_at)s, 0, 0, %(workspace_id)s, '/services/schedules', %(event_id)s, %(action)s, %(facets)s, 'user',
        %(actor_id)s, %(actor_email)s, 'schedule', 'sch_1', %(label)s, %(channel)s, 'callmine.schedules',
        sha256('x'), %(diff)s
    ) RETURNING id
"""
REPEAT = """
    INSERT INTO audit_event (
        occurred_at, kafka_offset, kafka_partition, workspace_id, event_source, event_id, action, facets, actor_type,
        actor_id, actor_email, subject_type, subject_id, subject_label, channel, kafka_topic, content_digest, diff
    )
    SELECT
        occurred_at - number * interval '1 second', kafka_offset, kafka_partition, workspace_id, event_source,
        event_id || '-' || number, action, facets, actor_type, actor_id, actor_email, subject_type, subject_id,
        subject_label, channel, kafka_topic, content_digest, diff
    FROM audit_event, generate_series(1, %(times)s) AS number
    WHERE workspace_id = %(workspace)s
"""
_NUMBERS = count()


def entry(minutes: float = 0, **changed: Any) -> dict[str, Any]:
    """Parameters of INSERT: an entry of so many minutes after BEGAN."""
    plain: dict[str, Any] = {
        "occurred_at": BEGAN + timedelta(minutes=minutes),
        "workspace_id": WORKSPACE,
        "event_id": f"e-{next(_NUMBERS)}",
        "action": "schedule.lifecycle_changed",
        "facets": ["operation:paused"],
        "actor_id": "user_dana",
        "actor_email": "dana@x.example",
        "label": "Weekly pipeline",
        "channel": "web",
        "diff": '{"changes":{"/status":{"after":"paused","before":"active"}}}',
    }
    return plain | changed
