"""Builds the verifier as a single file: Python and `cryptography` are all that an auditor needs to run it.

    python deploy/build_verifier.py FILE.pyz

The same sources give the same bytes, so anyone can build it again and compare: entries are in order, not compressed, and
have no date of their own. Prints the file's SHA-256.
"""

import hashlib
import io
import sys
import tomllib
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCES = ("export/__init__.py", "export/format/*.py", "export/verify/*.py")
START = """import sys

if sys.version_info < (3, 11):
    sys.stderr.write("MALFORMED - Python 3.11 or newer is needed\\n")
    sys.exit(2)
try:
    import cryptography
except ImportError:
    sys.stderr.write("MALFORMED - the package cryptography is needed: pip install cryptography\\n")
    sys.exit(2)
from export.verify.__main__ import main

main()
"""


def build() -> bytes:
    """Gives the file's bytes: a zip archive that Python runs."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    files = {path.relative_to(ROOT).as_posix(): path.read_bytes() for names in SOURCES for path in ROOT.glob(names)}
    files["__main__.py"] = START.encode()
    files[f"callmine_audit-{version}.dist-info/METADATA"] = (
        f"Metadata-Version: 2.1\nName: callmine-audit\nVersion: {version}\n".encode()
    )
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as out:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name)  # dated 1980-01-01
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            out.writestr(entry, files[name])
    return b"#!/usr/bin/env python3\n" + archive.getvalue()


def main(target: str) -> None:
    """Writes the file, executable."""
    data = build()
    path = Path(target)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    path.chmod(0o755)
    sys.stdout.write(f"{hashlib.sha256(data).hexdigest()}  {target}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
