-- The logins of the programs, after `audit-consumer migrate` has made the roles. Safe to repeat: a changed password is taken.
\set ON_ERROR_STOP on
\getenv consumer CONSUMER_PASSWORD
\getenv reader READER_PASSWORD
\getenv operator OPERATOR_PASSWORD
\getenv sealer SEALER_PASSWORD
\getenv standby STANDBY_PASSWORD

BEGIN;
-- NOINHERIT: a login has its role's privileges only after SET ROLE, which is what the programs do.
SELECT format('CREATE ROLE %I LOGIN NOINHERIT', login)
FROM unnest(ARRAY['audit_consumer', 'audit_page', 'audit_operations', 'audit_seal']) AS login
WHERE to_regrole(login) IS NULL
\gexec
-- A standby's: it copies the files, and may read no table.
SELECT 'CREATE ROLE audit_standby LOGIN NOINHERIT REPLICATION' WHERE to_regrole('audit_standby') IS NULL
\gexec
GRANT audit_writer TO audit_consumer;
GRANT audit_reader TO audit_page;
GRANT audit_operator TO audit_operations;
GRANT audit_sealer TO audit_seal;
ALTER ROLE audit_consumer PASSWORD :'consumer';
ALTER ROLE audit_page PASSWORD :'reader';
ALTER ROLE audit_operations PASSWORD :'operator';
ALTER ROLE audit_seal PASSWORD :'sealer';
ALTER ROLE audit_standby PASSWORD :'standby';
COMMIT;
