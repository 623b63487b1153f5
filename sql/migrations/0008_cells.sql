-- Cells (SPEC 8): which share of all keys this database has and since when, and the count of other cells' records
-- (decisions 93 to 95). A database without a row here is cell 1 of 1.

CREATE TABLE audit_cell (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number integer NOT NULL,
    cells integer NOT NULL,
    reason text NOT NULL,
    performed_by text NOT NULL DEFAULT session_user,
    os_user text,
    performed_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT audit_cell_is_one_of CHECK (number BETWEEN 1 AND cells AND cells <= 4096),
    CONSTRAINT audit_cell_reason_given CHECK (reason ~ '\S')
);

COMMENT ON TABLE audit_cell IS 'Which cell this database is: the newest row; append-only';

-- Where each partition stood when the database became that cell: what was counted before counts for a larger share.
CREATE TABLE audit_cell_start (
    cell_id bigint NOT NULL REFERENCES audit_cell (id),
    kafka_topic_id text NOT NULL,
    kafka_partition integer NOT NULL,
    next_offset bigint NOT NULL,
    reread bigint NOT NULL,
    ignored_other_cell bigint NOT NULL,
    undelivered bigint NOT NULL,
    gap bigint NOT NULL,
    PRIMARY KEY (cell_id, kafka_topic_id, kafka_partition)
);

COMMENT ON TABLE audit_cell_start IS 'The progress of each partition when the database became that cell; append-only';

-- 1. Only a part of what the database had, unless nothing was ever read: the keys of a share that it did not have would
-- be in no entry of it.
CREATE FUNCTION audit_check_cell() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
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
REVOKE ALL ON FUNCTION audit_check_cell() FROM public;

CREATE TRIGGER check_cell BEFORE INSERT ON audit_cell FOR EACH ROW EXECUTE FUNCTION audit_check_cell();
ALTER TABLE audit_cell ENABLE ALWAYS TRIGGER check_cell;

DO $$
DECLARE
    kept text;
BEGIN
    FOREACH kept IN ARRAY ARRAY['audit_cell', 'audit_cell_start'] LOOP
        EXECUTE format(
            'CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON %I '
            'FOR EACH ROW EXECUTE FUNCTION audit_refuse_change()', kept
        );
        EXECUTE format(
            'CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON %I '
            'FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change()', kept
        );
        EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER append_only', kept);
        EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER append_only_truncate', kept);
        EXECUTE format('REVOKE ALL ON %I FROM public', kept);
    END LOOP;
END
$$;

GRANT SELECT ON audit_cell TO audit_writer, audit_reader, audit_operator;
GRANT INSERT (number, cells, reason, os_user) ON audit_cell TO audit_operator;
GRANT SELECT, INSERT ON audit_cell_start TO audit_operator;

-- 2. The count of records of other cells is one of the ignored. The expression of a generated column cannot be changed
-- before PostgreSQL 17, so the column is made anew, and with it what depends on it.
DROP VIEW partition_account;
ALTER TABLE partition_progress DROP CONSTRAINT partition_progress_balanced;
ALTER TABLE partition_progress DROP CONSTRAINT partition_progress_not_negative;
ALTER TABLE partition_progress DROP COLUMN ignored;
ALTER TABLE partition_progress ADD COLUMN ignored_other_cell bigint NOT NULL DEFAULT 0;
ALTER TABLE partition_progress ADD COLUMN ignored bigint GENERATED ALWAYS AS (
    ignored_not_audited + ignored_tombstone + ignored_no_change + ignored_other_cell
) STORED;
ALTER TABLE partition_progress ADD CONSTRAINT partition_progress_balanced CHECK (
    next_offset + reread = recorded + duplicate + conflict + ignored + parked + gap + undelivered
);
ALTER TABLE partition_progress ADD CONSTRAINT partition_progress_not_negative CHECK (
    least(
        kafka_partition, next_offset, epoch, recorded, duplicate, conflict, ignored_not_audited,
        ignored_tombstone, ignored_no_change, ignored_other_cell, parked, gap, undelivered, reread
    ) >= 0
);
GRANT UPDATE (ignored_other_cell) ON partition_progress TO audit_writer;

-- As in version 5, and one counter more.
CREATE OR REPLACE FUNCTION audit_check_progress() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
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
    -- SPEC 5: never ahead of the database's own clock, whatever a consumer's clock says; and never back.
    new.complete_through := greatest(old.complete_through, least(new.complete_through, now()));
    RETURN new;
END
$$;

-- As in version 5, and one column more.
CREATE VIEW partition_account AS
WITH decisions AS (
    SELECT
        parked_id,
        bool_or(action = 'dismiss' OR outcome <> 'parked') AS resolved,
        count(*) FILTER (WHERE outcome = 'recorded') AS recorded,
        coalesce(bool_or(outcome = 'conflict'), FALSE) AS conflict
    FROM operator_action
    WHERE parked_id IS NOT NULL
    GROUP BY parked_id
),

parked_rows AS (
    SELECT
        r.kafka_topic_id,
        r.kafka_partition,
        count(*) AS kept,
        count(*) FILTER (WHERE d.resolved) AS resolved,
        coalesce(sum(d.recorded), 0)::bigint AS replayed,
        count(*) FILTER (WHERE d.conflict) AS conflicting
    FROM parked_record AS r
    LEFT JOIN decisions AS d ON r.id = d.parked_id
    GROUP BY r.kafka_topic_id, r.kafka_partition
),

conflict_rows AS (
    SELECT
        kafka_topic_id,
        kafka_partition,
        count(*) AS kept
    FROM conflicting_event
    GROUP BY kafka_topic_id, kafka_partition
),

moves AS (
    SELECT
        kafka_topic_id,
        kafka_partition,
        sum(greatest(to_offset - from_offset, 0))::bigint AS forward,
        sum(greatest(from_offset - to_offset, 0))::bigint AS back
    FROM operator_action
    WHERE action IN ('accept_gap', 'rewind') AND from_offset IS NOT NULL
    GROUP BY kafka_topic_id, kafka_partition
)

SELECT
    p.kafka_topic,
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
    coalesce(k.kept, 0) AS parked_rows,
    coalesce(k.resolved, 0) AS parked_resolved,
    coalesce(k.replayed, 0) AS replayed,
    coalesce(k.conflicting, 0) AS replayed_conflict,
    coalesce(c.kept, 0) AS conflict_rows,
    coalesce(m.forward, 0) AS accepted,
    coalesce(m.back, 0) AS given_back
FROM partition_progress AS p
LEFT JOIN parked_rows AS k ON p.kafka_topic_id = k.kafka_topic_id AND p.kafka_partition = k.kafka_partition
LEFT JOIN conflict_rows AS c ON p.kafka_topic_id = c.kafka_topic_id AND p.kafka_partition = c.kafka_partition
LEFT JOIN moves AS m ON p.kafka_topic_id = m.kafka_topic_id AND p.kafka_partition = m.kafka_partition;

COMMENT ON VIEW partition_account IS 'Progress beside what the other tables keep: what the accounting check compares';
REVOKE ALL ON partition_account FROM public;
GRANT SELECT ON partition_account TO audit_writer, audit_operator, audit_sealer;
