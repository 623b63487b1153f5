"""Text from outside, made safe to show: nothing in it is invisible, and no two different texts look the same.

Sources: Unicode 15, categories Cc, Cf, Zs, Zl, Zp, Co, Cs and the property Default_Ignorable_Code_Point
(DerivedCoreProperties.txt), of which Python's `unicodedata` knows nothing; and U+2800, the braille pattern without dots.
"""

import re
from bisect import bisect_left
from unicodedata import category, normalize

_BLANKS = r"\t\x0b\x0c\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u2800\u3000"
_IGNORABLE = (
    r"\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    r"\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
# Controls but the line feed, other formats, private use and noncharacters, which are empty or all the same box.
_OTHERS = (
    r"\x00-\x08\x0e-\x1f\r\x7f-\x9f\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\ufdd0-\ufdef\ufffe\uffff"
    r"\ud800-\uf8ff\U000110bd\U000110cd\U00013430-\U0001343f\U000f0000-\U0010ffff"
)
# A text that has the form of one of these codes must not pass for the character: its bracket becomes a code.
_UNSEEN = re.compile(rf"[{_BLANKS}{_IGNORABLE}{_OTHERS}]|\[(?=U\+[0-9A-F]{{4,6}}\])")
_SKIPPED = re.compile(rf"[{_IGNORABLE}]")
_BLANK = re.compile(rf"[ {_BLANKS}\n]+")
# Characters of one shape in many typefaces: the letters of other alphabets, dashes and quotation marks that confusables.txt of
# Unicode's UTS 39 lists for a character of ASCII, as far as they are common.
_SHAPES = {
    "a": "\u0430\u03b1", "e": "\u0435", "o": "\u043e\u03bf\u0585", "p": "\u0440\u03c1", "c": "\u0441", "y": "\u0443",
    "x": "\u0445\u03c7", "i": "\u0456\u03b9", "j": "\u0458", "s": "\u0455", "d": "\u0501", "h": "\u04bb\u0570", "q": "\u051b",
    "w": "\u051d", "u": "\u03c5\u057d", "v": "\u03bd", "g": "\u050d", "A": "\u0410\u0391", "B": "\u0412\u0392",
    "E": "\u0415\u0395", "K": "\u041a\u039a", "M": "\u041c\u039c", "H": "\u041d\u0397", "O": "\u041e\u039f",
    "P": "\u0420\u03a1", "C": "\u0421", "T": "\u0422\u03a4", "X": "\u0425\u03a7", "Y": "\u0423\u03a5", "I": "\u0406\u0399",
    "J": "\u0408", "S": "\u0405", "Z": "\u0396", "N": "\u039d", "n": "\u0578", "l": "\u04cf",
    "-": "\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "'": "\u2018\u2019\u201a\u201b\u02bc\u2032",
    '"': "\u201c\u201d\u201e\u201f\u2033", "/": "\u2044\u2215", ":": "\u2236\u02d0", "\u00b7": "\u2219\u2027",
}  # fmt: skip
_ALIKE = {ord(each): shape for shape, several in _SHAPES.items() for each in several} | str.maketrans("I1|O", "lll0")


def visible(text: str) -> str:
    """The text with every character that cannot be seen, or that reorders others, as its code, such as `[U+202E]`."""
    if text.isascii() and text.isprintable() and "[" not in text:  # as most are; a fifth of the time
        return text
    return _UNSEEN.sub(lambda match: code(match[0]), text)


def code(character: str) -> str:
    """The code of a character."""
    return f"[U+{ord(character):04X}]"


def spelled(text: str) -> str:
    """The text with every character outside ASCII as its code."""
    return "".join(character if "\n" <= character <= "~" else code(character) for character in visible(text))


def look_alike(one: str, other: str) -> bool:
    """Whether two different texts could be taken for the same: composed or not, wide or narrow, with fillers, alphabets."""
    return one != other and _shape(one) == _shape(other)


def told_apart(one: str, other: str) -> tuple[str, str]:
    """Two texts that look alike, each visible, with the characters in which they differ as codes."""
    start, first, second, end = _apart(one, other)
    return visible(start) + _codes(first) + visible(end), visible(start) + _codes(second) + visible(end)


def first_difference(one: str, other: str) -> int:
    """How many characters at the beginning of two texts are the same."""
    return len(_apart(one, other)[0])


def _apart(one: str, other: str) -> tuple[str, str, str, str]:
    """The beginning that two texts share, what is different in each, and the end that they share."""
    shortest = min(len(one), len(other))
    lengths = range(1, shortest + 1)
    start = bisect_left(lengths, True, key=lambda length: one[:length] != other[:length])
    ends = lengths[: shortest - start]
    end = bisect_left(ends, True, key=lambda length: one[-length:] != other[-length:])
    return one[:start], one[start : len(one) - end], other[start : len(other) - end], one[len(one) - end :]


def _codes(text: str) -> str:
    """The text with codes for characters that are outside ASCII or look like others; other letters stay."""
    return "".join(code(each) if not ("\n" <= each <= "~") or each in " Il1|O0" else each for each in text)


def _shape(text: str) -> str:
    """The visible shape of a text, for comparison."""
    if text.isascii():
        return _BLANK.sub(" ", text).strip().translate(_ALIKE)
    plain = _BLANK.sub(" ", _SKIPPED.sub("", normalize("NFKC", _SKIPPED.sub("", text)))).strip()
    # Twice: a capital of another alphabet is first one of ours.
    shapes = plain.translate(_ALIKE).translate(_ALIKE)
    return "".join("\ufffd" if category(each) == "Cn" else each for each in shapes)
