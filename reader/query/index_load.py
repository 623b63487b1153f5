"""Loads a key index by reading all keys of a list, which takes up to a second for each million entries."""

import sql
from reader.query import key_index
from reader.query.database import Database, Statement
from reader.query.key_index import KeyIndex
from reader.query.list_queries import ListQuery
from reader.query.snapshot import Snapshot
from runtime.postgres import Connection

BUILDING_SECONDS = 60.0  # what reading a whole list may take
MORE_SECONDS = 5.0  # as we see it, so that the server's own limit comes first

PATIENCE = sql.query("reader/patience")


def load_index(database: Database, list_query: ListQuery, snapshot: Snapshot | None, most: int) -> tuple[str, KeyIndex]:
    """The server, and the list at `snapshot`, or as it is now. One statement returns `most` keys. Raises Unavailable."""
    buckets: list[bytes] = []
    with database.workspace(list_query.workspace_id) as session:
        _be_patient(session.connection)
        now = Snapshot.from_postgres(session.view.time, session.view.snapshot)
        # On a standby more can be seen than is settled.
        at = snapshot or (now if session.view.is_standby else None)
        chunk = _read(session.connection, list_query.keys(at, None, most))
        buckets += key_index.split(chunk)
        while len(chunk) == most * key_index.KEY.size:
            chunk = _read(session.connection, list_query.keys(at, key_index.last_key(chunk), most))
            buckets += key_index.split(chunk)
    return session.view.server, KeyIndex.from_buckets(snapshot or now, buckets)


def _be_patient(connection: Connection) -> None:
    """Lets the rest of this transaction take the time and the memory that reading a whole list may; its session ends with it."""
    connection.retire()
    connection.execute(PATIENCE, {"timeout": f"{BUILDING_SECONDS:.0f}s"})
    connection.patience = BUILDING_SECONDS + MORE_SECONDS


def _read(connection: Connection, statement: Statement) -> bytes:
    """The packed keys that a `ListQuery.keys` statement finds."""
    row = connection.execute(statement.text, statement.values, binary=True).fetchone()
    assert row is not None
    return bytes(row[0])
