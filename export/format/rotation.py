"""The note that announces a new key under the same name, signed by the old and the new key (section 7)."""

from dataclasses import dataclass

from export.format.encoding import is_time
from export.format.errors import malformed, quote
from export.format.keys import SigningKey, VerifierKey, parse_vkey
from export.format.note import Note, sign_note

_FIRST_LINE = "callmine-audit-rotation/1"


@dataclass(frozen=True, kw_only=True)
class Rotation:
    """From which key to which, and when."""

    old: VerifierKey
    new: VerifierKey
    time: str


def is_rotation(note: Note) -> bool:
    """Whether a note says that it is a rotation."""
    return note.text.startswith(f"{_FIRST_LINE}\n")


def sign_rotation(old: SigningKey, new: SigningKey, time: str) -> Note:
    """Gives the note; ValueError if the keys have different names or are one key."""
    if old.name != new.name:
        raise ValueError(f"the keys have different names: {old.name} and {new.name}")
    if old.verifier == new.verifier:
        raise ValueError("old and new are the same key")
    text = f"{_FIRST_LINE}\nold {old.verifier.encode()}\nnew {new.verifier.encode()}\ntime {time}\n"
    return sign_note(text, (old, new))


def parse_rotation(note: Note, source: str) -> Rotation:
    """Reads the note's four lines; MALFORMED with the reason, two names or one key included. `source` names the note."""
    match note.text.split("\n"):
        case [first, old_line, new_line, time_line, ""] if first == _FIRST_LINE:
            try:
                old, new = parse_vkey(_value(old_line, "old")), parse_vkey(_value(new_line, "new"))
                time = _value(time_line, "time")
            except ValueError as error:
                raise malformed(f"{source}: {error}") from None
            if old.name == new.name and old.algorithm == new.algorithm and old != new and is_time(time):
                return Rotation(old=old, new=new, time=time)
    raise malformed(f"{source} is not a rotation of one name's key to another key")


def _value(line: str, name: str) -> str:
    if not line.startswith(f"{name} "):
        raise ValueError(f"{quote(line)} is not its line {name!r}")
    return line.removeprefix(f"{name} ")
