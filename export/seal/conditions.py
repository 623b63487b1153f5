"""What must hold for each seal, and at a start; REWRITTEN if it does not (section 8, 1 and 4)."""

from collections import Counter

from export.format.encoding import sha256_hex
from export.format.errors import rewritten
from export.format.record import SealRecord
from export.seal.accounts import entries_of
from export.seal.folder import Folder, Pending
from export.seal.reading import Partition
from export.seal.state import SealState
from export.tables.database import Connection
from export.tables.log import stored_seal


def check_forward(now: str, before: str) -> None:
    """The snapshot `now` is not older than `before`."""
    if _xmax(now) < _xmax(before):
        raise rewritten(
            f"the database went back: its transactions end at {_xmax(now)}, {_xmax(before)} were sealed. After a restore "
            "advance its transaction counter (runbook)"
        )


def check_table(main: Connection, state: SealState) -> None:
    """The newest seal of the table is the newest that was signed, and no one has added one since."""
    newest, following = state.base.seal, stored_seal(main, state.base.seal + 1)
    stored = stored_seal(main, newest) if newest >= 0 else None
    if following is not None:
        raise rewritten(f"audit_seal has a seal {newest + 1} that we did not sign")
    if newest >= 0 and (stored is None or stored.record != state.base.record):
        raise rewritten(f"seal {newest} of audit_seal is not the one that was signed")


def check_again(signed: Pending, record: SealRecord, root: str, entries: Counter[Partition]) -> None:
    """What was signed before a crash, whose record is `record`, is what is read now."""
    if record.map_root != root:
        raise rewritten(f"the entries of seal {record.seal}, which was signed, are not those that are there now")
    if record.accounts != sha256_hex(signed.accounts.encode()) or +entries_of(signed.accounts) != +entries:
        raise rewritten(f"the numbers of entries of seal {record.seal}, which was signed, are not those of now")


def check_leftovers(main: Connection, folder: Folder, size: int, pending: Pending | None) -> None:
    """What `records` has beyond the checkpoint's size was left by a crash, and may be cut: `pending` or the table has it."""
    for number, record in enumerate(folder.records_beyond(size), size):
        stored = stored_seal(main, number)
        is_pending = pending is not None and (pending.seal, pending.record) == (number, record)
        if not is_pending and (stored is None or stored.record != record):
            raise rewritten(
                f"records in AUDIT_SEAL_DIR has a seal {number} that audit_seal does not have, and its checkpoint is of size "
                f"{size}: was an older one put in its place?"
            )


def _xmax(snapshot: str) -> int:
    return int(snapshot.split(":")[1])
