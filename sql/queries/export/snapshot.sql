-- What this transaction sees, and the name by which another session sees the same.
SELECT
    pg_current_snapshot()::text AS snapshot,
    pg_export_snapshot() AS exported
