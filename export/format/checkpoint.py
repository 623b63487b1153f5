"""The log's checkpoint (section 5): a signed note of exactly three lines, origin, size, root."""

from dataclasses import dataclass

from export.format.encoding import decode_base64, encode_base64, parse_number
from export.format.errors import malformed
from export.format.note import Note

_LINES = 3
_ROOT_BYTES = 32


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """How many seals the log of this origin has, and the root of the tree over them."""

    origin: str
    size: int
    root: bytes

    def encode(self) -> str:
        """The text that is signed."""
        return f"{self.origin}\n{self.size}\n{encode_base64(self.root)}\n"


def parse_checkpoint(note: Note, source: str) -> Checkpoint:
    """Reads the text of a note; `source` names it in messages.

    Raises ExportError: MALFORMED, with the reason.
    """
    lines = note.text[:-1].split("\n")
    if len(lines) != _LINES or not lines[0]:
        raise malformed(f"{source} is not a checkpoint of three lines: origin, size, root")
    size, root = parse_number(lines[1]), decode_base64(lines[2])
    if size is None:
        raise malformed(f"{source}: its second line is not a size")
    if root is None or len(root) != _ROOT_BYTES:
        raise malformed(f"{source}: its third line is not the base64 of 32 bytes")
    return Checkpoint(origin=lines[0], size=size, root=root)
