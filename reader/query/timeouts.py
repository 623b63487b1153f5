"""How long a transaction may read a list: to load all of its keys, or for a page that is shown at once."""

import sql
from reader.query.session_settings import SESSION
from runtime.postgres import Connection

LOADING_SECONDS = 60.0  # what reading a whole list may take
MORE_SECONDS = 5.0  # as we see it, so that the server's own limit comes first
PAGE_SECONDS = 0.5  # what a page may take whose list is not in memory
LOCK_SECONDS = 0.4  # what it may wait for a lock: less, so that a lock is not taken for a long list

SET_TIMEOUTS = sql.query("reader/set_timeouts")


def set_loading_timeouts(connection: Connection) -> None:
    """Raises this transaction's limits of time and memory to what loading a whole list needs. Its session is closed afterwards."""
    connection.retire()
    connection.execute(SET_TIMEOUTS, {"timeout": f"{LOADING_SECONDS:.0f}s", "lock_timeout": SESSION["lock_timeout"]})
    connection.answer_timeout = LOADING_SECONDS + MORE_SECONDS


def set_page_timeouts(connection: Connection) -> None:
    """Lets the rest of this transaction take PAGE_SECONDS, with plans for its list alone."""
    connection.execute(
        SET_TIMEOUTS, {"timeout": f"{PAGE_SECONDS * 1000:.0f}ms", "lock_timeout": f"{LOCK_SECONDS * 1000:.0f}ms"}
    )
