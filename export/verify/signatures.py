"""Who signed: the manifest, the package's checkpoint, the checkpoints that the auditor holds (checks 2, 5, 6, 9)."""

from collections.abc import Sequence
from dataclasses import dataclass

from export.format.checkpoint import Checkpoint, parse_checkpoint
from export.format.errors import incomplete, quote, untrusted
from export.format.keys import VerifierKey
from export.format.note import Note, parse_note, verify_signatures
from export.format.policy import Policy


@dataclass(frozen=True, kw_only=True)
class SignedCheckpoint:
    """A checkpoint by a log key of the policy, and the keys of the policy that signed it."""

    checkpoint: Checkpoint
    signers: Sequence[VerifierKey]


def check_exporter(manifest: Note, policy: Policy) -> tuple[str, ...]:
    """Gives the names of the exporter keys that signed the manifest; UNTRUSTED if there is none, or a bad signature."""
    signers = verify_signatures(manifest, policy.keys, "manifest")
    names = tuple(key.name for key in policy.exporters if key in signers)
    if not names:
        raise untrusted("manifest is not signed by an exporter key of the policy")
    return names


def read_checkpoint(data: bytes, policy: Policy, source: str) -> SignedCheckpoint:
    """Reads a checkpoint: MALFORMED if it is none, UNTRUSTED unless a log key signed it whose name is its origin."""
    note = parse_note(data, source)
    checkpoint = parse_checkpoint(note, source)
    signers = verify_signatures(note, policy.keys, source)
    if not any(key in signers and key.name == checkpoint.origin for key in policy.logs):
        raise untrusted(f"{source} is not signed by a log key of the policy named {quote(checkpoint.origin)}")
    return SignedCheckpoint(checkpoint=checkpoint, signers=signers)


def witnesses(signed: SignedCheckpoint, policy: Policy) -> tuple[str, ...]:
    """The witnesses that signed, by their names in the policy."""
    return tuple(name for name, key in policy.witnesses.items() if key in signed.signers)


def check_quorum(signed: SignedCheckpoint, policy: Policy) -> tuple[str, ...]:
    """Gives the witnesses that signed, by their names in the policy; INCOMPLETE if they are too few for its quorum."""
    names = witnesses(signed, policy)
    if not policy.has_quorum(set(names)):
        names_shown = ", ".join(map(quote, names)) or "NONE"
        raise incomplete(f"checkpoint lacks the policy's quorum {quote(policy.quorum)}: witnessed by {names_shown}")
    return names
