"""The settings of each session of the reader's, and how long its network may be silent."""

from typing import Any

ROLE = "audit_reader"
# In place of those that every program has (runtime.postgres.session).
SESSION = {
    "default_transaction_read_only": "on",
    # One snapshot for all statements of a transaction, also of one that no BEGIN begins.
    "default_transaction_isolation": "repeatable read",
    "statement_timeout": "3s",
    "lock_timeout": "1s",
    "idle_in_transaction_session_timeout": "10s",
    # Each statement of a page finds its rows by a unique index or by the transactions' own, in any workspace: to plan it
    # again would cost more than to run it. What is planned for one list alone says so (reader/set_timeouts.sql).
    "plan_cache_mode": "force_generic_plan",
    # A session sees no workspace until a transaction names one.
    "audit.workspace_id": "",
}
NETWORK: dict[str, Any] = {
    "connect_timeout": 3,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 10000,
}
