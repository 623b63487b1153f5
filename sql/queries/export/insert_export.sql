INSERT INTO audit_export (workspace_id, from_day, to_day, entries, manifest_sha256, requested_by, reason)
VALUES (
    %(workspace_id)s, %(from_day)s, %(to_day)s, %(entries)s, %(manifest_sha256)s, %(requested_by)s, %(reason)s
)
