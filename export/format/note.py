"""Signed notes (C2SP signed-note; section 5): a text, an empty line, signature lines."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from export.format.encoding import decode_base64, encode_base64
from export.format.errors import malformed, quote, untrusted
from export.format.keys import SigningKey, VerifierKey, is_control, is_name

_DASH = "— "
_KEY_ID_BYTES = 4


@dataclass(frozen=True)
class Signature:
    """A signature line: whose it says it is, and what the key signed it with."""

    name: str
    key_id: bytes
    signature: bytes

    def encode(self) -> str:
        """The line, its LF included."""
        return f"{_DASH}{self.name} {encode_base64(self.key_id + self.signature)}\n"


@dataclass(frozen=True)
class Note:
    """A text, which ends with LF, and its signatures, not verified yet."""

    text: str
    signatures: tuple[Signature, ...]

    def encode(self) -> bytes:
        """The note's bytes."""
        return f"{self.text}\n{''.join(signature.encode() for signature in self.signatures)}".encode()


def parse_note(data: bytes, source: str) -> Note:
    """Reads a note; `source` names it in messages.

    Raises ExportError: MALFORMED, with the reason.
    """
    try:
        whole = data.decode()
    except UnicodeDecodeError:
        raise malformed(f"{source} is not UTF-8") from None
    # All lines at once, which is faster than line by line.
    if any(is_control(char) for char in set(whole) - {"\n"}):
        raise malformed(f"{source} has a control character other than LF")
    text, separator, lines = whole.rpartition("\n\n")
    if not separator:
        raise malformed(f"{source} is not a signed note: no empty line before its signatures")
    if not lines.endswith("\n"):
        raise malformed(f"{source} is not a signed note: no signature line, or the last one has no line feed")
    signatures = tuple(_parse_signature(line, source) for line in lines[:-1].split("\n"))
    return Note(f"{text}\n", signatures)


def verify_signatures(note: Note, keys: Iterable[VerifierKey], source: str) -> Sequence[VerifierKey]:
    """Gives the keys of `keys` that signed the note. Lines of other keys are ignored.

    Raises ExportError UNTRUSTED, which names the note as `source`, if a line of one of `keys` does not verify, even if other lines do.
    """
    signed: list[VerifierKey] = []
    by_line: dict[tuple[str, bytes], VerifierKey] = {(key.name, key.key_id): key for key in keys}
    for line in note.signatures:
        key = by_line.get((line.name, line.key_id))
        if key is None:
            continue
        if not key.verifies(line.signature, note.text):
            raise untrusted(f"{source} has a bad signature of {quote(line.name)} (key id {line.key_id.hex()})")
        if key not in signed:
            signed.append(key)
    return signed


def sign_note(text: str, keys: Iterable[SigningKey]) -> Note:
    """Signs `text`, which must end with LF, by each key in this order."""
    signatures = []
    for key in keys:
        verifier = key.verifier
        signatures.append(Signature(verifier.name, verifier.key_id, key.private.sign(text.encode())))
    return Note(text, tuple(signatures))


def _parse_signature(line: str, source: str) -> Signature:
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    blob = decode_base64(encoded)
    if not line.startswith(_DASH) or not is_name(name) or blob is None or len(blob) <= _KEY_ID_BYTES:
        raise malformed(f"{source} has a line that is not a signature: {quote(line)}")
    return Signature(name, blob[:_KEY_ID_BYTES], blob[_KEY_ID_BYTES:])
