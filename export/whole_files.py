"""Replaces files atomically: a reader, also after a crash, sees either the old bytes or the new ones."""

import os
from pathlib import Path


def replace(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Writes a file. Raises OSError."""
    draft = path.with_name(f".{path.name}.new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    sync_folder(path.parent)


def names_a_file(path: str) -> bool:
    """Whether a path ends with a name; if not, a name made from it (`{path}.key`) would be that of another file, or a hidden one."""
    return os.path.basename(path) not in {"", ".", ".."}  # noqa: PTH119 Path() drops the slash, or the dot, at the end


def is_irregular(path: str | Path) -> bool:
    """Whether something is there that is no regular file: a device, a FIFO, a folder. Of what may not be looked at, opening it will tell."""
    return os.path.lexists(path) and not os.path.isfile(path)  # noqa: PTH113 Path's own raise where they may not look


def sync_folder(path: Path) -> None:
    """Writes the names in a folder to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
