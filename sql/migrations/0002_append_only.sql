-- Append-only, also for the owner of the tables (SPEC 5). ENABLE ALWAYS: a session with
-- session_replication_role = replica must not slip through either.

CREATE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', tg_table_name, tg_op USING ERRCODE = 'insufficient_privilege';
END
$$;

-- The row trigger of a partitioned table is cloned to its partitions, a truncate trigger is not: one each.
DO $$
DECLARE
    append_only CONSTANT regclass[] := ARRAY[
        'audit_event', 'parked_record', 'original_record', 'conflicting_event', 'data_gap', 'operator_action'
    ];
    kept regclass;
BEGIN
    FOREACH kept IN ARRAY append_only LOOP
        EXECUTE format(
            'CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON %s '
            'FOR EACH ROW EXECUTE FUNCTION audit_refuse_change()', kept
        );
    END LOOP;
    FOR kept IN
        SELECT unnest(append_only)
        UNION ALL
        SELECT inhrelid FROM pg_inherits WHERE inhparent = 'audit_event'::regclass
    LOOP
        EXECUTE format(
            'CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON %s '
            'FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change()', kept
        );
        EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER append_only', kept);
        EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER append_only_truncate', kept);
    END LOOP;
END
$$;
