-- The tables of SPEC 5. Every CHECK has a name, because the name is what an operator reads in the log.

CREATE TABLE schema_migration (
    version integer PRIMARY KEY,
    name text NOT NULL,
    sha256 text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
);

-- Column order: the eight-byte columns first, so that no row carries padding between them.
-- recorded_at is the time of the transaction, not of the row: it goes with xid, one instant for all that was stored
-- together. It is not a time of commit, and no horizon may be made of it (that is what xid is for).
-- The length CHECKs hold the identity far below the 2,704 bytes that an index entry may have.
CREATE TABLE audit_event (
    id bigint GENERATED ALWAYS AS IDENTITY,
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    kafka_timestamp timestamptz,
    kafka_offset bigint NOT NULL,
    kafka_partition integer NOT NULL,
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
    kafka_topic text NOT NULL,
    trace_id text,
    content_digest bytea NOT NULL,
    diff json NOT NULL,
    source text GENERATED ALWAYS AS (diff ->> 'source') STORED,
    PRIMARY KEY (workspace_id, id),
    CONSTRAINT audit_event_identity UNIQUE (workspace_id, event_source, event_id),
    CONSTRAINT audit_event_workspace_id_length CHECK (octet_length(workspace_id) BETWEEN 1 AND 255),
    CONSTRAINT audit_event_event_source_length CHECK (octet_length(event_source) BETWEEN 1 AND 255),
    CONSTRAINT audit_event_event_id_length CHECK (octet_length(event_id) BETWEEN 1 AND 255),
    CONSTRAINT audit_event_actor_id_length CHECK (octet_length(actor_id) BETWEEN 1 AND 255),
    CONSTRAINT audit_event_subject_id_length CHECK (octet_length(subject_id) BETWEEN 1 AND 255),
    CONSTRAINT audit_event_action_length CHECK (octet_length(action) <= 255),
    -- The shape of an action's name only: a fifteenth type needs no migration.
    CONSTRAINT audit_event_action_grammar CHECK (action ~ '^[a-z]+\.[a-z]+(_[a-z]+)*$'),
    CONSTRAINT audit_event_actor_type_known CHECK (actor_type IN ('user', 'system')),
    -- SPEC 4: the source tag is there exactly when the origin's channel is mcp.
    CONSTRAINT audit_event_source_is_channel CHECK (
        (channel = 'mcp') = (source IS NOT NULL) AND coalesce(source, 'mcp') = 'mcp'
    ),
    CONSTRAINT audit_event_diff_is_object CHECK (json_typeof(diff) = 'object'),
    CONSTRAINT audit_event_content_digest_is_sha256 CHECK (octet_length(content_digest) = 32),
    CONSTRAINT audit_event_position_not_negative CHECK (kafka_offset >= 0 AND kafka_partition >= 0),
    -- PostgreSQL stores later years and infinity; Python's datetime cannot read them back.
    CONSTRAINT audit_event_occurred_at_readable CHECK (
        occurred_at >= '0001-01-01T00:00:00Z' AND occurred_at < '9999-12-31T00:00:00Z'
    )
) PARTITION BY HASH (workspace_id);

COMMENT ON TABLE audit_event IS 'One row for each audited change; append-only, kept for ever';
COMMENT ON COLUMN audit_event.occurred_at IS 'ce_time: when the service says it happened';
COMMENT ON COLUMN audit_event.recorded_at IS 'start of the transaction that stored the row';
COMMENT ON COLUMN audit_event.diff IS 'canonical text, kept as it was written (json, not jsonb)';
COMMENT ON COLUMN audit_event.content_digest IS 'SHA-256 of the canonical entry: tells a duplicate from a conflict';

-- What the page is counted and filtered by most lies in the index, so that only the rows that are shown are read.
CREATE INDEX audit_event_page ON audit_event (workspace_id, occurred_at DESC, id DESC) INCLUDE (xid, action, source);
-- What has been recorded since: the page's counts are brought forward by it, and never made anew.
CREATE INDEX audit_event_recorded ON audit_event (workspace_id, xid);

-- Storage parameters do not pass from a partitioned table to its partitions. Without them insert-only leaves are
-- vacuumed after a fifth of their size only, and exactly the newest pages would miss the visibility map that
-- index-only scans need. Rows never change, so they are frozen the first time.
DO $$
BEGIN
    FOR leaf IN 0..15 LOOP
        EXECUTE format(
            'CREATE TABLE audit_event_p%s PARTITION OF audit_event FOR VALUES WITH (MODULUS 16, REMAINDER %s) WITH ('
            'autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 20000, '
            'autovacuum_freeze_min_age = 0, autovacuum_analyze_scale_factor = 0.02)',
            to_char(leaf, 'FM00'), leaf
        );
    END LOOP;
END
$$;

-- The raw records, each kept once however often it is read. A log that was truncated uses its offsets again for other
-- records: so the position alone does not say which one it was, and time and value stand beside it. headers is an
-- ordered array of [name, base64 value or null], repeats kept; json and not jsonb, because a header's name may hold
-- what jsonb refuses (NUL).
CREATE TABLE parked_record (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kafka_topic text NOT NULL,
    kafka_topic_id text NOT NULL,
    kafka_partition integer NOT NULL,
    kafka_offset bigint NOT NULL,
    kafka_timestamp timestamptz,
    key bytea,
    value bytea,
    headers json NOT NULL,
    value_sha256 bytea GENERATED ALWAYS AS (sha256(value)) STORED,
    reason text NOT NULL,
    detail text NOT NULL,
    parked_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT parked_record_position UNIQUE NULLS NOT DISTINCT (
        kafka_topic_id, kafka_partition, kafka_offset, kafka_timestamp, value_sha256
    ),
    CONSTRAINT parked_record_position_not_negative CHECK (kafka_offset >= 0 AND kafka_partition >= 0),
    CONSTRAINT parked_record_headers_is_array CHECK (json_typeof(headers) = 'array'),
    CONSTRAINT parked_record_reason_grammar CHECK (reason ~ '^[a-z]+(_[a-z]+)*$')
);

COMMENT ON TABLE parked_record IS 'Raw records that could not be recorded, each with its reason; append-only';

CREATE TABLE original_record (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace_id text NOT NULL,
    event_source text NOT NULL,
    event_id text NOT NULL,
    kafka_topic text NOT NULL,
    kafka_topic_id text NOT NULL,
    kafka_partition integer NOT NULL,
    kafka_offset bigint NOT NULL,
    kafka_timestamp timestamptz,
    key bytea,
    value bytea,
    headers json NOT NULL,
    value_sha256 bytea GENERATED ALWAYS AS (sha256(value)) STORED,
    kept_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT original_record_position UNIQUE NULLS NOT DISTINCT (
        kafka_topic_id, kafka_partition, kafka_offset, kafka_timestamp, value_sha256
    ),
    CONSTRAINT original_record_position_not_negative CHECK (kafka_offset >= 0 AND kafka_partition >= 0),
    CONSTRAINT original_record_headers_is_array CHECK (json_typeof(headers) = 'array')
);

COMMENT ON TABLE original_record IS 'The raw record behind an entry whose text or numbers were sanitised; append-only';

CREATE TABLE conflicting_event (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace_id text NOT NULL,
    event_source text NOT NULL,
    event_id text NOT NULL,
    content_digest bytea NOT NULL,
    kafka_topic text NOT NULL,
    kafka_topic_id text NOT NULL,
    kafka_partition integer NOT NULL,
    kafka_offset bigint NOT NULL,
    kafka_timestamp timestamptz,
    key bytea,
    value bytea,
    headers json NOT NULL,
    value_sha256 bytea GENERATED ALWAYS AS (sha256(value)) STORED,
    kept_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT conflicting_event_position UNIQUE NULLS NOT DISTINCT (
        kafka_topic_id, kafka_partition, kafka_offset, kafka_timestamp, value_sha256
    ),
    CONSTRAINT conflicting_event_position_not_negative CHECK (kafka_offset >= 0 AND kafka_partition >= 0),
    CONSTRAINT conflicting_event_content_digest_is_sha256 CHECK (octet_length(content_digest) = 32),
    CONSTRAINT conflicting_event_headers_is_array CHECK (json_typeof(headers) = 'array')
);

COMMENT ON TABLE conflicting_event IS
'Raw records with the identity of an entry and other content: the first entry stands; append-only';

-- A gap that is detected again under the same epoch of its partition is the same gap. Once someone has accepted it the
-- epoch has moved, and what is lost then, though it be the same offsets after a rewind, is stated and accepted anew.
CREATE TABLE data_gap (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kafka_topic text NOT NULL,
    kafka_topic_id text NOT NULL,
    kafka_partition integer NOT NULL,
    from_offset bigint NOT NULL,
    to_offset bigint,
    epoch bigint NOT NULL,
    cause text NOT NULL,
    detail text NOT NULL,
    stated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT data_gap_statement UNIQUE NULLS NOT DISTINCT (
        kafka_topic_id, kafka_partition, from_offset, to_offset, epoch, cause
    ),
    CONSTRAINT data_gap_partition_not_negative CHECK (kafka_partition >= 0),
    CONSTRAINT data_gap_is_range CHECK (from_offset >= 0 AND to_offset > from_offset),
    CONSTRAINT data_gap_cause_grammar CHECK (cause ~ '^[a-z]+(_[a-z]+)*$')
);

COMMENT ON TABLE data_gap IS 'What Kafka lost before it was read, as offsets [from, to); append-only';
COMMENT ON COLUMN data_gap.to_offset IS 'exclusive; null where no one can know how far the lost log went';

-- What people did, and why. from_offset and to_offset are the next offset before and after the action.
CREATE TABLE operator_action (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    action text NOT NULL,
    parked_id bigint REFERENCES parked_record (id),
    gap_id bigint REFERENCES data_gap (id),
    kafka_topic text,
    kafka_topic_id text,
    kafka_partition integer,
    from_offset bigint,
    to_offset bigint,
    outcome text,
    detail text,
    reason text NOT NULL,
    performed_by text NOT NULL DEFAULT session_user,
    performed_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT operator_action_known CHECK (action IN ('replay', 'dismiss', 'accept_gap', 'rewind', 'resume')),
    CONSTRAINT operator_action_names_parked CHECK ((parked_id IS NOT NULL) = (action IN ('replay', 'dismiss'))),
    CONSTRAINT operator_action_names_gap CHECK ((gap_id IS NOT NULL) = (action = 'accept_gap')),
    CONSTRAINT operator_action_names_partition CHECK (
        num_nonnulls(kafka_topic, kafka_topic_id, kafka_partition)
        = CASE WHEN action IN ('accept_gap', 'rewind', 'resume') THEN 3 ELSE 0 END
    ),
    CONSTRAINT operator_action_names_offsets CHECK (
        num_nonnulls(from_offset, to_offset) = 2 AND action IN ('accept_gap', 'rewind')
        OR num_nonnulls(from_offset, to_offset) = 0 AND action <> 'rewind'
    ),
    -- A rewind that went forward would be a gap that no one stated.
    CONSTRAINT operator_action_rewind_goes_back CHECK (
        from_offset >= 0 AND to_offset >= 0 AND (action <> 'rewind' OR to_offset <= from_offset)
    ),
    CONSTRAINT operator_action_outcome_of_replay CHECK ((outcome IS NOT NULL) = (action = 'replay')),
    CONSTRAINT operator_action_outcome_known CHECK (
        outcome IN ('recorded', 'duplicate', 'conflict', 'ignored', 'parked')
    ),
    CONSTRAINT operator_action_reason_given CHECK (reason ~ '\S'),
    CONSTRAINT operator_action_performed_by_given CHECK (performed_by ~ '\S')
);

COMMENT ON TABLE operator_action IS 'Every replay, dismissal, accepted gap, rewind and resume; append-only';

CREATE INDEX operator_action_parked ON operator_action (parked_id) WHERE parked_id IS NOT NULL;
CREATE INDEX operator_action_gap ON operator_action (gap_id) WHERE gap_id IS NOT NULL;

-- One row per partition, updated with every batch: half-empty pages and no index but the key keep the updates HOT.
CREATE TABLE partition_progress (
    kafka_topic_id text NOT NULL,
    kafka_partition integer NOT NULL,
    kafka_topic text NOT NULL,
    next_offset bigint NOT NULL DEFAULT 0,
    epoch bigint NOT NULL DEFAULT 0,
    owner text,
    halted text,
    halted_detail text,
    halted_at timestamptz,
    recorded bigint NOT NULL DEFAULT 0,
    duplicate bigint NOT NULL DEFAULT 0,
    conflict bigint NOT NULL DEFAULT 0,
    ignored_not_audited bigint NOT NULL DEFAULT 0,
    ignored_tombstone bigint NOT NULL DEFAULT 0,
    ignored_no_change bigint NOT NULL DEFAULT 0,
    ignored bigint GENERATED ALWAYS AS (ignored_not_audited + ignored_tombstone + ignored_no_change) STORED,
    parked bigint NOT NULL DEFAULT 0,
    gap bigint NOT NULL DEFAULT 0,
    undelivered bigint NOT NULL DEFAULT 0,
    reread bigint NOT NULL DEFAULT 0,
    complete_through timestamptz,
    retired_at timestamptz,
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (kafka_topic_id, kafka_partition),
    -- The promise (SPEC 2): every offset that was passed is accounted for exactly once.
    CONSTRAINT partition_progress_balanced CHECK (
        next_offset + reread = recorded + duplicate + conflict + ignored + parked + gap + undelivered
    ),
    CONSTRAINT partition_progress_not_negative CHECK (
        least(
            kafka_partition, next_offset, epoch, recorded, duplicate, conflict, ignored_not_audited,
            ignored_tombstone, ignored_no_change, parked, gap, undelivered, reread
        ) >= 0
    ),
    CONSTRAINT partition_progress_halt_is_explained CHECK (num_nonnulls(halted, halted_detail, halted_at) IN (0, 3)),
    CONSTRAINT partition_progress_halted_grammar CHECK (halted ~ '^[a-z]+(_[a-z]+)*$')
) WITH (fillfactor = 50);

COMMENT ON TABLE partition_progress IS 'What has been consumed, and the count of each outcome: the truth about offsets';
COMMENT ON COLUMN partition_progress.epoch IS 'fencing: raised by one by each new owner, named in each update';
COMMENT ON COLUMN partition_progress.owner IS 'the process that reads the partition; null when it was released cleanly';
COMMENT ON COLUMN partition_progress.reread IS 'offsets given back by rewinds, to be passed again';
COMMENT ON COLUMN partition_progress.undelivered IS 'offsets that Kafka does not deliver: markers, compaction';
COMMENT ON COLUMN partition_progress.complete_through IS
'everything that Kafka had received by that time is in the tables';
COMMENT ON COLUMN partition_progress.retired_at IS 'when the topic got a new id; this row is history since then';
