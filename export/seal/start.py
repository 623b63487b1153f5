"""Checks before the first seal of a process: compares the tables with the folder, which is trusted (section 8, 4 and 5)."""

from copy import deepcopy
from dataclasses import dataclass
from itertools import zip_longest

from export.format.checkpoint import Checkpoint
from export.format.encoding import sha256_hex
from export.format.errors import ExportError, malformed, rewritten, tampered
from export.format.merkle import RootBuilder
from export.format.record import parse_record, record_leaf
from export.seal.accounts import entries_of
from export.seal.conditions import check_leftovers
from export.seal.folder import Folder, Pending
from export.seal.publishing import publish, take_over
from export.seal.signer import Signer
from export.seal.state import Base, SealState
from export.tables.bucket_map import BucketMap
from export.tables.database import Connection, begin, roll_back
from export.tables.heads import all_heads
from export.tables.log import stored_records, stored_seal

CHECKPOINT, PENDING = "checkpoint in AUDIT_SEAL_DIR", "pending in AUDIT_SEAL_DIR"


@dataclass(frozen=True, kw_only=True)
class Options:
    """What a person has allowed for this start."""

    adopt: bool = False
    accept_restore: bool = False


@dataclass(frozen=True, kw_only=True)
class Started:
    """Where sealing continues; `pending` is a signed seal that is made first, `taken_over` how many were another sealer's."""

    state: SealState
    pending: Pending | None = None
    taken_over: int = 0
    superseded: Pending | None = None
    """A seal that was signed here and never committed: another sealer with our key has made one of that number."""


@dataclass(kw_only=True)
class _Comparison:
    """Both sides: the tree over the longer one, that over what both have (None: they are equal), the newest record of each."""

    log: RootBuilder
    common: RootBuilder | None = None
    own: int = 0
    stored: int = 0
    newest_own: str | None = None
    newest_stored: str | None = None


def start(main: Connection, folder: Folder, signer: Signer, options: Options) -> Started:
    """Compares folder and tables, finishes what a crash has left, and gives where sealing continues.

    Raises ExportError: MALFORMED, UNTRUSTED, REWRITTEN, TAMPERED (section 10); the tables are not written to.
    """
    begin(main, read_only=True)
    try:
        started = _start(main, folder, signer, options)
    finally:
        roll_back(main)
    if options.accept_restore and started.state.lost is None:
        raise malformed("--accept-restore: the database has every seal that was signed; run without it")
    return started


def _start(main: Connection, folder: Folder, signer: Signer, options: Options) -> Started:
    note, pending = folder.checkpoint(), folder.pending()
    signed = Checkpoint(origin=signer.origin, size=0, root=RootBuilder().root())
    if note is not None:
        signed = signer.own(note, CHECKPOINT)
    if pending is not None:
        signer.own(pending.checkpoint.encode(), PENDING)
        if pending.seal == signed.size - 1:  # published, but for its last step
            folder.drop_pending()
            pending = None
        elif pending.seal != signed.size:
            raise rewritten(f"{PENDING} is of seal {pending.seal}, the {CHECKPOINT} is of size {signed.size}")
    if note is None and pending is None and folder.has_records() and not options.adopt:
        raise rewritten(
            f"AUDIT_SEAL_DIR has records and no checkpoint: they were signed, and {CHECKPOINT} was taken away"
        )
    check_leftovers(main, folder, signed.size, pending)
    folder.cut(signed.size)
    logs = _compare(main, folder)
    own_log = logs.common if logs.common is not None and logs.own < logs.stored else logs.log
    if (logs.own, own_log.root()) != (signed.size, signed.root):
        raise rewritten(f"records in AUDIT_SEAL_DIR are not those that its checkpoint, of size {signed.size}, signs")
    if logs.stored < logs.own:
        return _restored(main, folder, signer, logs, pending, options)
    if logs.stored == logs.own:
        return Started(state=_state(main, signer, logs), pending=pending)
    if note is None and pending is None and not options.adopt:
        raise malformed(
            f"AUDIT_SEAL_DIR is empty or not there, and the database has {logs.stored} seals: give the folder that sealed them, or "
            "--adopt to continue from what the database says"
        )
    state = _taken_over(main, folder, signer, logs)
    ours = pending is not None and pending.record == _record(main, logs.own)
    return Started(
        state=state,
        taken_over=logs.stored - logs.own - ours,
        superseded=pending if pending is not None and not ours else None,
    )


def _compare(main: Connection, folder: Folder) -> _Comparison:
    """Reads both sides once, side by side. REWRITTEN where they differ."""
    logs = _Comparison(log=RootBuilder())
    for number, (ours, theirs) in enumerate(zip_longest(folder.records(), stored_records(main))):
        if ours is not None and theirs is not None and ours != theirs:
            raise rewritten(f"seal {number} of audit_seal is not the one that was signed")
        if (ours is None or theirs is None) and logs.common is None:
            logs.common = deepcopy(logs.log)
        logs.log.add(record_leaf(ours if ours is not None else theirs or ""))
        if ours is not None:
            logs.own, logs.newest_own = number + 1, ours
        if theirs is not None:
            logs.stored, logs.newest_stored = number + 1, theirs
    return logs


def _taken_over(main: Connection, folder: Folder, signer: Signer, logs: _Comparison) -> SealState:
    """Another sealer with our key went on, or we did and crashed: what it sealed is ours once its signature is."""
    state = _state(main, signer, logs)
    newest = None if logs.newest_own is None else parse_record(logs.newest_own)
    assert logs.common is not None
    take_over(main, folder, signer, logs.common, newest)
    return state


def _record(main: Connection, seal: int) -> str | None:
    stored = stored_seal(main, seal)
    return None if stored is None else stored.record


def _restored(
    main: Connection, folder: Folder, signer: Signer, logs: _Comparison, pending: Pending | None, options: Options
) -> Started:
    """The table has fewer seals than were signed, all equal to ours."""
    lost = (logs.stored, logs.own)
    newest, common = logs.newest_own, logs.common
    assert newest is not None
    assert common is not None
    resumed = pending is not None and parse_record(pending.record).restored[-1:] == (lost,)
    if not resumed and not options.accept_restore:
        raise rewritten(
            f"audit_seal has {logs.stored} seals, {logs.own} were signed: the database went back. After a restore from a "
            "backup, see the runbook: --accept-restore REASON"
        )
    if pending is not None and not resumed:  # signed as well, so lost with the others
        publish(folder, parse_record(newest), pending)
        logs.log.add(record_leaf(pending.record))
        newest, lost, pending = pending.record, (logs.stored, logs.own + 1), None
    base = _base(main, signer, common, logs.newest_stored)
    return Started(state=SealState(log=logs.log, newest=parse_record(newest), base=base, lost=lost), pending=pending)


def _state(main: Connection, signer: Signer, logs: _Comparison) -> SealState:
    newest = None if logs.newest_stored is None else parse_record(logs.newest_stored)
    return SealState(log=logs.log, newest=newest, base=_base(main, signer, logs.log, logs.newest_stored))


def _base(main: Connection, signer: Signer, log: RootBuilder, record: str | None) -> Base:
    """What the newest seal of the table says, if it is what was signed; `log` is the tree over all of the table's."""
    if record is None:
        return Base.nothing()
    number = log.size - 1
    newest, signed = stored_seal(main, number), parse_record(record)
    assert newest is not None
    try:
        checkpoint = signer.own(newest.checkpoint.encode(), f"the checkpoint of seal {number} in audit_seal")
    except ExportError as error:
        raise rewritten(error.message) from None
    if (checkpoint.size, checkpoint.root) != (log.size, log.root()):
        raise rewritten(
            f"the seals of audit_seal are not those that the checkpoint of its newest, seal {number}, signs"
        )
    if sha256_hex(newest.accounts.encode()) != signed.accounts:
        raise rewritten(f"the accounts of seal {number} in audit_seal are not those that were sealed")
    buckets = BucketMap.load(all_heads(main, number))
    if buckets.root != signed.map_root:
        raise tampered(f"audit_sealed_workspace is not what was sealed: its map is not that of seal {number}")
    return Base(
        seal=number,
        record=record,
        accounts=newest.accounts,
        entries=entries_of(newest.accounts),
        buckets=buckets,
    )
