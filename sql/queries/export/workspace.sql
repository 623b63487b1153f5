-- The session sees the entries of this workspace, until the transaction ends.
SELECT set_config('audit.workspace_id', %(workspace_id)s, TRUE) AS workspace_id
