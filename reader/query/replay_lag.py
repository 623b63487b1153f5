"""How far a database is behind its primary, queried in a thread, because the metrics listener must not wait for a database."""

import time

import sql
from reader.query.database import NO_WORKSPACE, Database, Statement
from reader.query.unavailable import Unavailable
from runtime.threads import spawn_restarted

SECONDS = 5.0  # from an answer to the next question

REPLAY_LAG = Statement(sql.query("reader/replay_lag"), {})


class ReplayLag:
    """`seconds` is the newest answer: 0 on a primary, None while the database does not answer. Ends when the database is closed.

    Where nothing is committed on the primary, the lag of its standby grows as if it were behind. While a consumer runs something
    is: it stores about once a second up to when the log is complete (`consumer.polling.completeness`).
    """

    def __init__(self, database: Database) -> None:
        self.seconds: float | None = None
        self._database = database
        spawn_restarted("replay lag", self._watch)

    def _watch(self) -> None:
        while not self._database.closed:
            try:
                _, [[(self.seconds,)]] = self._database.ask(NO_WORKSPACE, REPLAY_LAG)
            except Unavailable:
                self.seconds = None
            time.sleep(SECONDS)
