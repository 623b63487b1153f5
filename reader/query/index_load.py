"""Loads a key index by reading all keys of a list, which takes up to a second for each million entries."""

from reader.query import key_index
from reader.query.database import Database, Statement
from reader.query.key_index import KeyIndex
from reader.query.list_queries import ListQuery
from reader.query.position import check_reached
from reader.query.snapshot import Snapshot
from reader.query.timeouts import set_loading_timeouts, set_page_timeouts
from reader.query.unavailable import Unavailable
from runtime.postgres import Connection


def load_index(
    database: Database, list_query: ListQuery, snapshot: Snapshot | None, limit: int
) -> tuple[str, KeyIndex]:
    """The server, and the list at `snapshot`, or as it is now. One statement returns `limit` keys.

    Raises FutureSnapshot and Unavailable.
    """
    buckets: list[bytes] = []
    with database.workspace(list_query.workspace_id) as session:
        set_loading_timeouts(session.connection)
        now = session.view.visible
        if snapshot is not None:
            check_reached(snapshot, session.view)
        # A standby also sees entries at or above its xmin, which are not shown.
        at = snapshot or (now if session.view.is_partial else None)
        chunk = _read(session.connection, list_query.keys(at, None, limit))
        buckets += key_index.split(chunk)
        while len(chunk) == limit * key_index.KEY.size:
            chunk = _read(session.connection, list_query.keys(at, key_index.last_key(chunk), limit))
            buckets += key_index.split(chunk)
    return session.view.server, KeyIndex.from_buckets(snapshot or now, buckets)


def load_short_index(database: Database, list_query: ListQuery, limit: int) -> tuple[str, KeyIndex] | None:
    """As `load_index` of the list as it is now; None for one of `limit` entries or more, or that takes too long."""
    try:
        with database.workspace(list_query.workspace_id) as session:
            set_page_timeouts(session.connection)
            now = session.view.visible
            chunk = _read(session.connection, list_query.keys(now if session.view.is_partial else None, None, limit))
    except Unavailable as error:
        if not error.is_too_long:
            raise
        return None
    if len(chunk) == limit * key_index.KEY.size:
        return None
    return session.view.server, KeyIndex.from_buckets(now, key_index.split(chunk))


def _read(connection: Connection, statement: Statement) -> bytes:
    """The packed keys that a `ListQuery.keys` statement finds."""
    row = connection.execute(statement.text, statement.values, binary=True).fetchone()
    assert row is not None
    return bytes(row[0])
