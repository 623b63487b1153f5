"""proof.json (section 9): a workspace as of one seal or more, each with its way up the map and the log.

This module writes and parses the file. What it says is verified by `export.verify.views`, with `export.format.merkle`.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from export.format import strict_json
from export.format.encoding import is_hash
from export.format.errors import malformed, quote
from export.format.record import SealRecord, parse_record

FORMAT = "callmine-audit-proof/1"
_FIELDS = ("record", "inclusion", "consistency", "path", "days", "other")


@dataclass(frozen=True, kw_only=True)
class View:
    """A workspace as of one seal: the record and its place in the log, the workspace's days and their place in the map."""

    record_text: str
    record: SealRecord
    inclusion: tuple[bytes, ...]
    consistency: tuple[bytes, ...]
    path: tuple[str, ...]
    days: str | None
    other: tuple[str, str] | None


def encode_proof(views: Iterable[View]) -> bytes:
    """Gives the file."""
    return json.dumps({"format": FORMAT, "views": [_encode_view(view) for view in views]}, indent=1).encode() + b"\n"


def parse_proof(data: bytes) -> Sequence[View]:
    """Reads the file; at least one view.

    Raises ExportError: MALFORMED, with the view and field that is out of form.
    """
    try:
        document = strict_json.loads(data.decode())
    except UnicodeDecodeError:
        raise malformed("proof.json is not UTF-8") from None
    except strict_json.JSONError as error:
        raise malformed(f"proof.json is not JSON: {quote(str(error), 200)}") from None
    if not isinstance(document, dict) or set(document) != {"format", "views"} or document["format"] != FORMAT:
        raise malformed(f"proof.json is not of the format {FORMAT}")
    views = document["views"]
    if not isinstance(views, list) or not views:
        raise malformed("proof.json: views is not a list with at least one view")
    parsed = [_parse_view(view, f"proof.json, view {number}") for number, view in enumerate(views)]
    if parsed[-1].consistency:
        raise malformed("proof.json: consistency of the last view is not empty")
    return parsed


def _parse_view(view: Any, where: str) -> View:
    if not isinstance(view, dict) or set(view) != set(_FIELDS):
        raise malformed(f"{where} does not have exactly the fields {', '.join(_FIELDS)}")
    text, days, other = view["record"], view["days"], view["other"]
    if not isinstance(text, str):
        raise malformed(f"{where}: record is not a string")
    if days is not None and not isinstance(days, str):
        raise malformed(f"{where}: days is neither a string nor null")
    if other is not None and (days is not None or len(_hashes(other, f"{where}, other")) != 2):
        raise malformed(f"{where}: other is not [key, hash], or there are days beside it")
    return View(
        record_text=text,
        record=parse_record(text),
        inclusion=_binary(_hashes(view["inclusion"], f"{where}, inclusion")),
        consistency=_binary(_hashes(view["consistency"], f"{where}, consistency")),
        path=_hashes(view["path"], f"{where}, path"),
        days=days,
        other=None if other is None else (other[0], other[1]),
    )


def _hashes(value: Any, where: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(map(is_hash, value)):
        raise malformed(f"{where} is not a list of hashes, 64 lower-case hex digits each")
    return tuple(value)


def _binary(hashes: tuple[str, ...]) -> tuple[bytes, ...]:
    return tuple(map(bytes.fromhex, hashes))


def _encode_view(view: View) -> dict[str, Any]:
    return {
        "record": view.record_text,
        "inclusion": [node.hex() for node in view.inclusion],
        "consistency": [node.hex() for node in view.consistency],
        "path": list(view.path),
        "days": view.days,
        "other": None if view.other is None else list(view.other),
    }
