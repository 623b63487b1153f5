-- A large diff is compressed once, in audit_event, and not also on its way there: compressing is most of what it costs.
ALTER TABLE staging ALTER COLUMN diff SET STORAGE EXTERNAL
