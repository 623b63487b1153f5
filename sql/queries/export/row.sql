-- A row of audit.csv, cell by cell, of what `entry` gives, in its order (verified export, section 3): COPY quotes the
-- cells. guard() is no function: what guard.sql selects takes its place. The session's time zone is UTC.
SELECT -- noqa: ST06
    to_char(occurred_at, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS occurred_at,
    guard(workspace_id) AS workspace_id,
    id,
    guard(action) AS action,
    array_to_json(facets) AS facets,
    guard(actor_type) AS actor_type,
    guard(actor_id) AS actor_id,
    guard(actor_email) AS actor_email,
    guard(subject_type) AS subject_type,
    guard(subject_id) AS subject_id,
    guard(subject_label) AS subject_label,
    guard(channel) AS channel,
    guard(diff::text) AS diff,
    guard(event_source) AS event_source,
    guard(event_id) AS event_id,
    to_char(recorded_at, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS recorded_at,
    guard(trace_id) AS trace_id,
    encode(content_digest, 'hex') AS content_digest,
    coalesce(to_char(kafka_timestamp, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '') AS kafka_timestamp,
    guard(kafka_topic) AS kafka_topic,
    kafka_partition,
    kafka_offset
FROM entry
