-- Who may do what (SPEC 5). The four roles are made by `migrate`, since roles belong to the cluster and not to a
-- database. No one but the owner has anything on a partition: access goes through audit_event and its policies.

REVOKE ALL ON
schema_migration, audit_event, parked_record, original_record, conflicting_event, data_gap, operator_action,
partition_progress
FROM public;
REVOKE ALL ON FUNCTION audit_refuse_change() FROM public;

-- Row-level security also on the leaves, where no policy lets anyone in: a careless
-- GRANT … ON ALL TABLES must not be the way around a workspace.
DO $$
DECLARE
    leaf regclass;
BEGIN
    FOR leaf IN SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = 'audit_event'::regclass LOOP
        EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', leaf);
        EXECUTE format('REVOKE ALL ON %s FROM public', leaf);
    END LOOP;
END
$$;

ALTER TABLE audit_event ENABLE ROW LEVEL SECURITY;
CREATE POLICY writer_inserts ON audit_event FOR INSERT TO audit_writer WITH CHECK (TRUE);
CREATE POLICY writer_compares ON audit_event FOR SELECT TO audit_writer USING (TRUE);
CREATE POLICY operator_inserts ON audit_event FOR INSERT TO audit_operator WITH CHECK (TRUE);
CREATE POLICY operator_reads ON audit_event FOR SELECT TO audit_operator USING (TRUE);
-- Unset is null, and set by SET LOCAL in an earlier transaction is '': neither is anyone's workspace.
CREATE POLICY reader_reads_one_workspace ON audit_event FOR SELECT TO audit_reader
USING (workspace_id = current_setting('audit.workspace_id', TRUE));

GRANT SELECT ON schema_migration TO audit_writer, audit_reader, audit_operator;

-- The entry. id, xid, recorded_at and source are left out: only the database sets them.
GRANT INSERT (
    occurred_at, kafka_timestamp, kafka_offset, kafka_partition, workspace_id, event_source, event_id, action, facets,
    actor_type, actor_id, actor_email, subject_type, subject_id, subject_label, channel, kafka_topic, trace_id,
    content_digest, diff
) ON audit_event TO audit_writer, audit_operator;
GRANT SELECT (workspace_id, event_source, event_id, content_digest) ON audit_event TO audit_writer;
GRANT SELECT ON audit_event TO audit_reader, audit_operator;

-- The raw records: ON CONFLICT needs to see the position, nothing else. Ids and times are the database's here too.
GRANT INSERT (
    kafka_topic, kafka_topic_id, kafka_partition, kafka_offset, kafka_timestamp, key, value, headers, reason, detail
) ON parked_record TO audit_writer;
GRANT SELECT (kafka_topic_id, kafka_partition, kafka_offset) ON parked_record TO audit_writer;
GRANT SELECT ON parked_record TO audit_operator;

GRANT INSERT (
    workspace_id, event_source, event_id, kafka_topic, kafka_topic_id, kafka_partition, kafka_offset, kafka_timestamp,
    key, value, headers
) ON original_record TO audit_writer, audit_operator;
GRANT SELECT (kafka_topic_id, kafka_partition, kafka_offset) ON original_record TO audit_writer;
GRANT SELECT ON original_record TO audit_operator;

GRANT INSERT (
    workspace_id, event_source, event_id, content_digest, kafka_topic, kafka_topic_id, kafka_partition, kafka_offset,
    kafka_timestamp, key, value, headers
) ON conflicting_event TO audit_writer, audit_operator;
GRANT SELECT (kafka_topic_id, kafka_partition, kafka_offset) ON conflicting_event TO audit_writer;
GRANT SELECT ON conflicting_event TO audit_operator;

GRANT INSERT (
    kafka_topic, kafka_topic_id, kafka_partition, from_offset, to_offset, epoch, cause, detail
) ON data_gap TO audit_writer, audit_operator;
GRANT SELECT (kafka_topic_id, kafka_partition, from_offset, to_offset, cause) ON data_gap TO audit_writer;
GRANT SELECT ON data_gap TO audit_operator;

GRANT INSERT (
    action, parked_id, gap_id, kafka_topic, kafka_topic_id, kafka_partition, from_offset, to_offset, outcome, detail,
    reason, performed_by
) ON operator_action TO audit_operator;
GRANT SELECT ON operator_action TO audit_operator;

GRANT SELECT, INSERT, UPDATE ON partition_progress TO audit_writer, audit_operator;
GRANT SELECT (kafka_topic, complete_through, retired_at) ON partition_progress TO audit_reader;
