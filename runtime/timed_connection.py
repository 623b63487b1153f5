"""A session with PostgreSQL that does not wait for ever (decision 22)."""

import time
from typing import TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.rows import TupleRow

T = TypeVar("T")

# What a statement may take as we see it: more than the server allows it, so that we only find out a server that is silent.
ANSWER_SECONDS = 5.0


class Connection(psycopg.Connection[TupleRow]):
    """A session that does not wait for ever: statement_timeout is kept by the server, and one that is frozen keeps nothing."""

    patience = ANSWER_SECONDS

    def wait(self, gen: PQGen[T], interval: float = 0.1, timeout: float | None = None) -> T:
        """As psycopg's, and gives the session up where the server has said nothing for `patience` seconds."""
        began = time.monotonic()
        try:
            return super().wait(gen, interval, self.patience if timeout is None else timeout)
        except psycopg.OperationalError as error:
            if error.sqlstate is None and time.monotonic() - began >= self.patience:
                self.close()
            raise
