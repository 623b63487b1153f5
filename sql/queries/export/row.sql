-- A row of audit.csv, cell by cell, of what `entry` gives, in its order (verified export, section 3): COPY quotes the
-- cells. The regular expression of the guard costs more than all else, so it looks only at a cell whose first character
-- may need it. The session's time zone is UTC.
SELECT -- noqa: ST06
    to_char(occurred_at, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS occurred_at,
    CASE
        WHEN
            ascii(workspace_id) = any(ARRAY[9, 10, 13, 39, 43, 45, 61, 64, 65291, 65293, 65309, 65312])
            AND workspace_id ~ '^''*[=+\-@\t\r\n＝＋－＠]' THEN '''' || workspace_id
        ELSE workspace_id
    END AS workspace_id,
    id,
    CASE
        WHEN
            ascii(action) = any(ARRAY[9, 10, 13, 39, 43, 45, 61, 64, 65291, 65293, 65309, 65312])
            AND action ~ '^''*[=+\-@\t\r\n＝＋－＠]' THEN '''' || action
        ELSE action
    END AS action,
    array_to_json(facets) AS facets,
    CASE
        WHEN
            ascii(actor_type) = any(ARRAY[9, 10, 13, 39, 43, 45, 61, 64, 65291, 65293, 65309, 65312])
            AND actor_type ~ '^''*[=+\-@\t\r\n＝＋－＠]' THEN '''' || actor_type
        ELSE actor_type
    END AS actor_type,
    CASE
        WHEN
            ascii(actor_id) = any(ARRAY[9, 10, 13, 39, 43, 45, 61, 64, 65291, 65293, 65309, 65312])
            AND actor_id ~ '^''*[=+\-@\t\r\n＝＋－＠]' THEN '''' || actor_id
        ELSE actor_id
    END AS actor_id,
    CASE
        WHEN
            ascii(actor_email) = any(ARRAY[9, 10, 13, 39, 43, 45, 61, 64, 65291, 65293, 65309, 65312])
            AND actor_email ~ '^''*[=+\-@\t\r\n＝＋－＠]' THEN '''' || actor_email
        ELSE coalesce(actor_email, '')
    END AS actor_email,
    CASE
        WHEN
            ascii(subject_type) = any(ARRAY[9, 10, 13, 39, 43, 45, 61, 64, 65291, 65293, 65309, 65312])
            AND subject_type ~ '^''*[=+\-@\t\r\n＝＋－＠]' THEN '''' || subject_type
        ELSE subject_type
    END AS subject_type,
    CASE
        WHEN
            ascii(subject_id) = any(ARRAY[9, 10, 13, 39, 43, 45, 61, 64, 65291, 65293, 65309, 65312])
            AND subject_id ~ '^''*[=+\-@\t\r\n＝＋－＠]' THEN '''' || subject_id
        ELSE subject_id
    END AS subject_id,
    CASE
        WHEN
            ascii(subject_label) = any(ARRAY[9, 10, 13, 39, 43, 45, 61, 64, 65291, 65293, 65309, 65312])
            AND subject_label ~ '^''*[=+\-@\t\r\n＝＋－＠]' THEN '''' || subject_label
        ELSE coalesce(subject_label, '')
    END AS subject_label,
    CASE
        WHEN
            ascii(channel) = any(ARRAY[9, 10, 13, 39, 43, 45, 61, 64, 65291, 65293, 65309, 65312])
            AND channel ~ '^''*[=+\-@\t\r\n＝＋－＠]' THEN '''' || channel
        ELSE channel
    END AS channel,
    CASE
        WHEN
            ascii(diff::text) = any(ARRAY[9, 10, 13, 39, 43, 45, 61, 64, 65291, 65293, 65309, 65312])
            AND diff::text ~ '^''*[=+\-@\t\r\n＝＋－＠]' THEN '''' || diff::text
        ELSE diff::text
    END AS diff,
    CASE
        WHEN
            ascii(event_source) = any(ARRAY[9, 10, 13, 39, 43, 45, 61, 64, 65291, 65293, 65309, 65312])
            AND event_source ~ '^''*[=+\-@\t\r\n＝＋－＠]' THEN '''' || event_source
        ELSE event_source
    END AS event_source,
    CASE
        WHEN
            ascii(event_id) = any(ARRAY[9, 10, 13, 39, 43, 45, 61, 64, 65291, 65293, 65309, 65312])
            AND event_id ~ '^''*[=+\-@\t\r\n＝＋－＠]' THEN '''' || event_id
        ELSE event_id
    END AS event_id,
    to_char(recorded_at, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS recorded_at,
    CASE
        WHEN
            ascii(trace_id) = any(ARRAY[9, 10, 13, 39, 43, 45, 61, 64, 65291, 65293, 65309, 65312])
            AND trace_id ~ '^''*[=+\-@\t\r\n＝＋－＠]' THEN '''' || trace_id
        ELSE coalesce(trace_id, '')
    END AS trace_id,
    encode(content_digest, 'hex') AS content_digest,
    coalesce(to_char(kafka_timestamp, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '') AS kafka_timestamp,
    CASE
        WHEN
            ascii(kafka_topic) = any(ARRAY[9, 10, 13, 39, 43, 45, 61, 64, 65291, 65293, 65309, 65312])
            AND kafka_topic ~ '^''*[=+\-@\t\r\n＝＋－＠]' THEN '''' || kafka_topic
        ELSE kafka_topic
    END AS kafka_topic,
    kafka_partition,
    kafka_offset
FROM entry
