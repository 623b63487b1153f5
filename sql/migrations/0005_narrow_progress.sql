-- What writer and operator may do to progress and to the record of operators' actions is narrowed (decision 65):
-- progress that balances can no longer be invented by either alone, and no one writes another's name.

-- 1. Columns. The writer counts outcomes and moves forward; gaps, rewinds and retirement are the operator's.
REVOKE INSERT, UPDATE ON partition_progress FROM audit_writer, audit_operator;
GRANT INSERT (kafka_topic_id, kafka_partition, kafka_topic, next_offset, epoch) ON partition_progress TO audit_writer;
GRANT UPDATE (
    next_offset, epoch, owner, halted, halted_detail, halted_at, recorded, duplicate, conflict, ignored_not_audited,
    ignored_tombstone, ignored_no_change, parked, undelivered, complete_through, updated_at
) ON partition_progress TO audit_writer;
GRANT UPDATE (
    next_offset, epoch, owner, halted, halted_detail, halted_at, gap, reread, retired_at, updated_at
) ON partition_progress TO audit_operator;

-- 2. Who acted is the login, which the database knows; what the program says of the person stands beside it.
ALTER TABLE operator_action ADD COLUMN os_user text;
COMMENT ON COLUMN operator_action.performed_by IS 'the login, set by the database (before version 5: and the OS user)';
COMMENT ON COLUMN operator_action.os_user IS 'the user of the operating system, as the command says; not proven';
REVOKE INSERT ON operator_action FROM audit_operator;
GRANT INSERT (
    action, parked_id, gap_id, kafka_topic, kafka_topic_id, kafka_partition, from_offset, to_offset, outcome, detail,
    reason, os_user
) ON operator_action TO audit_operator;

-- A gap is accepted once. The index takes the place of one that was not unique.
DROP INDEX operator_action_gap;
CREATE UNIQUE INDEX operator_action_gap ON operator_action (gap_id) WHERE gap_id IS NOT NULL;

-- 3. How the programs may change a row of progress. One call for each partition of a batch, not for each record. The
-- owner and superusers are not held to it: they could take the trigger away, and `status` compares what they leave.
CREATE FUNCTION audit_check_progress() RETURNS trigger LANGUAGE plpgsql
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
        new.ignored_no_change - old.ignored_no_change, new.parked - old.parked, new.gap - old.gap,
        new.undelivered - old.undelivered, new.reread - old.reread
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
REVOKE ALL ON FUNCTION audit_check_progress() FROM public;

CREATE TRIGGER check_progress BEFORE INSERT OR UPDATE ON partition_progress
FOR EACH ROW EXECUTE FUNCTION audit_check_progress();
ALTER TABLE partition_progress ENABLE ALWAYS TRIGGER check_progress;

CREATE FUNCTION audit_refuse_removal() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RAISE EXCEPTION '% keeps its rows: % refused', tg_table_name, tg_op USING ERRCODE = 'insufficient_privilege';
END
$$;
REVOKE ALL ON FUNCTION audit_refuse_removal() FROM public;

CREATE TRIGGER keep_rows BEFORE DELETE OR TRUNCATE ON partition_progress
FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_removal();
ALTER TABLE partition_progress ENABLE ALWAYS TRIGGER keep_rows;

-- 4. Offsets skipped as a gap, or given back, are those of operators' actions, to the offset; looked at when the
-- transaction commits, and only where one of the two counters or an action that moves offsets came in. As its owner:
-- the programs see less of these tables.
CREATE FUNCTION audit_check_moves() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
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
REVOKE ALL ON FUNCTION audit_check_moves() FROM public;

CREATE CONSTRAINT TRIGGER check_moves AFTER UPDATE ON partition_progress DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
WHEN (current_user = 'audit_operator' AND (old.gap <> new.gap OR old.reread <> new.reread))
EXECUTE FUNCTION audit_check_moves();
CREATE CONSTRAINT TRIGGER check_moves AFTER INSERT ON operator_action DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
WHEN (current_user = 'audit_operator' AND new.from_offset IS NOT NULL)
EXECUTE FUNCTION audit_check_moves();

-- A halt is lifted, and a log retired, by an action of the same transaction: performed_at is its now().
CREATE FUNCTION audit_check_lift() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
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
REVOKE ALL ON FUNCTION audit_check_lift() FROM public;

CREATE CONSTRAINT TRIGGER check_lift AFTER UPDATE ON partition_progress DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
WHEN (
    current_user = 'audit_operator'
    AND (old.halted IS NOT NULL AND new.halted IS NULL OR old.retired_at IS DISTINCT FROM new.retired_at)
)
EXECUTE FUNCTION audit_check_lift();
ALTER TABLE partition_progress ENABLE ALWAYS TRIGGER check_moves;
ALTER TABLE partition_progress ENABLE ALWAYS TRIGGER check_lift;
ALTER TABLE operator_action ENABLE ALWAYS TRIGGER check_moves;

CREATE INDEX operator_action_moves ON operator_action (kafka_topic_id, kafka_partition) WHERE from_offset IS NOT NULL;

-- 5. An action is about what it says: an accepted gap moves exactly over the gap that was stated, of that partition.
CREATE FUNCTION audit_check_action() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
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
REVOKE ALL ON FUNCTION audit_check_action() FROM public;

CREATE TRIGGER check_action BEFORE INSERT ON operator_action FOR EACH ROW EXECUTE FUNCTION audit_check_action();
ALTER TABLE operator_action ENABLE ALWAYS TRIGGER check_action;

-- 6. Who may state which gap: what a claim finds is the consumer's, a damaged range is the operator's.
CREATE FUNCTION audit_check_gap() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
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
REVOKE ALL ON FUNCTION audit_check_gap() FROM public;

CREATE TRIGGER check_gap BEFORE INSERT ON data_gap FOR EACH ROW EXECUTE FUNCTION audit_check_gap();
ALTER TABLE data_gap ENABLE ALWAYS TRIGGER check_gap;

-- 7. The account also says who reads a partition, and under which epoch. New columns come last in a view that exists.
CREATE OR REPLACE VIEW partition_account AS
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

SELECT -- noqa: ST06
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
    p.parked,
    p.gap,
    p.undelivered,
    p.reread,
    p.halted,
    p.halted_detail,
    p.halted_at,
    p.complete_through,
    p.retired_at,
    coalesce(k.kept, 0) AS parked_rows,
    coalesce(k.resolved, 0) AS parked_resolved,
    coalesce(k.replayed, 0) AS replayed,
    coalesce(k.conflicting, 0) AS replayed_conflict,
    coalesce(c.kept, 0) AS conflict_rows,
    coalesce(m.forward, 0) AS accepted,
    coalesce(m.back, 0) AS given_back,
    p.epoch,
    p.owner
FROM partition_progress AS p
LEFT JOIN parked_rows AS k ON p.kafka_topic_id = k.kafka_topic_id AND p.kafka_partition = k.kafka_partition
LEFT JOIN conflict_rows AS c ON p.kafka_topic_id = c.kafka_topic_id AND p.kafka_partition = c.kafka_partition
LEFT JOIN moves AS m ON p.kafka_topic_id = m.kafka_topic_id AND p.kafka_partition = m.kafka_partition;
