"""Writes a seal, its heads and days, in the sealer's transaction."""

from collections.abc import Iterable, Iterator

from export.format.record import SealRecord
from export.seal.folder import Pending
from export.seal.reading import WorkspaceChange
from export.tables.database import Connection
from sql import query

INSERT_SEAL = query("export/insert_seal")
INSERT_WORKSPACES, INSERT_DAYS = query("export/insert_workspaces"), query("export/insert_days")
# Rows that go with one statement.
AT_ONCE = 1000


def insert_seal(connection: Connection, record: SealRecord, signed: Pending) -> None:
    """Adds a row of audit_seal; `record` is that of `signed`."""
    values = {
        "seal": record.seal,
        "snapshot": record.snapshot,
        "record": signed.record,
        "accounts": signed.accounts,
        "checkpoint": signed.checkpoint,
    }
    connection.execute(INSERT_SEAL, values)


def insert_changes(connection: Connection, seal: int, changes: Iterable[WorkspaceChange]) -> None:
    """Adds the heads and days of workspaces as they come, some at a time."""
    for some in _bounded(changes):
        heads = {
            "workspaces": [bytes.fromhex(change.key) for change in some],
            "days": [bytes.fromhex(change.days_hash) for change in some],
        }
        connection.execute(INSERT_WORKSPACES, {"seal": seal, **heads})
        days = [(bytes.fromhex(change.key), day) for change in some for day in change.days]
        values = {
            "workspaces": [key for key, _ in days],
            "days": [day.day for _, day in days],
            "entries": [day.entries for _, day in days],
            "digests": [bytes.fromhex(day.digest) for _, day in days],
        }
        connection.execute(INSERT_DAYS, {"seal": seal, **values})


def _bounded(changes: Iterable[WorkspaceChange]) -> Iterator[list[WorkspaceChange]]:
    some: list[WorkspaceChange] = []
    days = 0
    for change in changes:
        some.append(change)
        days += len(change.days)
        if days >= AT_ONCE:
            yield some
            some, days = [], 0
    if some:
        yield some
