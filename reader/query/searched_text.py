"""Normalizes an id or an e-mail address that a person pasted into a field or a URL, and folds an address's case."""

import re
from collections.abc import Mapping
from functools import cache
from string import ascii_lowercase, ascii_uppercase
from typing import NamedTuple

from catalog.visible_text import BLANKS, IGNORABLE, visible

# Blanks of every kind, and marks without a width, such as those of direction: they are pasted unnoticed.
_UNSEEN = rf"[\s{BLANKS}{IGNORABLE}]"
_ASCII = str.maketrans(ascii_uppercase, ascii_lowercase)
# At the end only from the first of a run on: begun anew at each of them, a long run inside takes the square of its length.
_EDGES = re.compile(rf"\A{_UNSEEN}+|(?<!{_UNSEEN}){_UNSEEN}+\Z")


def without_edges(text: str) -> str:
    """The text without blanks and unseen marks around it. The result of a result is itself."""
    return _EDGES.sub("", text)


def name_of_actor(text: str) -> str:
    """An id, or an e-mail address whose plus signs were not percent-encoded.

    In a query string a plus is a blank (WHATWG URL), and an address such as `dana+test@x.example` is often written without
    %2B. An e-mail address has no blanks inside, so those are plus signs again.
    """
    name = without_edges(text)
    return name.replace(" ", "+") if "@" in name else name


def filter_of_actor(email: str, actor_id: str) -> str:
    """The text by which a filter finds an actor: the e-mail address, which people know, or the id if nothing of the address is cut or unseen.

    Empty where the id, too, would be another one in a filter, or none: a service writes its ids as it likes.
    """
    if email and name_of_actor(email) == visible(email) == email:
        return email
    return actor_id if name_of_actor(actor_id) == actor_id else ""


class Folded(NamedTuple):
    """A text whose case is folded, and what does the same to another one whose ASCII is in lower case: `letters` become `folds`."""

    folded: str
    letters: str
    folds: str


def fold_case(text: str) -> Folded:
    """Folds the case letter by letter, as CaseFolding.txt of Unicode does in its statuses C and S; ASCII only to ASCII.

    The database would do it by a locale, and to one that was created with the locale C only ASCII has letters.
    """
    if text.isascii():
        return Folded(text.lower(), "", "")
    folded = text.translate(_ASCII).translate(_folds())
    alike = {chr(letter): fold for letter, fold in _folds().items() if fold in folded}
    return Folded(folded, "".join(alike), "".join(alike.values()))


@cache
def _folds() -> Mapping[int, str]:
    """For `str.translate`: each letter outside ASCII that has another case, and the letter outside ASCII that stands for both."""
    folds = {}
    for letter in map(chr, range(0x80, 0x1E944)):  # none with a case is behind these
        fold = letter.casefold() if len(letter.casefold()) == 1 else letter.lower()
        if fold != letter and len(fold) == 1 and not fold.isascii():
            folds[ord(letter)] = fold
    return folds
