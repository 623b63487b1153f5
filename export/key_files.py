"""Writes and reads key files and notes; nothing is ever overwritten."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from export.format.errors import malformed, quote
from export.format.keys import SigningKey, parse_key_file
from export.verify.package import read_small
from export.whole_files import names_a_file

SECRET, PUBLIC = 0o600, 0o644


def read_key(path: str) -> SigningKey:
    """Reads a private key; MALFORMED, with a message that repeats nothing of the key, if it is none."""
    data = read_small(path, "the key file")
    try:
        return parse_key_file(data)
    except ValueError as error:
        raise malformed(f"{quote(path, 300)} is not a key file: {error}") from None


def check_out(path: str) -> None:
    """MALFORMED if the value of --out ends with no name."""
    if not names_a_file(path):
        raise malformed(f"--out names no file: {quote(path, 300)}; give a path that ends with a name")


def write_new(files: dict[Path, tuple[bytes, int]]) -> None:
    """Writes all files with these contents and modes, or none; MALFORMED if one is there already or cannot be written."""
    written: list[Path] = []
    for path, (content, mode) in files.items():
        with _remove_on_error(written, path):
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
            written.append(path)
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(descriptor)


@contextmanager
def _remove_on_error(written: list[Path], now: Path) -> Iterator[None]:
    """An error names its file only where that could not be opened, so `now` says which is being written."""
    try:
        yield
    except OSError as error:
        for path in written:
            path.unlink(missing_ok=True)
        if isinstance(error, FileExistsError):
            raise malformed(f"{quote(str(now), 300)} already exists; nothing was written") from None
        raise malformed(f"{quote(str(now), 300)} cannot be written: {error.strerror}") from None
