-- For this transaction alone: the next one in the same session is another admin's.
SELECT set_config('audit.workspace_id', %(workspace_id)s, TRUE)
