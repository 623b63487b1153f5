"""Heads and days of workspaces as the sealing tables have them; the caller must check them."""

from collections.abc import Collection, Iterator, Sequence
from itertools import groupby

from export.format.days import DayHead
from export.format.errors import quote, tampered
from export.tables.database import Connection
from sql import query

HEADS, BUCKET_HEADS, DAYS = query("export/heads"), query("export/bucket_heads"), query("export/days")
FETCH = 2000
KEY_BYTES = 32

Head = tuple[str, str]
"""A workspace's key and H(days)."""


def key_of(workspace: bytes | None) -> str:
    """The key that a row is of; TAMPERED if the table holds what is none."""
    if workspace is None or len(workspace) != KEY_BYTES:
        raise tampered(f"audit_sealed_workspace has a row of a workspace that cannot be: {quote(workspace)}")
    return workspace.hex()


def all_heads(connection: Connection, seal: int) -> Iterator[Head]:
    """The head of every workspace as of a seal, ascending by key."""
    with connection.cursor("heads") as cursor:
        cursor.itersize = FETCH
        for workspace, days in cursor.execute(HEADS, {"seal": seal}):
            yield key_of(workspace), days.hex()


def bucket_heads(connection: Connection, prefixes: Collection[bytes], seal: int) -> Iterator[Head]:
    """As `all_heads`, of the workspaces whose keys begin with one of these two-byte prefixes."""
    values = {"prefixes": list(prefixes), "seal": seal}
    for workspace, days in connection.execute(BUCKET_HEADS, values):
        yield key_of(workspace), days.hex()


def workspace_days(connection: Connection, keys: Sequence[str], seal: int) -> Iterator[tuple[str, list[DayHead]]]:
    """The days as of a seal of those workspaces that have any, as the table has them."""
    values = {"workspaces": [bytes.fromhex(key) for key in keys], "seal": seal}
    rows = connection.execute(DAYS, values)
    for workspace, days in groupby(rows, lambda row: row[0]):
        yield workspace.hex(), [DayHead(day, entries, digest.hex()) for _, day, entries, digest in days]
