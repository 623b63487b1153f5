-- The whole schema as the migrations make it, for reading; written by `pytest tests/integration/sql --write-schema`.
-- The sixteen leaves of audit_event are left out.

CREATE FUNCTION public.audit_check_action() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
DECLARE
    stated record;
BEGIN
    IF new.gap_id IS NULL OR new.action <> 'accept_gap' THEN  -- a CHECK of the table refuses half of this
        RETURN new;
    END IF;
    SELECT * INTO stated FROM data_gap AS g WHERE g.id = new.gap_id;
    IF (new.kafka_topic_id, new.kafka_partition) IS DISTINCT FROM (stated.kafka_topic_id, stated.kafka_partition)
        OR (
            new.from_offset IS NOT NULL AND (new.from_offset, new.to_offset) IS DISTINCT FROM CASE
                WHEN stated.cause = 'log_truncated' THEN (stated.to_offset, stated.from_offset)
                ELSE (stated.from_offset, stated.to_offset)
            END
        )
    THEN
        RAISE EXCEPTION 'the action is not about gap %', new.gap_id USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN new;
END
$$;

ALTER FUNCTION public.audit_check_action() OWNER TO audit_owner;

CREATE FUNCTION public.audit_check_cell() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
DECLARE
    had_number bigint;
    had_cells bigint;
BEGIN
    SELECT c.number, c.cells INTO had_number, had_cells FROM audit_cell AS c ORDER BY c.id DESC LIMIT 1;
    IF NOT FOUND THEN
        had_number := 1;
        had_cells := 1;
    END IF;
    IF EXISTS (SELECT FROM partition_progress AS p WHERE p.next_offset > 0) AND NOT (
        (new.number - 1) * had_cells >= (had_number - 1) * new.cells
        AND new.number * had_cells <= had_number * new.cells
    ) THEN
        RAISE EXCEPTION 'cell %/% is no part of cell %/%, which this database is',
            new.number, new.cells, had_number, had_cells
        USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN new;
END
$$;

ALTER FUNCTION public.audit_check_cell() OWNER TO audit_owner;

CREATE FUNCTION public.audit_check_gap() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
BEGIN
    IF current_user = 'audit_writer' AND new.cause = 'log_damaged'
        OR current_user = 'audit_operator' AND new.cause <> 'log_damaged'
    THEN
        RAISE EXCEPTION '% does not state a gap with the cause %', current_user, new.cause
        USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN new;
END
$$;

ALTER FUNCTION public.audit_check_gap() OWNER TO audit_owner;

CREATE FUNCTION public.audit_check_lift() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM operator_action AS a
        WHERE
            a.performed_at = now() AND a.kafka_topic = new.kafka_topic AND a.kafka_partition = new.kafka_partition
            AND a.action IN ('accept_gap', 'resume')
    ) THEN
        RAISE EXCEPTION '%/% goes on, or is retired, without an action that says who decided it',
            new.kafka_topic, new.kafka_partition
        USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NULL;
END
$$;

ALTER FUNCTION public.audit_check_lift() OWNER TO audit_owner;

CREATE FUNCTION public.audit_check_moves() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
DECLARE
    counted record;
    acted record;
BEGIN
    SELECT p.gap, p.reread INTO counted FROM partition_progress AS p
    WHERE p.kafka_topic_id = new.kafka_topic_id AND p.kafka_partition = new.kafka_partition;
    SELECT
        coalesce(sum(greatest(a.to_offset - a.from_offset, 0)), 0) AS forward,
        coalesce(sum(greatest(a.from_offset - a.to_offset, 0)), 0) AS back
    INTO acted
    FROM operator_action AS a
    WHERE
        a.kafka_topic_id = new.kafka_topic_id AND a.kafka_partition = new.kafka_partition
        AND a.action IN ('accept_gap', 'rewind') AND a.from_offset IS NOT NULL;
    IF (counted.gap, counted.reread) IS DISTINCT FROM (acted.forward::bigint, acted.back::bigint) THEN
        RAISE EXCEPTION
            'progress of %/% and the actions of operators do not agree: gap % and %, reread % and %',
            new.kafka_topic, new.kafka_partition, counted.gap, acted.forward, counted.reread, acted.back
        USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NULL;
END
$$;

ALTER FUNCTION public.audit_check_moves() OWNER TO audit_owner;

CREATE FUNCTION public.audit_check_progress() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
BEGIN
    IF current_user NOT IN ('audit_writer', 'audit_operator') THEN
        RETURN new;
    END IF;
    IF tg_op = 'INSERT' THEN
        IF new.next_offset <> 0 OR new.epoch <> 0 THEN
            RAISE EXCEPTION 'progress begins at offset 0 under epoch 0' USING ERRCODE = 'insufficient_privilege';
        END IF;
        RETURN new;
    END IF;
    IF old.retired_at IS NOT NULL THEN
        RAISE EXCEPTION 'progress of a retired log does not change' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF (new.kafka_topic_id, new.kafka_partition, new.kafka_topic)
        IS DISTINCT FROM (old.kafka_topic_id, old.kafka_partition, old.kafka_topic)
    THEN
        RAISE EXCEPTION 'progress belongs to one partition' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF least(
        new.epoch - old.epoch, new.recorded - old.recorded, new.duplicate - old.duplicate, new.conflict - old.conflict,
        new.ignored_not_audited - old.ignored_not_audited, new.ignored_tombstone - old.ignored_tombstone,
        new.ignored_no_change - old.ignored_no_change, new.ignored_other_cell - old.ignored_other_cell,
        new.parked - old.parked, new.gap - old.gap, new.undelivered - old.undelivered, new.reread - old.reread
    ) < 0 THEN
        RAISE EXCEPTION 'the counters of progress never fall' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF current_user = 'audit_writer' AND old.halted IN ('gap', 'breaker')
        AND new.halted IS DISTINCT FROM old.halted
    THEN
        RAISE EXCEPTION 'a partition halted for % goes on when an operator says so', old.halted
        USING ERRCODE = 'insufficient_privilege';
    END IF;
    -- SPEC 5: never ahead of the database's own clock, whatever a consumer's clock says, nor after that clock has gone back;
    -- else never back. Unknown stays unknown: least() would make "now" of it.
    IF new.complete_through IS NOT NULL OR old.complete_through IS NOT NULL THEN
        new.complete_through := least(greatest(old.complete_through, new.complete_through), now());
    END IF;
    RETURN new;
END
$$;

ALTER FUNCTION public.audit_check_progress() OWNER TO audit_owner;

CREATE FUNCTION public.audit_refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', tg_table_name, tg_op USING ERRCODE = 'insufficient_privilege';
END
$$;

ALTER FUNCTION public.audit_refuse_change() OWNER TO audit_owner;

CREATE FUNCTION public.audit_refuse_removal() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
BEGIN
    RAISE EXCEPTION '% keeps its rows: % refused', tg_table_name, tg_op USING ERRCODE = 'insufficient_privilege';
END
$$;

ALTER FUNCTION public.audit_refuse_removal() OWNER TO audit_owner;

CREATE TABLE public.audit_cell (
    id bigint NOT NULL,
    number integer NOT NULL,
    cells integer NOT NULL,
    reason text NOT NULL,
    performed_by text DEFAULT SESSION_USER NOT NULL,
    os_user text,
    performed_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT audit_cell_is_one_of CHECK ((((number >= 1) AND (number <= cells)) AND (cells <= 4096))),
    CONSTRAINT audit_cell_reason_given CHECK ((reason ~ '\S'::text))
);

ALTER TABLE public.audit_cell OWNER TO audit_owner;

COMMENT ON TABLE public.audit_cell IS 'Which cell this database is: the newest row; append-only';

ALTER TABLE public.audit_cell ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.audit_cell_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.audit_cell_start (
    cell_id bigint NOT NULL,
    kafka_topic_id text NOT NULL,
    kafka_partition integer NOT NULL,
    next_offset bigint NOT NULL,
    reread bigint NOT NULL,
    ignored_other_cell bigint NOT NULL,
    undelivered bigint NOT NULL,
    gap bigint NOT NULL
);

ALTER TABLE public.audit_cell_start OWNER TO audit_owner;

COMMENT ON TABLE public.audit_cell_start IS 'The progress of each partition when the database became that cell; append-only';

CREATE TABLE public.audit_event (
    id bigint NOT NULL,
    xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    occurred_at timestamp with time zone NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() NOT NULL,
    kafka_timestamp timestamp with time zone,
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
    source text GENERATED ALWAYS AS ((diff ->> 'source'::text)) STORED,
    CONSTRAINT audit_event_action_grammar CHECK ((action ~ '^[a-z]+\.[a-z]+(_[a-z]+)*$'::text)),
    CONSTRAINT audit_event_action_length CHECK ((octet_length(action) <= 255)),
    CONSTRAINT audit_event_actor_id_length CHECK (((octet_length(actor_id) >= 1) AND (octet_length(actor_id) <= 255))),
    CONSTRAINT audit_event_actor_type_known CHECK ((actor_type = ANY (ARRAY['user'::text, 'system'::text]))),
    CONSTRAINT audit_event_content_digest_is_sha256 CHECK ((octet_length(content_digest) = 32)),
    CONSTRAINT audit_event_diff_is_object CHECK ((json_typeof(diff) = 'object'::text)),
    CONSTRAINT audit_event_event_id_length CHECK (((octet_length(event_id) >= 1) AND (octet_length(event_id) <= 255))),
    CONSTRAINT audit_event_event_source_length CHECK (((octet_length(event_source) >= 1) AND (octet_length(event_source) <= 255))),
    CONSTRAINT audit_event_occurred_at_readable CHECK (((occurred_at >= '0001-01-01 00:00:00+00'::timestamp with time zone) AND (occurred_at < '9999-12-31 00:00:00+00'::timestamp with time zone))),
    CONSTRAINT audit_event_position_not_negative CHECK (((kafka_offset >= 0) AND (kafka_partition >= 0))),
    CONSTRAINT audit_event_source_is_channel CHECK ((((channel = 'mcp'::text) = (source IS NOT NULL)) AND (COALESCE(source, 'mcp'::text) = 'mcp'::text))),
    CONSTRAINT audit_event_subject_id_length CHECK (((octet_length(subject_id) >= 1) AND (octet_length(subject_id) <= 255))),
    CONSTRAINT audit_event_workspace_id_length CHECK (((octet_length(workspace_id) >= 1) AND (octet_length(workspace_id) <= 255)))
)
PARTITION BY HASH (workspace_id);

ALTER TABLE public.audit_event OWNER TO audit_owner;

COMMENT ON TABLE public.audit_event IS 'One row for each audited change; append-only, kept for ever';

COMMENT ON COLUMN public.audit_event.occurred_at IS 'ce_time: when the service says it happened';

COMMENT ON COLUMN public.audit_event.recorded_at IS 'start of the transaction that stored the row';

COMMENT ON COLUMN public.audit_event.content_digest IS 'SHA-256 of the canonical entry: tells a duplicate from a conflict';

COMMENT ON COLUMN public.audit_event.diff IS 'canonical text, kept as it was written (json, not jsonb)';

ALTER TABLE public.audit_event ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.audit_event_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.audit_export (
    id bigint NOT NULL,
    workspace_id text NOT NULL,
    from_day date NOT NULL,
    to_day date NOT NULL,
    entries bigint NOT NULL,
    manifest_sha256 bytea NOT NULL,
    requested_by text NOT NULL,
    reason text NOT NULL,
    performed_by text DEFAULT SESSION_USER NOT NULL,
    performed_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT audit_export_entries_not_negative CHECK ((entries >= 0)),
    CONSTRAINT audit_export_is_range CHECK ((from_day < to_day)),
    CONSTRAINT audit_export_manifest_is_sha256 CHECK ((octet_length(manifest_sha256) = 32)),
    CONSTRAINT audit_export_reason_given CHECK ((reason ~ '\S'::text)),
    CONSTRAINT audit_export_requested_by_given CHECK ((requested_by ~ '\S'::text))
);

ALTER TABLE public.audit_export OWNER TO audit_owner;

COMMENT ON TABLE public.audit_export IS 'Who exported what, when and why; append-only';

ALTER TABLE public.audit_export ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.audit_export_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.audit_seal (
    seal bigint NOT NULL,
    snapshot pg_snapshot NOT NULL,
    record text NOT NULL,
    accounts text NOT NULL,
    checkpoint text NOT NULL,
    stored_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT audit_seal_not_negative CHECK ((seal >= 0))
);

ALTER TABLE public.audit_seal OWNER TO audit_owner;

COMMENT ON TABLE public.audit_seal IS 'The log of seals: each record is a leaf, each checkpoint signs all leaves up to it; append-only';

COMMENT ON COLUMN public.audit_seal.checkpoint IS 'empty where a lost seal was inserted again after a restore';

CREATE TABLE public.audit_sealed_day (
    workspace bytea NOT NULL,
    day date NOT NULL,
    seal bigint NOT NULL,
    entries bigint NOT NULL,
    digest bytea NOT NULL,
    CONSTRAINT audit_sealed_day_are_sha256 CHECK (((octet_length(workspace) = 32) AND (octet_length(digest) = 32))),
    CONSTRAINT audit_sealed_day_not_empty CHECK ((entries > 0))
);

ALTER TABLE public.audit_sealed_day OWNER TO audit_owner;

COMMENT ON TABLE public.audit_sealed_day IS 'Entries and last hash of a day''s chain, a row for each seal in which the day had new entries; append-only';

CREATE TABLE public.audit_sealed_workspace (
    workspace bytea NOT NULL,
    seal bigint NOT NULL,
    days bytea NOT NULL,
    CONSTRAINT audit_sealed_workspace_are_sha256 CHECK (((octet_length(workspace) = 32) AND (octet_length(days) = 32)))
);

ALTER TABLE public.audit_sealed_workspace OWNER TO audit_owner;

COMMENT ON TABLE public.audit_sealed_workspace IS 'The hash of a workspace''s days, a row for each seal in which it had new entries; append-only';

CREATE TABLE public.conflicting_event (
    id bigint NOT NULL,
    workspace_id text NOT NULL,
    event_source text NOT NULL,
    event_id text NOT NULL,
    content_digest bytea NOT NULL,
    kafka_topic text NOT NULL,
    kafka_topic_id text NOT NULL,
    kafka_partition integer NOT NULL,
    kafka_offset bigint NOT NULL,
    kafka_timestamp timestamp with time zone,
    key bytea,
    value bytea,
    headers json NOT NULL,
    value_sha256 bytea GENERATED ALWAYS AS (sha256(value)) STORED,
    kept_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT conflicting_event_content_digest_is_sha256 CHECK ((octet_length(content_digest) = 32)),
    CONSTRAINT conflicting_event_headers_is_array CHECK ((json_typeof(headers) = 'array'::text)),
    CONSTRAINT conflicting_event_position_not_negative CHECK (((kafka_offset >= 0) AND (kafka_partition >= 0)))
);

ALTER TABLE public.conflicting_event OWNER TO audit_owner;

COMMENT ON TABLE public.conflicting_event IS 'Raw records with the identity of an entry and other content: the first entry stands; append-only';

ALTER TABLE public.conflicting_event ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.conflicting_event_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.data_gap (
    id bigint NOT NULL,
    kafka_topic text NOT NULL,
    kafka_topic_id text NOT NULL,
    kafka_partition integer NOT NULL,
    from_offset bigint NOT NULL,
    to_offset bigint,
    epoch bigint NOT NULL,
    cause text NOT NULL,
    detail text NOT NULL,
    stated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT data_gap_cause_grammar CHECK ((cause ~ '^[a-z]+(_[a-z]+)*$'::text)),
    CONSTRAINT data_gap_is_range CHECK (((from_offset >= 0) AND (to_offset > from_offset))),
    CONSTRAINT data_gap_partition_not_negative CHECK ((kafka_partition >= 0))
);

ALTER TABLE public.data_gap OWNER TO audit_owner;

COMMENT ON TABLE public.data_gap IS 'What Kafka lost before it was read, as offsets [from, to); append-only';

COMMENT ON COLUMN public.data_gap.to_offset IS 'exclusive; null where no one can know how far the lost log went';

ALTER TABLE public.data_gap ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.data_gap_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.operator_action (
    id bigint NOT NULL,
    action text NOT NULL,
    parked_id bigint,
    gap_id bigint,
    kafka_topic text,
    kafka_topic_id text,
    kafka_partition integer,
    from_offset bigint,
    to_offset bigint,
    outcome text,
    detail text,
    reason text NOT NULL,
    performed_by text DEFAULT SESSION_USER NOT NULL,
    performed_at timestamp with time zone DEFAULT now() NOT NULL,
    os_user text,
    CONSTRAINT operator_action_known CHECK ((action = ANY (ARRAY['replay'::text, 'dismiss'::text, 'accept_gap'::text, 'rewind'::text, 'resume'::text]))),
    CONSTRAINT operator_action_names_gap CHECK (((gap_id IS NOT NULL) = (action = 'accept_gap'::text))),
    CONSTRAINT operator_action_names_offsets CHECK ((((num_nonnulls(from_offset, to_offset) = 2) AND (action = ANY (ARRAY['accept_gap'::text, 'rewind'::text]))) OR ((num_nonnulls(from_offset, to_offset) = 0) AND (action <> 'rewind'::text)))),
    CONSTRAINT operator_action_names_parked CHECK (((parked_id IS NOT NULL) = (action = ANY (ARRAY['replay'::text, 'dismiss'::text])))),
    CONSTRAINT operator_action_names_partition CHECK ((num_nonnulls(kafka_topic, kafka_topic_id, kafka_partition) =
CASE
    WHEN (action = ANY (ARRAY['accept_gap'::text, 'rewind'::text, 'resume'::text])) THEN 3
    ELSE 0
END)),
    CONSTRAINT operator_action_outcome_known CHECK ((outcome = ANY (ARRAY['recorded'::text, 'duplicate'::text, 'conflict'::text, 'ignored'::text, 'parked'::text]))),
    CONSTRAINT operator_action_outcome_of_replay CHECK (((outcome IS NOT NULL) = (action = 'replay'::text))),
    CONSTRAINT operator_action_performed_by_given CHECK ((performed_by ~ '\S'::text)),
    CONSTRAINT operator_action_reason_given CHECK ((reason ~ '\S'::text)),
    CONSTRAINT operator_action_rewind_goes_back CHECK (((from_offset >= 0) AND (to_offset >= 0) AND ((action <> 'rewind'::text) OR (to_offset <= from_offset))))
);

ALTER TABLE public.operator_action OWNER TO audit_owner;

COMMENT ON TABLE public.operator_action IS 'Every replay, dismissal, accepted gap, rewind and resume; append-only';

COMMENT ON COLUMN public.operator_action.performed_by IS 'the login, set by the database (before version 5: and the OS user)';

COMMENT ON COLUMN public.operator_action.os_user IS 'the user of the operating system, as the command says; not proven';

ALTER TABLE public.operator_action ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.operator_action_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.original_record (
    id bigint NOT NULL,
    workspace_id text NOT NULL,
    event_source text NOT NULL,
    event_id text NOT NULL,
    kafka_topic text NOT NULL,
    kafka_topic_id text NOT NULL,
    kafka_partition integer NOT NULL,
    kafka_offset bigint NOT NULL,
    kafka_timestamp timestamp with time zone,
    key bytea,
    value bytea,
    headers json NOT NULL,
    value_sha256 bytea GENERATED ALWAYS AS (sha256(value)) STORED,
    kept_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT original_record_headers_is_array CHECK ((json_typeof(headers) = 'array'::text)),
    CONSTRAINT original_record_position_not_negative CHECK (((kafka_offset >= 0) AND (kafka_partition >= 0)))
);

ALTER TABLE public.original_record OWNER TO audit_owner;

COMMENT ON TABLE public.original_record IS 'The raw record behind an entry whose text or numbers were sanitised; append-only';

ALTER TABLE public.original_record ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.original_record_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.parked_record (
    id bigint NOT NULL,
    kafka_topic text NOT NULL,
    kafka_topic_id text NOT NULL,
    kafka_partition integer NOT NULL,
    kafka_offset bigint NOT NULL,
    kafka_timestamp timestamp with time zone,
    key bytea,
    value bytea,
    headers json NOT NULL,
    value_sha256 bytea GENERATED ALWAYS AS (sha256(value)) STORED,
    reason text NOT NULL,
    detail text NOT NULL,
    parked_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT parked_record_headers_is_array CHECK ((json_typeof(headers) = 'array'::text)),
    CONSTRAINT parked_record_position_not_negative CHECK (((kafka_offset >= 0) AND (kafka_partition >= 0))),
    CONSTRAINT parked_record_reason_grammar CHECK ((reason ~ '^[a-z]+(_[a-z]+)*$'::text))
);

ALTER TABLE public.parked_record OWNER TO audit_owner;

COMMENT ON TABLE public.parked_record IS 'Raw records that could not be recorded, each with its reason; append-only';

ALTER TABLE public.parked_record ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.parked_record_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE VIEW public.parked_unresolved AS
 SELECT kafka_topic,
    kafka_partition,
    reason,
    count(*) AS records
   FROM public.parked_record r
  WHERE (NOT (EXISTS ( SELECT
           FROM public.operator_action a
          WHERE ((a.parked_id = r.id) AND ((a.action = 'dismiss'::text) OR (a.outcome <> 'parked'::text))))))
  GROUP BY kafka_topic, kafka_partition, reason;

ALTER VIEW public.parked_unresolved OWNER TO audit_owner;

COMMENT ON VIEW public.parked_unresolved IS 'How many parked records no one has resolved';

CREATE TABLE public.partition_progress (
    kafka_topic_id text NOT NULL,
    kafka_partition integer NOT NULL,
    kafka_topic text NOT NULL,
    next_offset bigint DEFAULT 0 NOT NULL,
    epoch bigint DEFAULT 0 NOT NULL,
    owner text,
    halted text,
    halted_detail text,
    halted_at timestamp with time zone,
    recorded bigint DEFAULT 0 NOT NULL,
    duplicate bigint DEFAULT 0 NOT NULL,
    conflict bigint DEFAULT 0 NOT NULL,
    ignored_not_audited bigint DEFAULT 0 NOT NULL,
    ignored_tombstone bigint DEFAULT 0 NOT NULL,
    ignored_no_change bigint DEFAULT 0 NOT NULL,
    parked bigint DEFAULT 0 NOT NULL,
    gap bigint DEFAULT 0 NOT NULL,
    undelivered bigint DEFAULT 0 NOT NULL,
    reread bigint DEFAULT 0 NOT NULL,
    complete_through timestamp with time zone,
    retired_at timestamp with time zone,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    ignored_other_cell bigint DEFAULT 0 NOT NULL,
    ignored bigint GENERATED ALWAYS AS ((((ignored_not_audited + ignored_tombstone) + ignored_no_change) + ignored_other_cell)) STORED,
    CONSTRAINT partition_progress_balanced CHECK (((next_offset + reread) = ((((((recorded + duplicate) + conflict) + ignored) + parked) + gap) + undelivered))),
    CONSTRAINT partition_progress_halt_is_explained CHECK ((num_nonnulls(halted, halted_detail, halted_at) = ANY (ARRAY[0, 3]))),
    CONSTRAINT partition_progress_halted_grammar CHECK ((halted ~ '^[a-z]+(_[a-z]+)*$'::text)),
    CONSTRAINT partition_progress_not_negative CHECK ((LEAST((kafka_partition)::bigint, next_offset, epoch, recorded, duplicate, conflict, ignored_not_audited, ignored_tombstone, ignored_no_change, ignored_other_cell, parked, gap, undelivered, reread) >= 0))
)
WITH (fillfactor='50');

ALTER TABLE public.partition_progress OWNER TO audit_owner;

COMMENT ON TABLE public.partition_progress IS 'What has been consumed, and the count of each outcome: the truth about offsets';

COMMENT ON COLUMN public.partition_progress.epoch IS 'fencing: raised by one by each new owner, named in each update';

COMMENT ON COLUMN public.partition_progress.owner IS 'the process that reads the partition; null when it was released cleanly';

COMMENT ON COLUMN public.partition_progress.undelivered IS 'offsets that Kafka does not deliver: markers, compaction';

COMMENT ON COLUMN public.partition_progress.reread IS 'offsets given back by rewinds, to be passed again';

COMMENT ON COLUMN public.partition_progress.complete_through IS 'everything that Kafka had received by that time is in the tables';

COMMENT ON COLUMN public.partition_progress.retired_at IS 'when the topic got a new id; this row is history since then';

CREATE VIEW public.partition_account AS
 WITH decisions AS (
         SELECT operator_action.parked_id,
            bool_or(((operator_action.action = 'dismiss'::text) OR (operator_action.outcome <> 'parked'::text))) AS resolved,
            count(*) FILTER (WHERE (operator_action.outcome = 'recorded'::text)) AS recorded,
            COALESCE(bool_or((operator_action.outcome = 'conflict'::text)), false) AS conflict
           FROM public.operator_action
          WHERE (operator_action.parked_id IS NOT NULL)
          GROUP BY operator_action.parked_id
        ), parked_rows AS (
         SELECT r.kafka_topic_id,
            r.kafka_partition,
            count(*) AS kept,
            count(*) FILTER (WHERE d.resolved) AS resolved,
            (COALESCE(sum(d.recorded), (0)::numeric))::bigint AS replayed,
            count(*) FILTER (WHERE d.conflict) AS conflicting
           FROM (public.parked_record r
             LEFT JOIN decisions d ON ((r.id = d.parked_id)))
          GROUP BY r.kafka_topic_id, r.kafka_partition
        ), conflict_rows AS (
         SELECT conflicting_event.kafka_topic_id,
            conflicting_event.kafka_partition,
            count(*) AS kept
           FROM public.conflicting_event
          GROUP BY conflicting_event.kafka_topic_id, conflicting_event.kafka_partition
        ), moves AS (
         SELECT operator_action.kafka_topic_id,
            operator_action.kafka_partition,
            (sum(GREATEST((operator_action.to_offset - operator_action.from_offset), (0)::bigint)))::bigint AS forward,
            (sum(GREATEST((operator_action.from_offset - operator_action.to_offset), (0)::bigint)))::bigint AS back
           FROM public.operator_action
          WHERE ((operator_action.action = ANY (ARRAY['accept_gap'::text, 'rewind'::text])) AND (operator_action.from_offset IS NOT NULL))
          GROUP BY operator_action.kafka_topic_id, operator_action.kafka_partition
        )
 SELECT p.kafka_topic,
    p.kafka_topic_id,
    p.kafka_partition,
    p.next_offset,
    p.recorded,
    p.duplicate,
    p.conflict,
    p.ignored,
    p.ignored_not_audited,
    p.ignored_tombstone,
    p.ignored_no_change,
    p.ignored_other_cell,
    p.parked,
    p.gap,
    p.undelivered,
    p.reread,
    p.halted,
    p.halted_detail,
    p.halted_at,
    p.complete_through,
    p.retired_at,
    p.epoch,
    p.owner,
    COALESCE(k.kept, (0)::bigint) AS parked_rows,
    COALESCE(k.resolved, (0)::bigint) AS parked_resolved,
    COALESCE(k.replayed, (0)::bigint) AS replayed,
    COALESCE(k.conflicting, (0)::bigint) AS replayed_conflict,
    COALESCE(c.kept, (0)::bigint) AS conflict_rows,
    COALESCE(m.forward, (0)::bigint) AS accepted,
    COALESCE(m.back, (0)::bigint) AS given_back
   FROM (((public.partition_progress p
     LEFT JOIN parked_rows k ON (((p.kafka_topic_id = k.kafka_topic_id) AND (p.kafka_partition = k.kafka_partition))))
     LEFT JOIN conflict_rows c ON (((p.kafka_topic_id = c.kafka_topic_id) AND (p.kafka_partition = c.kafka_partition))))
     LEFT JOIN moves m ON (((p.kafka_topic_id = m.kafka_topic_id) AND (p.kafka_partition = m.kafka_partition))));

ALTER VIEW public.partition_account OWNER TO audit_owner;

COMMENT ON VIEW public.partition_account IS 'Progress beside what the other tables keep: what the accounting check compares';

CREATE TABLE public.schema_migration (
    version integer NOT NULL,
    name text NOT NULL,
    sha256 text NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE public.schema_migration OWNER TO audit_owner;

ALTER TABLE ONLY public.audit_cell
    ADD CONSTRAINT audit_cell_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.audit_cell_start
    ADD CONSTRAINT audit_cell_start_pkey PRIMARY KEY (cell_id, kafka_topic_id, kafka_partition);

ALTER TABLE ONLY public.audit_event
    ADD CONSTRAINT audit_event_identity UNIQUE (workspace_id, event_source, event_id);

ALTER TABLE ONLY public.audit_event
    ADD CONSTRAINT audit_event_pkey PRIMARY KEY (workspace_id, id);

ALTER TABLE ONLY public.audit_export
    ADD CONSTRAINT audit_export_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.audit_seal
    ADD CONSTRAINT audit_seal_pkey PRIMARY KEY (seal);

ALTER TABLE ONLY public.audit_sealed_day
    ADD CONSTRAINT audit_sealed_day_pkey PRIMARY KEY (workspace, day, seal);

ALTER TABLE ONLY public.audit_sealed_workspace
    ADD CONSTRAINT audit_sealed_workspace_pkey PRIMARY KEY (workspace, seal);

ALTER TABLE ONLY public.conflicting_event
    ADD CONSTRAINT conflicting_event_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.conflicting_event
    ADD CONSTRAINT conflicting_event_position UNIQUE NULLS NOT DISTINCT (kafka_topic_id, kafka_partition, kafka_offset, kafka_timestamp, value_sha256);

ALTER TABLE ONLY public.data_gap
    ADD CONSTRAINT data_gap_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.data_gap
    ADD CONSTRAINT data_gap_statement UNIQUE NULLS NOT DISTINCT (kafka_topic_id, kafka_partition, from_offset, to_offset, epoch, cause);

ALTER TABLE ONLY public.operator_action
    ADD CONSTRAINT operator_action_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.original_record
    ADD CONSTRAINT original_record_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.original_record
    ADD CONSTRAINT original_record_position UNIQUE NULLS NOT DISTINCT (kafka_topic_id, kafka_partition, kafka_offset, kafka_timestamp, value_sha256);

ALTER TABLE ONLY public.parked_record
    ADD CONSTRAINT parked_record_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.parked_record
    ADD CONSTRAINT parked_record_position UNIQUE NULLS NOT DISTINCT (kafka_topic_id, kafka_partition, kafka_offset, kafka_timestamp, value_sha256);

ALTER TABLE ONLY public.partition_progress
    ADD CONSTRAINT partition_progress_pkey PRIMARY KEY (kafka_topic_id, kafka_partition);

ALTER TABLE ONLY public.schema_migration
    ADD CONSTRAINT schema_migration_pkey PRIMARY KEY (version);

CREATE INDEX audit_event_page ON ONLY public.audit_event USING btree (workspace_id, occurred_at DESC, id DESC) INCLUDE (xid, action, source);

CREATE INDEX audit_event_recorded ON ONLY public.audit_event USING btree (workspace_id, xid);

CREATE INDEX audit_event_xid ON ONLY public.audit_event USING brin ((((xid)::text)::bigint)) WITH (pages_per_range='16', autosummarize='on');

CREATE INDEX audit_seal_xmax ON public.audit_seal USING btree (pg_snapshot_xmax(snapshot), seal);

CREATE UNIQUE INDEX operator_action_gap ON public.operator_action USING btree (gap_id) WHERE (gap_id IS NOT NULL);

CREATE INDEX operator_action_moves ON public.operator_action USING btree (kafka_topic_id, kafka_partition) WHERE (from_offset IS NOT NULL);

CREATE INDEX operator_action_parked ON public.operator_action USING btree (parked_id) WHERE (parked_id IS NOT NULL);

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON public.audit_cell FOR EACH ROW EXECUTE FUNCTION public.audit_refuse_change();

ALTER TABLE public.audit_cell ENABLE ALWAYS TRIGGER append_only;

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON public.audit_cell_start FOR EACH ROW EXECUTE FUNCTION public.audit_refuse_change();

ALTER TABLE public.audit_cell_start ENABLE ALWAYS TRIGGER append_only;

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON public.audit_event FOR EACH ROW EXECUTE FUNCTION public.audit_refuse_change();

ALTER TABLE public.audit_event ENABLE ALWAYS TRIGGER append_only;

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON public.audit_export FOR EACH ROW EXECUTE FUNCTION public.audit_refuse_change();

ALTER TABLE public.audit_export ENABLE ALWAYS TRIGGER append_only;

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON public.audit_seal FOR EACH ROW EXECUTE FUNCTION public.audit_refuse_change();

ALTER TABLE public.audit_seal ENABLE ALWAYS TRIGGER append_only;

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON public.audit_sealed_day FOR EACH ROW EXECUTE FUNCTION public.audit_refuse_change();

ALTER TABLE public.audit_sealed_day ENABLE ALWAYS TRIGGER append_only;

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON public.audit_sealed_workspace FOR EACH ROW EXECUTE FUNCTION public.audit_refuse_change();

ALTER TABLE public.audit_sealed_workspace ENABLE ALWAYS TRIGGER append_only;

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON public.conflicting_event FOR EACH ROW EXECUTE FUNCTION public.audit_refuse_change();

ALTER TABLE public.conflicting_event ENABLE ALWAYS TRIGGER append_only;

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON public.data_gap FOR EACH ROW EXECUTE FUNCTION public.audit_refuse_change();

ALTER TABLE public.data_gap ENABLE ALWAYS TRIGGER append_only;

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON public.operator_action FOR EACH ROW EXECUTE FUNCTION public.audit_refuse_change();

ALTER TABLE public.operator_action ENABLE ALWAYS TRIGGER append_only;

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON public.original_record FOR EACH ROW EXECUTE FUNCTION public.audit_refuse_change();

ALTER TABLE public.original_record ENABLE ALWAYS TRIGGER append_only;

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON public.parked_record FOR EACH ROW EXECUTE FUNCTION public.audit_refuse_change();

ALTER TABLE public.parked_record ENABLE ALWAYS TRIGGER append_only;

CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON public.audit_cell FOR EACH STATEMENT EXECUTE FUNCTION public.audit_refuse_change();

ALTER TABLE public.audit_cell ENABLE ALWAYS TRIGGER append_only_truncate;

CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON public.audit_cell_start FOR EACH STATEMENT EXECUTE FUNCTION public.audit_refuse_change();

ALTER TABLE public.audit_cell_start ENABLE ALWAYS TRIGGER append_only_truncate;

CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON public.audit_event FOR EACH STATEMENT EXECUTE FUNCTION public.audit_refuse_change();

ALTER TABLE public.audit_event ENABLE ALWAYS TRIGGER append_only_truncate;

CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON public.audit_export FOR EACH STATEMENT EXECUTE FUNCTION public.audit_refuse_change();

ALTER TABLE public.audit_export ENABLE ALWAYS TRIGGER append_only_truncate;

CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON public.audit_seal FOR EACH STATEMENT EXECUTE FUNCTION public.audit_refuse_change();

ALTER TABLE public.audit_seal ENABLE ALWAYS TRIGGER append_only_truncate;

CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON public.audit_sealed_day FOR EACH STATEMENT EXECUTE FUNCTION public.audit_refuse_change();

ALTER TABLE public.audit_sealed_day ENABLE ALWAYS TRIGGER append_only_truncate;

CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON public.audit_sealed_workspace FOR EACH STATEMENT EXECUTE FUNCTION public.audit_refuse_change();

ALTER TABLE public.audit_sealed_workspace ENABLE ALWAYS TRIGGER append_only_truncate;

CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON public.conflicting_event FOR EACH STATEMENT EXECUTE FUNCTION public.audit_refuse_change();

ALTER TABLE public.conflicting_event ENABLE ALWAYS TRIGGER append_only_truncate;

CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON public.data_gap FOR EACH STATEMENT EXECUTE FUNCTION public.audit_refuse_change();

ALTER TABLE public.data_gap ENABLE ALWAYS TRIGGER append_only_truncate;

CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON public.operator_action FOR EACH STATEMENT EXECUTE FUNCTION public.audit_refuse_change();

ALTER TABLE public.operator_action ENABLE ALWAYS TRIGGER append_only_truncate;

CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON public.original_record FOR EACH STATEMENT EXECUTE FUNCTION public.audit_refuse_change();

ALTER TABLE public.original_record ENABLE ALWAYS TRIGGER append_only_truncate;

CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON public.parked_record FOR EACH STATEMENT EXECUTE FUNCTION public.audit_refuse_change();

ALTER TABLE public.parked_record ENABLE ALWAYS TRIGGER append_only_truncate;

CREATE TRIGGER check_action BEFORE INSERT ON public.operator_action FOR EACH ROW EXECUTE FUNCTION public.audit_check_action();

ALTER TABLE public.operator_action ENABLE ALWAYS TRIGGER check_action;

CREATE TRIGGER check_cell BEFORE INSERT ON public.audit_cell FOR EACH ROW EXECUTE FUNCTION public.audit_check_cell();

ALTER TABLE public.audit_cell ENABLE ALWAYS TRIGGER check_cell;

CREATE TRIGGER check_gap BEFORE INSERT ON public.data_gap FOR EACH ROW EXECUTE FUNCTION public.audit_check_gap();

ALTER TABLE public.data_gap ENABLE ALWAYS TRIGGER check_gap;

CREATE CONSTRAINT TRIGGER check_lift AFTER UPDATE ON public.partition_progress DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (((CURRENT_USER = 'audit_operator'::name) AND (((old.halted IS NOT NULL) AND (new.halted IS NULL)) OR (old.retired_at IS DISTINCT FROM new.retired_at)))) EXECUTE FUNCTION public.audit_check_lift();

ALTER TABLE public.partition_progress ENABLE ALWAYS TRIGGER check_lift;

CREATE CONSTRAINT TRIGGER check_moves AFTER INSERT ON public.operator_action DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (((CURRENT_USER = 'audit_operator'::name) AND (new.from_offset IS NOT NULL))) EXECUTE FUNCTION public.audit_check_moves();

ALTER TABLE public.operator_action ENABLE ALWAYS TRIGGER check_moves;

CREATE CONSTRAINT TRIGGER check_moves AFTER UPDATE ON public.partition_progress DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (((CURRENT_USER = 'audit_operator'::name) AND ((old.gap <> new.gap) OR (old.reread <> new.reread)))) EXECUTE FUNCTION public.audit_check_moves();

ALTER TABLE public.partition_progress ENABLE ALWAYS TRIGGER check_moves;

CREATE TRIGGER check_progress BEFORE INSERT OR UPDATE ON public.partition_progress FOR EACH ROW EXECUTE FUNCTION public.audit_check_progress();

ALTER TABLE public.partition_progress ENABLE ALWAYS TRIGGER check_progress;

CREATE TRIGGER keep_rows BEFORE DELETE OR TRUNCATE ON public.partition_progress FOR EACH STATEMENT EXECUTE FUNCTION public.audit_refuse_removal();

ALTER TABLE public.partition_progress ENABLE ALWAYS TRIGGER keep_rows;

ALTER TABLE ONLY public.audit_cell_start
    ADD CONSTRAINT audit_cell_start_cell_id_fkey FOREIGN KEY (cell_id) REFERENCES public.audit_cell(id);

ALTER TABLE ONLY public.audit_sealed_day
    ADD CONSTRAINT audit_sealed_day_seal_fkey FOREIGN KEY (seal) REFERENCES public.audit_seal(seal);

ALTER TABLE ONLY public.audit_sealed_workspace
    ADD CONSTRAINT audit_sealed_workspace_seal_fkey FOREIGN KEY (seal) REFERENCES public.audit_seal(seal);

ALTER TABLE ONLY public.operator_action
    ADD CONSTRAINT operator_action_gap_id_fkey FOREIGN KEY (gap_id) REFERENCES public.data_gap(id);

ALTER TABLE ONLY public.operator_action
    ADD CONSTRAINT operator_action_parked_id_fkey FOREIGN KEY (parked_id) REFERENCES public.parked_record(id);

ALTER TABLE public.audit_event ENABLE ROW LEVEL SECURITY;

CREATE POLICY exporter_reads_one_workspace ON public.audit_event FOR SELECT TO audit_exporter USING ((workspace_id = current_setting('audit.workspace_id'::text, true)));

CREATE POLICY operator_inserts ON public.audit_event FOR INSERT TO audit_operator WITH CHECK (true);

CREATE POLICY operator_reads ON public.audit_event FOR SELECT TO audit_operator USING (true);

CREATE POLICY reader_reads_one_workspace ON public.audit_event FOR SELECT TO audit_reader USING ((workspace_id = current_setting('audit.workspace_id'::text, true)));

CREATE POLICY sealer_reads ON public.audit_event FOR SELECT TO audit_sealer USING (true);

CREATE POLICY writer_compares ON public.audit_event FOR SELECT TO audit_writer USING (true);

CREATE POLICY writer_inserts ON public.audit_event FOR INSERT TO audit_writer WITH CHECK (true);

GRANT ALL ON SCHEMA public TO audit_owner;
GRANT USAGE ON SCHEMA public TO audit_writer;
GRANT USAGE ON SCHEMA public TO audit_reader;
GRANT USAGE ON SCHEMA public TO audit_operator;
GRANT USAGE ON SCHEMA public TO audit_sealer;
GRANT USAGE ON SCHEMA public TO audit_exporter;

REVOKE ALL ON FUNCTION public.audit_check_action() FROM PUBLIC;

REVOKE ALL ON FUNCTION public.audit_check_cell() FROM PUBLIC;

REVOKE ALL ON FUNCTION public.audit_check_gap() FROM PUBLIC;

REVOKE ALL ON FUNCTION public.audit_check_lift() FROM PUBLIC;

REVOKE ALL ON FUNCTION public.audit_check_moves() FROM PUBLIC;

REVOKE ALL ON FUNCTION public.audit_check_progress() FROM PUBLIC;

REVOKE ALL ON FUNCTION public.audit_refuse_change() FROM PUBLIC;

REVOKE ALL ON FUNCTION public.audit_refuse_removal() FROM PUBLIC;

GRANT SELECT ON TABLE public.audit_cell TO audit_writer;
GRANT SELECT ON TABLE public.audit_cell TO audit_reader;
GRANT SELECT ON TABLE public.audit_cell TO audit_operator;
GRANT SELECT ON TABLE public.audit_cell TO audit_exporter;

GRANT INSERT(number) ON TABLE public.audit_cell TO audit_operator;

GRANT INSERT(cells) ON TABLE public.audit_cell TO audit_operator;

GRANT INSERT(reason) ON TABLE public.audit_cell TO audit_operator;

GRANT INSERT(os_user) ON TABLE public.audit_cell TO audit_operator;

GRANT SELECT,INSERT ON TABLE public.audit_cell_start TO audit_operator;

GRANT SELECT ON TABLE public.audit_event TO audit_reader;
GRANT SELECT ON TABLE public.audit_event TO audit_operator;
GRANT SELECT ON TABLE public.audit_event TO audit_sealer;
GRANT SELECT ON TABLE public.audit_event TO audit_exporter;

GRANT INSERT(occurred_at) ON TABLE public.audit_event TO audit_writer;
GRANT INSERT(occurred_at) ON TABLE public.audit_event TO audit_operator;

GRANT INSERT(kafka_timestamp) ON TABLE public.audit_event TO audit_writer;
GRANT INSERT(kafka_timestamp) ON TABLE public.audit_event TO audit_operator;

GRANT INSERT(kafka_offset) ON TABLE public.audit_event TO audit_writer;
GRANT INSERT(kafka_offset) ON TABLE public.audit_event TO audit_operator;

GRANT INSERT(kafka_partition) ON TABLE public.audit_event TO audit_writer;
GRANT INSERT(kafka_partition) ON TABLE public.audit_event TO audit_operator;

GRANT SELECT(workspace_id),INSERT(workspace_id) ON TABLE public.audit_event TO audit_writer;
GRANT INSERT(workspace_id) ON TABLE public.audit_event TO audit_operator;

GRANT SELECT(event_source),INSERT(event_source) ON TABLE public.audit_event TO audit_writer;
GRANT INSERT(event_source) ON TABLE public.audit_event TO audit_operator;

GRANT SELECT(event_id),INSERT(event_id) ON TABLE public.audit_event TO audit_writer;
GRANT INSERT(event_id) ON TABLE public.audit_event TO audit_operator;

GRANT INSERT(action) ON TABLE public.audit_event TO audit_writer;
GRANT INSERT(action) ON TABLE public.audit_event TO audit_operator;

GRANT INSERT(facets) ON TABLE public.audit_event TO audit_writer;
GRANT INSERT(facets) ON TABLE public.audit_event TO audit_operator;

GRANT INSERT(actor_type) ON TABLE public.audit_event TO audit_writer;
GRANT INSERT(actor_type) ON TABLE public.audit_event TO audit_operator;

GRANT INSERT(actor_id) ON TABLE public.audit_event TO audit_writer;
GRANT INSERT(actor_id) ON TABLE public.audit_event TO audit_operator;

GRANT INSERT(actor_email) ON TABLE public.audit_event TO audit_writer;
GRANT INSERT(actor_email) ON TABLE public.audit_event TO audit_operator;

GRANT INSERT(subject_type) ON TABLE public.audit_event TO audit_writer;
GRANT INSERT(subject_type) ON TABLE public.audit_event TO audit_operator;

GRANT INSERT(subject_id) ON TABLE public.audit_event TO audit_writer;
GRANT INSERT(subject_id) ON TABLE public.audit_event TO audit_operator;

GRANT INSERT(subject_label) ON TABLE public.audit_event TO audit_writer;
GRANT INSERT(subject_label) ON TABLE public.audit_event TO audit_operator;

GRANT INSERT(channel) ON TABLE public.audit_event TO audit_writer;
GRANT INSERT(channel) ON TABLE public.audit_event TO audit_operator;

GRANT INSERT(kafka_topic) ON TABLE public.audit_event TO audit_writer;
GRANT INSERT(kafka_topic) ON TABLE public.audit_event TO audit_operator;

GRANT INSERT(trace_id) ON TABLE public.audit_event TO audit_writer;
GRANT INSERT(trace_id) ON TABLE public.audit_event TO audit_operator;

GRANT SELECT(content_digest),INSERT(content_digest) ON TABLE public.audit_event TO audit_writer;
GRANT INSERT(content_digest) ON TABLE public.audit_event TO audit_operator;

GRANT INSERT(diff) ON TABLE public.audit_event TO audit_writer;
GRANT INSERT(diff) ON TABLE public.audit_event TO audit_operator;

GRANT SELECT ON TABLE public.audit_export TO audit_operator;

GRANT INSERT(workspace_id) ON TABLE public.audit_export TO audit_exporter;

GRANT INSERT(from_day) ON TABLE public.audit_export TO audit_exporter;

GRANT INSERT(to_day) ON TABLE public.audit_export TO audit_exporter;

GRANT INSERT(entries) ON TABLE public.audit_export TO audit_exporter;

GRANT INSERT(manifest_sha256) ON TABLE public.audit_export TO audit_exporter;

GRANT INSERT(requested_by) ON TABLE public.audit_export TO audit_exporter;

GRANT INSERT(reason) ON TABLE public.audit_export TO audit_exporter;

GRANT SELECT,INSERT ON TABLE public.audit_seal TO audit_sealer;
GRANT SELECT ON TABLE public.audit_seal TO audit_exporter;

GRANT SELECT(seal) ON TABLE public.audit_seal TO audit_reader;

GRANT SELECT(record) ON TABLE public.audit_seal TO audit_reader;

GRANT SELECT(checkpoint) ON TABLE public.audit_seal TO audit_reader;

GRANT SELECT,INSERT ON TABLE public.audit_sealed_day TO audit_sealer;
GRANT SELECT ON TABLE public.audit_sealed_day TO audit_exporter;

GRANT SELECT,INSERT ON TABLE public.audit_sealed_workspace TO audit_sealer;
GRANT SELECT ON TABLE public.audit_sealed_workspace TO audit_exporter;

GRANT SELECT ON TABLE public.conflicting_event TO audit_operator;

GRANT INSERT(workspace_id) ON TABLE public.conflicting_event TO audit_writer;
GRANT INSERT(workspace_id) ON TABLE public.conflicting_event TO audit_operator;

GRANT INSERT(event_source) ON TABLE public.conflicting_event TO audit_writer;
GRANT INSERT(event_source) ON TABLE public.conflicting_event TO audit_operator;

GRANT INSERT(event_id) ON TABLE public.conflicting_event TO audit_writer;
GRANT INSERT(event_id) ON TABLE public.conflicting_event TO audit_operator;

GRANT INSERT(content_digest) ON TABLE public.conflicting_event TO audit_writer;
GRANT INSERT(content_digest) ON TABLE public.conflicting_event TO audit_operator;

GRANT INSERT(kafka_topic) ON TABLE public.conflicting_event TO audit_writer;
GRANT INSERT(kafka_topic) ON TABLE public.conflicting_event TO audit_operator;

GRANT SELECT(kafka_topic_id),INSERT(kafka_topic_id) ON TABLE public.conflicting_event TO audit_writer;
GRANT INSERT(kafka_topic_id) ON TABLE public.conflicting_event TO audit_operator;

GRANT SELECT(kafka_partition),INSERT(kafka_partition) ON TABLE public.conflicting_event TO audit_writer;
GRANT INSERT(kafka_partition) ON TABLE public.conflicting_event TO audit_operator;

GRANT SELECT(kafka_offset),INSERT(kafka_offset) ON TABLE public.conflicting_event TO audit_writer;
GRANT INSERT(kafka_offset) ON TABLE public.conflicting_event TO audit_operator;

GRANT INSERT(kafka_timestamp) ON TABLE public.conflicting_event TO audit_writer;
GRANT INSERT(kafka_timestamp) ON TABLE public.conflicting_event TO audit_operator;

GRANT INSERT(key) ON TABLE public.conflicting_event TO audit_writer;
GRANT INSERT(key) ON TABLE public.conflicting_event TO audit_operator;

GRANT INSERT(value) ON TABLE public.conflicting_event TO audit_writer;
GRANT INSERT(value) ON TABLE public.conflicting_event TO audit_operator;

GRANT INSERT(headers) ON TABLE public.conflicting_event TO audit_writer;
GRANT INSERT(headers) ON TABLE public.conflicting_event TO audit_operator;

GRANT SELECT ON TABLE public.data_gap TO audit_operator;

GRANT INSERT(kafka_topic) ON TABLE public.data_gap TO audit_writer;
GRANT INSERT(kafka_topic) ON TABLE public.data_gap TO audit_operator;

GRANT SELECT(kafka_topic_id),INSERT(kafka_topic_id) ON TABLE public.data_gap TO audit_writer;
GRANT INSERT(kafka_topic_id) ON TABLE public.data_gap TO audit_operator;

GRANT SELECT(kafka_partition),INSERT(kafka_partition) ON TABLE public.data_gap TO audit_writer;
GRANT INSERT(kafka_partition) ON TABLE public.data_gap TO audit_operator;

GRANT SELECT(from_offset),INSERT(from_offset) ON TABLE public.data_gap TO audit_writer;
GRANT INSERT(from_offset) ON TABLE public.data_gap TO audit_operator;

GRANT SELECT(to_offset),INSERT(to_offset) ON TABLE public.data_gap TO audit_writer;
GRANT INSERT(to_offset) ON TABLE public.data_gap TO audit_operator;

GRANT INSERT(epoch) ON TABLE public.data_gap TO audit_writer;
GRANT INSERT(epoch) ON TABLE public.data_gap TO audit_operator;

GRANT SELECT(cause),INSERT(cause) ON TABLE public.data_gap TO audit_writer;
GRANT INSERT(cause) ON TABLE public.data_gap TO audit_operator;

GRANT INSERT(detail) ON TABLE public.data_gap TO audit_writer;
GRANT INSERT(detail) ON TABLE public.data_gap TO audit_operator;

GRANT SELECT ON TABLE public.operator_action TO audit_operator;

GRANT INSERT(action) ON TABLE public.operator_action TO audit_operator;

GRANT INSERT(parked_id) ON TABLE public.operator_action TO audit_operator;

GRANT INSERT(gap_id) ON TABLE public.operator_action TO audit_operator;

GRANT INSERT(kafka_topic) ON TABLE public.operator_action TO audit_operator;

GRANT INSERT(kafka_topic_id) ON TABLE public.operator_action TO audit_operator;

GRANT INSERT(kafka_partition) ON TABLE public.operator_action TO audit_operator;

GRANT INSERT(from_offset) ON TABLE public.operator_action TO audit_operator;

GRANT INSERT(to_offset) ON TABLE public.operator_action TO audit_operator;

GRANT INSERT(outcome) ON TABLE public.operator_action TO audit_operator;

GRANT INSERT(detail) ON TABLE public.operator_action TO audit_operator;

GRANT INSERT(reason) ON TABLE public.operator_action TO audit_operator;

GRANT INSERT(os_user) ON TABLE public.operator_action TO audit_operator;

GRANT SELECT ON TABLE public.original_record TO audit_operator;

GRANT INSERT(workspace_id) ON TABLE public.original_record TO audit_writer;
GRANT INSERT(workspace_id) ON TABLE public.original_record TO audit_operator;

GRANT INSERT(event_source) ON TABLE public.original_record TO audit_writer;
GRANT INSERT(event_source) ON TABLE public.original_record TO audit_operator;

GRANT INSERT(event_id) ON TABLE public.original_record TO audit_writer;
GRANT INSERT(event_id) ON TABLE public.original_record TO audit_operator;

GRANT INSERT(kafka_topic) ON TABLE public.original_record TO audit_writer;
GRANT INSERT(kafka_topic) ON TABLE public.original_record TO audit_operator;

GRANT SELECT(kafka_topic_id),INSERT(kafka_topic_id) ON TABLE public.original_record TO audit_writer;
GRANT INSERT(kafka_topic_id) ON TABLE public.original_record TO audit_operator;

GRANT SELECT(kafka_partition),INSERT(kafka_partition) ON TABLE public.original_record TO audit_writer;
GRANT INSERT(kafka_partition) ON TABLE public.original_record TO audit_operator;

GRANT SELECT(kafka_offset),INSERT(kafka_offset) ON TABLE public.original_record TO audit_writer;
GRANT INSERT(kafka_offset) ON TABLE public.original_record TO audit_operator;

GRANT INSERT(kafka_timestamp) ON TABLE public.original_record TO audit_writer;
GRANT INSERT(kafka_timestamp) ON TABLE public.original_record TO audit_operator;

GRANT INSERT(key) ON TABLE public.original_record TO audit_writer;
GRANT INSERT(key) ON TABLE public.original_record TO audit_operator;

GRANT INSERT(value) ON TABLE public.original_record TO audit_writer;
GRANT INSERT(value) ON TABLE public.original_record TO audit_operator;

GRANT INSERT(headers) ON TABLE public.original_record TO audit_writer;
GRANT INSERT(headers) ON TABLE public.original_record TO audit_operator;

GRANT SELECT ON TABLE public.parked_record TO audit_operator;

GRANT INSERT(kafka_topic) ON TABLE public.parked_record TO audit_writer;

GRANT SELECT(kafka_topic_id),INSERT(kafka_topic_id) ON TABLE public.parked_record TO audit_writer;

GRANT SELECT(kafka_partition),INSERT(kafka_partition) ON TABLE public.parked_record TO audit_writer;

GRANT SELECT(kafka_offset),INSERT(kafka_offset) ON TABLE public.parked_record TO audit_writer;

GRANT INSERT(kafka_timestamp) ON TABLE public.parked_record TO audit_writer;

GRANT INSERT(key) ON TABLE public.parked_record TO audit_writer;

GRANT INSERT(value) ON TABLE public.parked_record TO audit_writer;

GRANT INSERT(headers) ON TABLE public.parked_record TO audit_writer;

GRANT INSERT(reason) ON TABLE public.parked_record TO audit_writer;

GRANT INSERT(detail) ON TABLE public.parked_record TO audit_writer;

GRANT SELECT ON TABLE public.parked_unresolved TO audit_writer;
GRANT SELECT ON TABLE public.parked_unresolved TO audit_operator;

GRANT SELECT ON TABLE public.partition_progress TO audit_writer;
GRANT SELECT ON TABLE public.partition_progress TO audit_operator;

GRANT INSERT(kafka_topic_id) ON TABLE public.partition_progress TO audit_writer;

GRANT INSERT(kafka_partition) ON TABLE public.partition_progress TO audit_writer;

GRANT SELECT(kafka_topic) ON TABLE public.partition_progress TO audit_reader;
GRANT INSERT(kafka_topic) ON TABLE public.partition_progress TO audit_writer;

GRANT INSERT(next_offset),UPDATE(next_offset) ON TABLE public.partition_progress TO audit_writer;
GRANT UPDATE(next_offset) ON TABLE public.partition_progress TO audit_operator;

GRANT INSERT(epoch),UPDATE(epoch) ON TABLE public.partition_progress TO audit_writer;
GRANT UPDATE(epoch) ON TABLE public.partition_progress TO audit_operator;

GRANT UPDATE(owner) ON TABLE public.partition_progress TO audit_writer;
GRANT UPDATE(owner) ON TABLE public.partition_progress TO audit_operator;

GRANT UPDATE(halted) ON TABLE public.partition_progress TO audit_writer;
GRANT UPDATE(halted) ON TABLE public.partition_progress TO audit_operator;

GRANT UPDATE(halted_detail) ON TABLE public.partition_progress TO audit_writer;
GRANT UPDATE(halted_detail) ON TABLE public.partition_progress TO audit_operator;

GRANT UPDATE(halted_at) ON TABLE public.partition_progress TO audit_writer;
GRANT UPDATE(halted_at) ON TABLE public.partition_progress TO audit_operator;

GRANT UPDATE(recorded) ON TABLE public.partition_progress TO audit_writer;

GRANT UPDATE(duplicate) ON TABLE public.partition_progress TO audit_writer;

GRANT UPDATE(conflict) ON TABLE public.partition_progress TO audit_writer;

GRANT UPDATE(ignored_not_audited) ON TABLE public.partition_progress TO audit_writer;

GRANT UPDATE(ignored_tombstone) ON TABLE public.partition_progress TO audit_writer;

GRANT UPDATE(ignored_no_change) ON TABLE public.partition_progress TO audit_writer;

GRANT UPDATE(parked) ON TABLE public.partition_progress TO audit_writer;

GRANT UPDATE(gap) ON TABLE public.partition_progress TO audit_operator;

GRANT UPDATE(undelivered) ON TABLE public.partition_progress TO audit_writer;

GRANT UPDATE(reread) ON TABLE public.partition_progress TO audit_operator;

GRANT SELECT(complete_through) ON TABLE public.partition_progress TO audit_reader;
GRANT UPDATE(complete_through) ON TABLE public.partition_progress TO audit_writer;

GRANT SELECT(retired_at) ON TABLE public.partition_progress TO audit_reader;
GRANT UPDATE(retired_at) ON TABLE public.partition_progress TO audit_operator;

GRANT UPDATE(updated_at) ON TABLE public.partition_progress TO audit_writer;
GRANT UPDATE(updated_at) ON TABLE public.partition_progress TO audit_operator;

GRANT UPDATE(ignored_other_cell) ON TABLE public.partition_progress TO audit_writer;

GRANT SELECT ON TABLE public.partition_account TO audit_writer;
GRANT SELECT ON TABLE public.partition_account TO audit_operator;
GRANT SELECT ON TABLE public.partition_account TO audit_sealer;

GRANT SELECT ON TABLE public.schema_migration TO audit_writer;
GRANT SELECT ON TABLE public.schema_migration TO audit_reader;
GRANT SELECT ON TABLE public.schema_migration TO audit_operator;
GRANT SELECT ON TABLE public.schema_migration TO audit_sealer;
GRANT SELECT ON TABLE public.schema_migration TO audit_exporter;
