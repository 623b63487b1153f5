"""The manifest (section 9): who exported what, and the digests of the other five files; the text of the exporter's note."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from export.format import strict_json
from export.format.encoding import is_hash
from export.format.errors import malformed, quote, wrong_scope

FORMAT = "callmine-audit-export/1"
OTHER_FILES = ("audit.csv", "proof.json", "accounts.csv", "checkpoint", "README.txt")
_CONTROLS = re.compile(r"[\x7f-\x9f]")


@dataclass(frozen=True)
class FileDigest:
    """The size of a file and its SHA-256."""

    bytes: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Scope:
    """What is asked for, or exported: a workspace and whole UTC days, `to_day` not included."""

    workspace_id: str
    from_day: str
    to_day: str

    def fields(self) -> dict[str, str]:
        """Its fields in the manifest."""
        return {
            "workspace_id": self.workspace_id,
            "from": self.from_day,
            "to": self.to_day,
            "timezone": "UTC",
            "clock": "occurred_at",
        }


def encode_manifest(
    scope: Scope, entries: int, files: Mapping[str, FileDigest], for_people: Mapping[str, Any] | None = None
) -> str:
    """Gives the text to sign: JSON on several lines, ending with LF, without any other control character."""
    document = {
        "format": FORMAT,
        **scope.fields(),
        "entries": entries,
        "files": {name: {"bytes": files[name].bytes, "sha256": files[name].sha256} for name in OTHER_FILES},
        **(for_people or {}),
    }
    text = json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False)
    return _CONTROLS.sub(lambda match: f"\\u{ord(match[0]):04x}", text) + "\n"


def parse_manifest(text: str) -> dict[str, Any]:
    """Reads the manifest's text: an object of this format, with a number of entries.

    Raises ExportError: MALFORMED, with the reason.
    """
    try:
        document = strict_json.loads(text)
    except strict_json.JSONError as error:
        raise malformed(f"manifest is not JSON: {quote(str(error), 200)}") from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise malformed(f"manifest is not of the format {FORMAT}")
    if not strict_json.is_integer(document.get("entries")):
        raise malformed("manifest: entries is not a number of entries")
    return document


def check_scope(document: Mapping[str, Any], scope: Scope) -> None:
    """Compares what was exported with what was asked for; WRONG SCOPE names the first field that differs."""
    for name, asked in scope.fields().items():
        if document.get(name) != asked:
            raise wrong_scope(f"manifest: {name} is {quote(document.get(name))}, asked for was {quote(asked)}")


def file_digests(document: Mapping[str, Any]) -> dict[str, FileDigest]:
    """Reads `files`: exactly the five other files, each with its size and SHA-256, else MALFORMED."""
    files = document.get("files")
    if not isinstance(files, dict) or set(files) != set(OTHER_FILES):
        raise malformed(f"manifest: files does not have exactly the five names {', '.join(OTHER_FILES)}")
    digests: dict[str, FileDigest] = {}
    for name, value in files.items():
        if (
            not isinstance(value, dict)
            or set(value) != {"bytes", "sha256"}
            or not strict_json.is_integer(value["bytes"])
            or not is_hash(value["sha256"])
        ):
            raise malformed(f'manifest: files, {name} is not {{"bytes": number, "sha256": 64 hex digits}}')
        digests[name] = FileDigest(value["bytes"], value["sha256"])
    return digests
