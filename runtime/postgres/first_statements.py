"""Statements that run before our settings are set: a timeout of someone else's, of a millisecond, may end them."""

from collections.abc import Callable
from typing import TypeVar

from psycopg import Connection
from psycopg.errors import QueryCanceled
from psycopg.rows import TupleRow

from runtime.postgres.errors import SettingRefused

T = TypeVar("T")

TRIES = 10
TOO_SHORT = "statement_timeout of this login or database is so short that no statement ends in time"


def retried(connection: Connection[TupleRow], work: Callable[[], T]) -> T:
    """The result of `work`, which is tried again while a timeout cancels its statements. Raises SettingRefused after TRIES.

    Where `exit_on_error` is set as well, the timeout has ended the session: raises QueryCanceled, for another session.
    """
    for _ in range(TRIES):
        try:
            return work()
        except QueryCanceled:
            if connection.closed:
                raise
    raise SettingRefused(TOO_SHORT)


def in_sessions(open_session: Callable[[], T]) -> T:
    """What `open_session` gives, which is tried again while `retried` raises QueryCanceled. Raises SettingRefused after TRIES."""
    for _ in range(TRIES):
        try:
            return open_session()
        except QueryCanceled:
            continue
    raise SettingRefused(TOO_SHORT)
