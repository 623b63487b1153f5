-- COPY into a table with row-level security is refused by PostgreSQL, so rows pass through a table of the session.
CREATE TEMPORARY TABLE IF NOT EXISTS staging (
    ordinal integer NOT NULL,
    workspace_id text NOT NULL,
    event_source text NOT NULL,
    event_id text NOT NULL,
    action text NOT NULL,
    facets text[] NOT NULL,
    actor_type text NOT NULL,
    actor_id text NOT NULL,
    actor_email text,
    subject_type text NOT NULL,
    subject_id text NOT NULL,
    subject_label text,
    channel text NOT NULL,
    occurred_at timestamptz NOT NULL,
    diff text NOT NULL,
    kafka_topic text NOT NULL,
    kafka_partition integer NOT NULL,
    kafka_offset bigint NOT NULL,
    kafka_timestamp bigint,
    trace_id text,
    content_digest bytea NOT NULL
) ON COMMIT DELETE ROWS
