"""Fills the table with entries whose digests are those of the consumer, by the server itself."""

import psycopg

BIG = "org_big"
COMPLETE = "2100-01-01"
# One entry every thirty seconds. The digest is catalog.content_digest in SQL, for values that JSON need not escape.
FILL = """
WITH event AS (
    SELECT
        n,
        timestamptz '2025-01-01Z' + n * interval '30 seconds' AS occurred_at,
        CASE WHEN %(workspaces)s = 1 THEN 'org_big' ELSE 'org_' || n %% %(workspaces)s END AS workspace_id,
        'e' || n AS event_id,
        'user_2' || n %% 97 AS actor_id,
        'person' || n %% 97 || '@harbourpine.example' AS email,
        'sch_' || n %% 5000 AS subject_id,
        'Weekly pipeline ' || n %% 5000 AS label,
        '{"changes":{"/cron":{"after":"0 8 * * 1","before":"0 9 * * 1"},"/recipients":{"added":["b@harbourpine.example"],'
        '"after":["a@harbourpine.example","b@harbourpine.example"],"before":["a@harbourpine.example"],"removed":[]}}}' AS diff
    FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n
)
INSERT INTO audit_event (
    occurred_at, kafka_timestamp, kafka_offset, kafka_partition, workspace_id, event_source, event_id, action, facets,
    actor_type, actor_id, actor_email, subject_type, subject_id, subject_label, channel, kafka_topic, diff, content_digest
)
SELECT
    occurred_at, occurred_at, n, 0, workspace_id, '/services/schedules', event_id, 'schedule.lifecycle_changed',
    ARRAY['operation:edited'], 'user', actor_id, email, 'schedule', subject_id, label, 'web', 'callmine.schedules',
    diff::json,
    sha256(convert_to(
        '{"action":"schedule.lifecycle_changed","actor_email":"' || email || '","actor_id":"' || actor_id
        || '","actor_type":"user","channel":"web","diff":' || to_json(diff) || ',"event_id":"' || event_id
        || '","event_source":"/services/schedules","facets":["operation:edited"],"occurred_at":"'
        || to_char(occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || '","subject_id":"' || subject_id
        || '","subject_label":"' || label || '","subject_type":"schedule","workspace_id":"' || workspace_id || '"}', 'UTF8'
    ))
FROM event
"""
PROGRESS = """
INSERT INTO partition_progress (kafka_topic_id, kafka_partition, kafka_topic, next_offset, recorded, complete_through)
VALUES ('bench', 0, 'callmine.schedules', %(count)s, %(count)s, %(complete)s)
ON CONFLICT (kafka_topic_id, kafka_partition) DO UPDATE
SET next_offset = partition_progress.next_offset + %(count)s, recorded = partition_progress.recorded + %(count)s
"""
STEP = 100_000


def fill(url: str, first: int, count: int, workspaces: int) -> None:
    """Records `count` entries from number `first` on, spread over so many workspaces, some transactions' worth at a time."""
    with psycopg.connect(url, autocommit=True) as connection:
        for start in range(first, first + count, STEP):
            last = min(start + STEP, first + count) - 1
            connection.execute(FILL, {"first": start, "last": last, "workspaces": workspaces})
        connection.execute(PROGRESS, {"count": count, "complete": COMPLETE})


def settle(url: str) -> None:
    """What autovacuum would have done in time."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM (FREEZE, ANALYZE) audit_event")
