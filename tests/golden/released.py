"""The fingerprint of every released schema, in released.json: `make golden` adds lines and never changes one."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from schemas import SchemaFile

FILE = Path(__file__).with_name("released.json")


def released() -> dict[str, str]:
    """The fingerprints by `<ce_type>.v<N>`, as hex in the byte order of the wire."""
    content = json.loads(FILE.read_text("utf-8"))
    assert isinstance(content, dict)
    return content


def edited(known: Mapping[str, str], files: Iterable[SchemaFile]) -> list[str]:
    """A sentence for each released schema whose file has another fingerprint, or is not there."""
    fingerprints = {f"{file.ce_type}.v{file.version}": file.fingerprint.hex() for file in files}
    gone = [f"{name} is released and its file is gone: restore it" for name in known if name not in fingerprints]
    return gone + [
        f"{name} is released with fingerprint {known[name]}: undo the edit, and add a next version"
        for name in known
        if name in fingerprints and fingerprints[name] != known[name]
    ]


def with_new(known: Mapping[str, str], files: Iterable[SchemaFile]) -> str:
    """The text of released.json with a line for each schema that has none."""
    new = {f"{file.ce_type}.v{file.version}": file.fingerprint.hex() for file in files}
    return json.dumps(dict(sorted({**new, **known}.items())), indent=2) + "\n"
