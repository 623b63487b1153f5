"""audit_seal against the signatures of the policy, the sealer's folder, and checkpoints that someone holds."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from export.format import merkle
from export.format.checkpoint import Checkpoint
from export.format.encoding import sha256_hex
from export.format.errors import (
    ExportError,
    NothingSealed,
    Verdict,
    incomplete,
    malformed,
    rewritten,
    tampered,
    untrusted,
)
from export.format.policy import Policy
from export.format.record import SealRecord, parse_record, record_leaf
from export.tables.database import Connection
from export.tables.log import seals_stored, stored_records, stored_seal
from export.verify.signatures import read_checkpoint

FOLDER = "checkpoint in AUDIT_SEAL_DIR"


@dataclass(frozen=True, kw_only=True)
class Held:
    """A checkpoint that the log must continue; `source` names it in messages."""

    source: str
    checkpoint: Checkpoint


@dataclass(frozen=True, kw_only=True)
class SealedLog:
    """The log as it was signed. `records` are the texts of the seals asked for, the newest included."""

    note: bytes
    checkpoint: Checkpoint
    newest: SealRecord
    accounts: str
    records: Mapping[int, str]
    roots: Mapping[merkle.Range, bytes]

    def inclusion(self, seal: int) -> tuple[bytes, ...]:
        """The inclusion proof of a seal that was asked for."""
        return tuple(self.roots[span] for span in merkle.inclusion_ranges(seal, self.checkpoint.size))

    def consistency(self, seal: int) -> tuple[bytes, ...]:
        """The consistency proof from the log that ended with a seal that was asked for."""
        return tuple(self.roots[span] for span in merkle.consistency_ranges(seal + 1, self.checkpoint.size))

    def is_lost(self, seal: int) -> bool:
        """Whether the database lost a seal's heads and days (a restore)."""
        return any(first <= seal < after for first, after in self.newest.restored)

    @property
    def lost(self) -> str:
        """The lost seals, as an int8multirange."""
        return "{" + ",".join(f"[{first},{after})" for first, after in self.newest.restored) + "}"


def read_log(
    connection: Connection, policy: Policy, folder: bytes | None, known: Sequence[Held], seals: Iterable[int] = ()
) -> SealedLog:
    """Reads all seals once. `folder` is the sealer's newest checkpoint (empty: it has none), `seals` those whose records and proofs are needed.

    Raises ExportError: NothingSealed; UNTRUSTED if the newest checkpoint is by no key of the policy;
    REWRITTEN if it does not sign these seals, or these do not continue what is held; TAMPERED.
    """
    held = list(known)
    if folder:
        held.append(Held(source=FOLDER, checkpoint=_signed(folder, policy, FOLDER)))
    size = seals_stored(connection)
    if size == 0:
        _check_sizes(held, size)
        raise NothingSealed
    if folder == b"":
        raise malformed("AUDIT_SEAL_DIR has no checkpoint: is it the folder of the sealer?")
    stored = stored_seal(connection, size - 1)
    assert stored is not None
    try:
        checkpoint = _signed(stored.checkpoint.encode(), policy, f"the checkpoint of seal {size - 1} in audit_seal")
    except ExportError:
        _check_sizes(held, size)  # a log that someone has started again is behind what is held
        raise
    _check_origins(held, checkpoint)
    _check_sizes(held, size)
    if checkpoint.size != size:
        raise rewritten(f"audit_seal has {size} seals, its newest checkpoint is of size {checkpoint.size}")
    walk = _Walk(size, {size - 1, *seals}, {kept.checkpoint.size for kept in held})
    roots = merkle.range_roots(walk.leaves(stored_records(connection)), walk.ranges())
    if walk.builder.size != size or walk.builder.root() != checkpoint.root:
        raise rewritten("the seals of audit_seal are not those that the newest checkpoint signs")
    _check_roots(held, walk.roots)
    newest = parse_record(walk.records[size - 1])
    if sha256_hex(stored.accounts.encode()) != newest.accounts:
        raise tampered(f"the accounts of seal {size - 1} in audit_seal are not those that were sealed")
    note = stored.checkpoint.encode()
    if folder and held[-1].checkpoint.size == size:
        note = folder  # it may have signatures of witnesses
    return SealedLog(
        note=note, checkpoint=checkpoint, newest=newest, accounts=stored.accounts, records=walk.records, roots=roots
    )


class _Walk:
    """One pass over all records, and what is kept of it."""

    def __init__(self, size: int, seals: set[int], sizes: set[int]) -> None:
        self.builder = merkle.RootBuilder()
        self.records: dict[int, str] = {}
        self.roots = {0: self.builder.root()}
        self._size, self._seals, self._sizes = size, seals, sizes

    def ranges(self) -> list[merkle.Range]:
        """The ranges whose roots the proofs are made of."""
        return [
            span
            for seal in self._seals
            for span in (
                *merkle.inclusion_ranges(seal, self._size),
                *merkle.consistency_ranges(seal + 1, self._size),
            )
        ]

    def leaves(self, records: Iterable[str]) -> Iterator[bytes]:
        """The leaves of all records."""
        for number, record in enumerate(records):
            leaf = record_leaf(record)
            self.builder.add(leaf)
            if number in self._seals:
                self.records[number] = record
            if number + 1 in self._sizes:
                self.roots[number + 1] = self.builder.root()
            yield leaf


def _signed(note: bytes, policy: Policy, source: str) -> Checkpoint:
    """The checkpoint in `note`; UNTRUSTED also where it is none."""
    try:
        return read_checkpoint(note, policy, source).checkpoint
    except ExportError as error:
        if error.verdict is Verdict.MALFORMED:
            raise untrusted(f"{error.message}, so no key of the policy signed it") from None
        raise


def _check_origins(held: Iterable[Held], checkpoint: Checkpoint) -> None:
    """Another log's checkpoint says nothing of this one; in the folder of this log's sealer it is a fault."""
    for known in held:
        if known.checkpoint.origin != checkpoint.origin:
            refuse = rewritten if known.source == FOLDER else incomplete
            raise refuse(f"{known.source} is of the log {known.checkpoint.origin!a}, not of {checkpoint.origin!a}")


def _check_sizes(held: Iterable[Held], size: int) -> None:
    for known in held:
        if known.checkpoint.size > size:
            raise rewritten(f"audit_seal has {size} seals, {known.source} is of size {known.checkpoint.size}")


def _check_roots(held: Iterable[Held], roots: Mapping[int, bytes]) -> None:
    for known in held:
        if roots[known.checkpoint.size] != known.checkpoint.root:
            raise rewritten(f"the seals of audit_seal do not continue {known.source}, of size {known.checkpoint.size}")
