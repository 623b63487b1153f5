"""The log's keys on the sealer: signs checkpoints, and knows its own (sections 5 and 7)."""

from collections.abc import Sequence

from export.format.checkpoint import Checkpoint, parse_checkpoint
from export.format.errors import ExportError, untrusted
from export.format.keys import SigningKey
from export.format.note import parse_note, sign_note, verify_signatures


class Signer:
    """One key, or the old one beside it while the key is being rotated; all of one name, which is the log's origin."""

    def __init__(self, keys: Sequence[SigningKey]) -> None:
        """Raises ValueError where there are no keys, or several names."""
        names = sorted({key.name for key in keys})
        if len(names) != 1:
            raise ValueError(f"the keys have {len(names)} names, they must have one: {', '.join(names)}")
        if len({key.verifier for key in keys}) != len(keys):
            raise ValueError("names a key twice")
        self.origin = names[0]
        self._keys = tuple(keys)

    def sign(self, size: int, root: bytes) -> bytes:
        """The checkpoint of a log of this size, as a note."""
        text = Checkpoint(origin=self.origin, size=size, root=root).encode()
        return sign_note(text, self._keys).encode()

    def own(self, data: bytes, source: str) -> Checkpoint:
        """Reads a checkpoint of ours; UNTRUSTED, naming it as `source`, if none of our keys signed it, or one badly."""
        try:
            note = parse_note(data, source)
            checkpoint = parse_checkpoint(note, source)
        except ExportError as error:
            raise untrusted(f"{error.message}, so our key has not signed it") from None
        signers = verify_signatures(note, [key.verifier for key in self._keys], source)
        if not signers or checkpoint.origin != self.origin:
            raise untrusted(f"{source} is not signed by our key, {self.origin}")
        return checkpoint
