-- For a transaction that reads a whole list: time for it, a plan for this list alone, memory to sort it, and one
-- process beside its own, not more, since other requests go on meanwhile.
SELECT
    set_config('statement_timeout', %(timeout)s, TRUE) AS timeout,
    set_config('lock_timeout', %(lock_timeout)s, TRUE) AS lock_timeout,
    set_config('plan_cache_mode', 'force_custom_plan', TRUE) AS plans,
    set_config('work_mem', '64MB', TRUE) AS memory,
    set_config('max_parallel_workers_per_gather', '1', TRUE) AS workers
