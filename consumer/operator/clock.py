"""How far the clock of this machine is from the database's, for `status` and for the metric of the poller."""

import time

import sql
from runtime.postgres import Connection

CLOCK = sql.query("operator/clock")


def clock_ahead(connection: Connection) -> float:
    """How many seconds this machine's clock is ahead of the database's; 0 if that is within the query's round trip."""
    before = time.time()
    row = connection.execute(CLOCK).fetchone()
    after = time.time()
    assert row is not None
    server = float(row[0])
    if before > server:
        return before - server
    return min(after - server, 0.0)
