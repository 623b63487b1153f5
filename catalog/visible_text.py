"""Text from outside, made safe to show: nothing in it is invisible, and no two different texts look the same.

Sources: Unicode 15, categories Cc, Cf, Zs, Zl, Zp, Co, Cs and the property Default_Ignorable_Code_Point
(DerivedCoreProperties.txt), of which Python's `unicodedata` knows nothing; and the signs that are drawn empty: U+2800, the braille pattern without
dots, U+1D159, the musical null notehead, U+13441 and U+13442, the hieroglyphic blanks, and U+16FE4, the Khitan filler.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from unicodedata import category

from catalog.confusables import SHAPES
from catalog.normalization import normalized

BLANKS = r"\t\x0b\x0c\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u2800\u3000\U0001d159\U00013441\U00013442"
IGNORABLE = (
    r"\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    r"\ufeff\uffa0\ufff0-\ufffb\U00016fe4\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
# Controls but the line feed, other formats, private use and noncharacters, which are empty or all the same box.
_OTHERS = (
    r"\x00-\x08\x0e-\x1f\r\x7f-\x9f\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\ufdd0-\ufdef\ufffe\uffff"
    r"\ud800-\uf8ff\U000110bd\U000110cd\U00013430-\U0001343f\U000f0000-\U0010ffff"
)
# A text that has the form of one of these codes must not pass for the character: its bracket becomes a code.
_UNSEEN = re.compile(rf"[{BLANKS}{IGNORABLE}{_OTHERS}]|\[(?=U\+[0-9A-F]{{4,6}}\])")
MAX_WORD_LENGTH = 40  # of a text that could be taken for one of our words
_SKIPPED = re.compile(rf"[{IGNORABLE}]")
_LOOKED_LIKE = frozenset(" Il1|O0'`\"")  # in ASCII, by others of ASCII
_BLANK = re.compile(rf"[ {BLANKS}\n]+")
_NOTHING = re.compile(rf"[\s\x00-\x1f\x7f-\x9f{BLANKS}{IGNORABLE}]*")


def visible(text: str) -> str:
    """The text with every character that cannot be seen, or that reorders others, as its code, such as `[U+202E]`."""
    if text.isascii() and text.isprintable() and "[" not in text:  # as most are; a fifth of the time
        return text
    return _UNSEEN.sub(lambda match: code(match[0]), text)


def visible_line(text: str) -> str:
    """The visible text in one line: a line feed is a code, too."""
    return visible(text).replace("\n", code("\n"))  # after it, or the code would be taken for a text that has its form


def code(character: str) -> str:
    """The code of a character."""
    return f"[U+{ord(character):04X}]"


def is_blank(text: str) -> bool:
    """Whether nothing of a text is seen: it is empty, or has only blanks, controls and marks without a width."""
    return _NOTHING.fullmatch(text) is not None


def in_quotes(text: str) -> str:
    """A name in quotes if its first or last character is a blank, which nobody would see; not yet `visible`.

    What has quotes of its own around such a name, or around nothing, gets them too: no two names become the same.
    """
    bare = text.strip('"')
    return text if bare and bare == bare.strip() else f'"{text}"'


def look_alike(left: str, right: str) -> bool:
    """Whether two different texts could be taken for the same: composed or not, wide or narrow, with fillers, alphabets."""
    return left != right and _shape(left) == _shape(right)


def any_alike(texts: Sequence[str]) -> bool:
    """Whether two of the texts are the same, or could be taken for the same."""
    return len({_shape(text) for text in texts}) < len(texts)


def twins(texts: Iterable[str]) -> dict[str, str]:
    """Those of the texts that look like another of them; each visible, with the characters in which they differ as codes."""
    by_shape: dict[str, list[str]] = {}
    for text in dict.fromkeys(texts):
        by_shape.setdefault(_shape(text), []).append(text)
    visible_forms: dict[str, str] = {}
    for first, *others in by_shape.values():
        for other in others:
            shown, visible_forms[other] = distinct_forms(first, other)
            visible_forms.setdefault(first, shown)
    return visible_forms


def distinct_forms(left: str, right: str) -> tuple[str, str]:
    """Two texts that look alike, each visible, with the characters in which they differ as codes."""
    start, first, second, end = _apart(left, right)
    same = [a == b for a, b in zip(first, second, strict=True)] if len(first) == len(second) else []
    return (
        visible(start) + _codes(first, same) + visible(end),
        visible(start) + _codes(second, same) + visible(end),
    )


def first_difference(left: str, right: str) -> int:
    """How many characters at the beginning of two texts are the same."""
    return len(_apart(left, right)[0])


def _apart(left: str, right: str) -> tuple[str, str, str, str]:
    """The beginning that two texts share, what is different in each, and the end that they share."""
    shortest = min(len(left), len(right))
    lengths = range(1, shortest + 1)
    start = bisect_left(lengths, True, key=lambda length: left[:length] != right[:length])
    ends = lengths[: shortest - start]
    end = bisect_left(ends, True, key=lambda length: left[-length:] != right[-length:])
    return left[:start], left[start : len(left) - end], right[start : len(right) - end], left[len(left) - end :]


def _codes(text: str, same: Sequence[bool]) -> str:
    """The text with codes for characters that are outside ASCII or look like others, but not where it is the `same`."""
    shown, plain = [], ""
    for number, character in enumerate(text):
        if (same and same[number]) or ("\n" <= character <= "~" and character not in _LOOKED_LIKE):
            plain += character
        else:
            shown += [visible(plain), code(character)]
            plain = ""
    return "".join([*shown, visible(plain)])


def shape_of_start(text: str) -> str:
    """The shape of the first characters of a text outside ASCII, else the text: to compare it with words, in which I, 1 and | may be l, and 0 O."""
    return text if text.isascii() else _shape(text[:MAX_WORD_LENGTH])


def _shape(text: str) -> str:
    """The visible shape of a text, for comparison."""
    if not text.isascii():
        # The shapes first, since NFKD makes a sigma of a lunate one.
        drawn = normalized("NFD", _SKIPPED.sub("", text)).translate(SHAPES)
        text = _SKIPPED.sub("", normalized("NFKD", drawn))
        text = "".join("\ufffd" if category(character) == "Cn" else character for character in text)
    return _BLANK.sub(" ", text).strip().translate(SHAPES).replace("''", '"')
