"""The log of seals as the sealer has signed it, and what in the tables belongs to it."""

from collections.abc import Iterator
from dataclasses import dataclass

from export.format.errors import rewritten
from export.tables.database import Connection
from sql import query

SEALS, SEAL, NEWEST = query("export/seals"), query("export/seal"), query("export/newest_seal")
SEALS_FROM = query("export/seals_from")  # records and checkpoints
FETCH = 2000


@dataclass(frozen=True, kw_only=True)
class StoredSeal:
    """A row of audit_seal."""

    record: str
    accounts: str
    checkpoint: str


def stored_records(connection: Connection) -> Iterator[str]:
    """The records of audit_seal, the first of which is seal 0. REWRITTEN where one is missing or has another snapshot."""
    with connection.cursor("seals") as cursor:
        cursor.itersize = FETCH
        for number, (seal, snapshot, record) in enumerate(cursor.execute(SEALS)):
            if seal != number:
                raise rewritten(f"audit_seal has seal {seal} where seal {number} belongs")
            if f"\nsnapshot {snapshot}\n" not in record:
                raise rewritten(f"audit_seal has another snapshot beside the record of seal {seal}")
            yield record


def stored_seal(connection: Connection, seal: int) -> StoredSeal | None:
    """One row; None where it is not there."""
    row = connection.execute(SEAL, {"seal": seal}).fetchone()
    return None if row is None else StoredSeal(record=row[0], accounts=row[1], checkpoint=row[2])


def seals_stored(connection: Connection) -> int:
    """How many seals the table has, whatever they are; REWRITTEN where one is missing."""
    row = connection.execute(NEWEST).fetchone()
    assert row is not None
    newest, count = row
    if count != (0 if newest is None else newest + 1):
        raise rewritten(f"audit_seal has {count} seals, the newest of which is seal {newest}: some are missing")
    return int(count)
