"""Unicode normalization in a time that grows with the text.

`unicodedata.normalize` sorts the marks that combine with one character. That takes a time that grows with the square of their number,
and no other thread runs meanwhile: a text of 120 kB kept a program from answering for half a minute.
"""

from functools import lru_cache
from typing import Literal, TypeAlias
from unicodedata import combining, normalize

Form: TypeAlias = Literal["NFC", "NFD", "NFKC", "NFKD"]

MAX_MARKS = 30  # in a row: no language needs as many (UAX 15, section 13)
JOINER = "\u034f"  # COMBINING GRAPHEME JOINER: it is not seen, and no mark is sorted past it


def normalized(form: Form, text: str) -> str:
    """The text in a normal form; in a longer row of marks a JOINER is put after each MAX_MARKS (Stream-Safe Text Format)."""
    return normalize(form, text if len(text) <= MAX_MARKS or text.isascii() else _interrupted(text))


def _interrupted(text: str) -> str:
    pieces, marks = [], 0
    for character in text:
        marks = marks + 1 if _is_mark(character) else 0
        if marks > MAX_MARKS:
            pieces.append(JOINER)
            marks = 1
        pieces.append(character)
    return "".join(pieces)


@lru_cache(maxsize=4096)
def _is_mark(character: str) -> bool:
    """Whether it combines with the one before it, at least once it is decomposed, as U+0F73 and U+FF9E do."""
    return combining(normalize("NFKD", character)[0]) != 0
