-- The newest checkpoint for the page, so that every admin can be a witness. Records and checkpoints are what the sealer
-- publishes anyway: nothing in them is of a workspace, or of a person. Not the accounts, which are sums over all tenants.
GRANT SELECT (seal, record, checkpoint) ON audit_seal TO audit_reader;
