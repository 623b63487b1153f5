"""The text of a PDF as Chromium writes it: enough to see what is on paper, without a library for PDF.

Source: ISO 32000-1, 7.3 (objects), 9.4.3 (showing text) and 9.10.3 (ToUnicode). Chromium compresses streams by Flate alone.
"""

import re
import zlib
from collections.abc import Mapping

_OBJECT = re.compile(rb"(?:^|\n)(\d+) 0 obj\s(.*?)\nendobj", re.DOTALL)
_STREAM = re.compile(rb"stream\r?\n(.*)\nendstream", re.DOTALL)
_FONT = re.compile(rb"/(F\d+) (\d+) 0 R")
_RANGES = re.compile(rb"<([0-9A-Fa-f]+)> <([0-9A-Fa-f]+)> <([0-9A-Fa-f]+)>")
_CHARACTER = re.compile(rb"^<([0-9A-Fa-f]+)> <([0-9A-Fa-f]+)>$", re.MULTILINE)
# A font is chosen, or text is shown: in one piece, or in pieces with distances between them.
_SHOWN = re.compile(rb"/(F\d+) [-0-9.]+ Tf|<([0-9A-Fa-f]+)> ?Tj|\[([^\]]*)\] ?TJ")


def pages(pdf: bytes) -> list[str]:
    """The text of each page, without blanks: where words end is a matter of places on paper."""
    objects = {int(number): content for number, content in _OBJECT.findall(pdf)}
    return [
        _text(_stream(objects[_reference(page, b"Contents")]), _fonts(page, objects))
        for page in objects.values()
        if re.search(rb"/Type\s*/Page\b", page)
    ]


def _text(content: bytes, fonts: Mapping[bytes, Mapping[int, str]]) -> str:
    shown, characters = [], dict[int, str]()
    for font, piece, pieces in _SHOWN.findall(content):
        if font:
            characters = dict(fonts[font])
        for digits in [piece] if piece else re.findall(rb"<([0-9A-Fa-f]+)>", pieces):
            shown += [characters[int(digits[at : at + 4], 16)] for at in range(0, len(digits), 4)]
    return "".join("".join(shown).split())


def _fonts(page: bytes, objects: Mapping[int, bytes]) -> dict[bytes, dict[int, str]]:
    """The characters of each font of a page, by their codes."""
    resources = objects[_reference(page, b"Resources")] if re.search(rb"/Resources \d", page) else page
    return {
        name: _characters(_stream(objects[_reference(objects[int(number)], b"ToUnicode")]))
        for name, number in _FONT.findall(resources)
    }


def _characters(table: bytes) -> dict[int, str]:
    characters = {
        int(code, 16): bytes.fromhex(text.decode()).decode("utf-16-be") for code, text in _CHARACTER.findall(table)
    }
    for first, last, text in _RANGES.findall(table):
        for code in range(int(first, 16), int(last, 16) + 1):
            characters[code] = chr(int(text, 16) + code - int(first, 16))
    return characters


def _reference(content: bytes, name: bytes) -> int:
    match = re.search(rb"/" + name + rb" (\d+) 0 R", content)
    assert match is not None, name
    return int(match[1])


def _stream(content: bytes) -> bytes:
    match = _STREAM.search(content)
    assert match is not None
    return zlib.decompress(match[1]) if b"/FlateDecode" in content[: match.start()] else match[1]
