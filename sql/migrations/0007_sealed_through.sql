-- For the page: the newest checkpoint and its time. The sealer publishes records and checkpoints anyway; they contain
-- nothing of a workspace or a person. The accounts are left out: they are sums over all workspaces.
GRANT SELECT (seal, record, checkpoint) ON audit_seal TO audit_reader;
