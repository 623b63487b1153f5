"""What has to hold for each seal; REWRITTEN where it does not (section 8, 1 and 4)."""

from collections import Counter

from export.format.encoding import sha256_hex
from export.format.errors import rewritten
from export.format.record import SealRecord
from export.seal.accounts import entries_of
from export.seal.folder import Pending
from export.seal.reading import Partition
from export.seal.state import State
from export.tables.database import Connection
from export.tables.log import stored_seal


def check_forward(now: str, before: str) -> None:
    """The snapshot `now` is not older than `before`."""
    if _xmax(now) < _xmax(before):
        raise rewritten(
            f"the database went back: its transactions end at {_xmax(now)}, {_xmax(before)} were sealed. After a restore "
            "advance its transaction counter (runbook)"
        )


def check_table(main: Connection, state: State) -> None:
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


def _xmax(snapshot: str) -> int:
    return int(snapshot.split(":")[1])
