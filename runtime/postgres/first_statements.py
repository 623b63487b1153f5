"""Statements that run before our settings are set: a timeout of someone else's, of a millisecond, may end them."""

from collections.abc import Callable
from typing import TypeVar

from psycopg import Connection
from psycopg.errors import QueryCanceled
from psycopg.rows import TupleRow

from runtime.postgres.errors import SettingRefused

T = TypeVar("T")

TRIES = 10


def retried(work: Callable[[], T], connection: Connection[TupleRow] | None = None) -> T:
    """The result of `work`, which is tried again while a timeout cancels its statements. Raises SettingRefused after TRIES.

    Work on a `connection` ends with it: where `exit_on_error` is set as well, the timeout has closed it, and QueryCanceled is
    raised. Work without one opens another each time.
    """
    for _ in range(TRIES):
        try:
            return work()
        except QueryCanceled:
            if connection is not None and connection.closed:
                raise
    raise SettingRefused("statement_timeout of this login or database is so short that no statement ends in time")
