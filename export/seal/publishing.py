"""Updates the folder to what is committed; each step can be repeated after a crash (section 8)."""

from copy import deepcopy

from export.format.encoding import DAY
from export.format.errors import ExportError
from export.format.merkle import RootBuilder
from export.format.record import SealRecord, parse_record, record_leaf
from export.seal.folder import Folder, Pending
from export.seal.signer import Signer
from export.tables.database import Connection
from export.tables.log import SEALS_FROM

FETCH = 500


def publish(folder: Folder, before: SealRecord | None, signed: Pending) -> None:
    """Makes a committed seal the newest of the folder; `before` is the record before it."""
    _keep_day(folder, before, parse_record(signed.record), folder.checkpoint())
    folder.append([signed.record])
    folder.publish(signed.checkpoint.encode())
    folder.drop_pending()


def take_over(main: Connection, folder: Folder, signer: Signer, log: RootBuilder, before: SealRecord | None) -> None:
    """Adds the seals of the table that the folder lacks, the newest of which was verified.

    `log` is the tree over the folder's, `before` its newest record.
    """
    log = deepcopy(log)
    newest = folder.checkpoint()
    with main.cursor("seals_from") as cursor:
        cursor.execute(SEALS_FROM, {"seal": log.size})
        while seals := cursor.fetchmany(FETCH):
            for record, checkpoint in seals:
                after = parse_record(record)
                _keep_day(folder, before, after, newest)
                log.add(record_leaf(record))
                if _is_ours(signer, checkpoint.encode(), log):
                    newest = checkpoint.encode()
                before = after
            folder.append([record for record, _ in seals])
    assert newest is not None
    folder.publish(newest)
    folder.drop_pending()


def _is_ours(signer: Signer, checkpoint: bytes, log: RootBuilder) -> bool:
    """Whether it is our checkpoint of this log; that of a seal that was lost once is not there."""
    try:
        signed = signer.own(checkpoint, "a checkpoint of audit_seal")
    except ExportError:
        return False
    return (signed.size, signed.root) == (log.size, log.root())


def _keep_day(folder: Folder, before: SealRecord | None, after: SealRecord, checkpoint: bytes | None) -> None:
    """When a later day's first seal is there, the checkpoint before it is the last one of its day."""
    if before is not None and checkpoint is not None and before.time[:DAY] < after.time[:DAY]:
        folder.keep_last_of_day(before.time[:DAY], checkpoint)
