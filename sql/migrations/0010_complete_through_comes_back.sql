-- complete_through comes back with the database's clock. The trigger kept the greatest value: after that clock had been
-- ahead, everything up to a time that had not come was said to be in the tables, until it came.

-- As in version 9, but for complete_through.
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
    -- SPEC 5: never ahead of the database's own clock, whatever a consumer's clock says, nor after that clock has gone back;
    -- else never back. Unknown stays unknown: least() would make "now" of it.
    IF new.complete_through IS NOT NULL OR old.complete_through IS NOT NULL THEN
        new.complete_through := least(greatest(old.complete_through, new.complete_through), now());
    END IF;
    RETURN new;
END
$$;
