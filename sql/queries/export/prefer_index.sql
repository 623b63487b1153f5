-- For this transaction: what is asked for is a small part of the tables, whatever the planner thinks of a snapshot.
SELECT set_config('enable_seqscan', 'off', TRUE) AS enable_seqscan
