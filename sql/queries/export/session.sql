-- A first sealing or a long export sorts and reads for as long as it takes, in one transaction, and leaves the other
-- processors to those who record.
SELECT
    set_config('statement_timeout', '0', FALSE) AS statement_timeout,
    set_config('idle_in_transaction_session_timeout', '1h', FALSE) AS idle_in_transaction_session_timeout,
    set_config('max_parallel_workers_per_gather', '0', FALSE) AS max_parallel_workers_per_gather,
    set_config('work_mem', '64MB', FALSE) AS work_mem
