-- What was sealed and when, and who took what out: three append-only tables, a journal, two roles (verified export,
-- section 8). The sealer trusts none of it: it compares all of it with what it signed.

CREATE TABLE audit_seal (
    seal bigint PRIMARY KEY,
    snapshot pg_snapshot NOT NULL,
    record text NOT NULL,
    accounts text NOT NULL,
    checkpoint text NOT NULL,
    stored_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT audit_seal_not_negative CHECK (seal >= 0)
);

COMMENT ON TABLE audit_seal IS
'The log of seals: each record is a leaf, each checkpoint signs all leaves up to it; append-only';
COMMENT ON COLUMN audit_seal.checkpoint IS 'empty where a lost seal was inserted again after a restore';

-- A workspace is named by the SHA-256 of its id.
CREATE TABLE audit_sealed_workspace (
    workspace bytea NOT NULL,
    seal bigint NOT NULL REFERENCES audit_seal,
    days bytea NOT NULL,
    PRIMARY KEY (workspace, seal),
    CONSTRAINT audit_sealed_workspace_are_sha256 CHECK (octet_length(workspace) = 32 AND octet_length(days) = 32)
);

COMMENT ON TABLE audit_sealed_workspace IS
'The hash of a workspace''s days, a row for each seal in which it had new entries; append-only';

CREATE TABLE audit_sealed_day (
    workspace bytea NOT NULL,
    day date NOT NULL,
    seal bigint NOT NULL REFERENCES audit_seal,
    entries bigint NOT NULL,
    digest bytea NOT NULL,
    PRIMARY KEY (workspace, day, seal),
    CONSTRAINT audit_sealed_day_are_sha256 CHECK (octet_length(workspace) = 32 AND octet_length(digest) = 32),
    CONSTRAINT audit_sealed_day_not_empty CHECK (entries > 0)
);

COMMENT ON TABLE audit_sealed_day IS
'Entries and last hash of a day''s chain, a row for each seal in which the day had new entries; append-only';

CREATE TABLE audit_export (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace_id text NOT NULL,
    from_day date NOT NULL,
    to_day date NOT NULL,
    entries bigint NOT NULL,
    manifest_sha256 bytea NOT NULL,
    requested_by text NOT NULL,
    reason text NOT NULL,
    performed_by text NOT NULL DEFAULT session_user,
    performed_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT audit_export_is_range CHECK (from_day < to_day),
    CONSTRAINT audit_export_entries_not_negative CHECK (entries >= 0),
    CONSTRAINT audit_export_manifest_is_sha256 CHECK (octet_length(manifest_sha256) = 32),
    CONSTRAINT audit_export_requested_by_given CHECK (requested_by ~ '\S'),
    CONSTRAINT audit_export_reason_given CHECK (reason ~ '\S')
);

COMMENT ON TABLE audit_export IS 'Who exported what, when and why; append-only';

-- What was recorded since a snapshot, over all workspaces. xid8 has no BRIN operators; as a number it has.
CREATE INDEX audit_event_xid ON audit_event USING brin ((xid::text::bigint))
WITH (pages_per_range = 16, autosummarize = on);
-- By which seal an entry was covered: the first whose snapshot sees its transaction.
CREATE INDEX audit_seal_xmax ON audit_seal (pg_snapshot_xmax(snapshot), seal);

DO $$
DECLARE
    kept text;
BEGIN
    FOREACH kept IN ARRAY ARRAY['audit_seal', 'audit_sealed_workspace', 'audit_sealed_day', 'audit_export'] LOOP
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

GRANT SELECT ON schema_migration TO audit_sealer, audit_exporter;

CREATE POLICY sealer_reads ON audit_event FOR SELECT TO audit_sealer USING (TRUE);
GRANT SELECT ON audit_event, partition_account TO audit_sealer;
GRANT SELECT, INSERT ON audit_seal, audit_sealed_workspace, audit_sealed_day TO audit_sealer;

CREATE POLICY exporter_reads_one_workspace ON audit_event FOR SELECT TO audit_exporter
USING (workspace_id = current_setting('audit.workspace_id', TRUE));
GRANT SELECT ON audit_event, audit_seal, audit_sealed_workspace, audit_sealed_day TO audit_exporter;
-- By whom and when is what the database says.
GRANT INSERT (
    workspace_id, from_day, to_day, entries, manifest_sha256, requested_by, reason
) ON audit_export TO audit_exporter;
GRANT SELECT ON audit_export TO audit_operator;
