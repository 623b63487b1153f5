-- The version of the schema, for all roles; a missing table means that `audit-consumer migrate` never ran here.
SELECT max(version) FROM schema_migration
