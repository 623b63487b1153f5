"""Folders below the user's cache that are filled once: whole or absent, by whoever comes first."""

import fcntl
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path


def place(name: str, environ: Mapping[str, str]) -> Path:
    """Where `name` is kept: below XDG_CACHE_HOME, by default ~/.cache."""
    return Path(environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "callmine-audit" / name


def filled(name: str, environ: Mapping[str, str], fill: Callable[[Path], Path]) -> Path:
    """The cached folder `name`. Where it is missing, `fill` makes it in an empty folder beside its place and gives its path.

    A second process waits for the first. Where `fill` raises, nothing is left.
    """
    folder = place(name, environ)
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (folder.parent / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.is_dir():
            with tempfile.TemporaryDirectory(prefix=f"{name}-", dir=folder.parent) as work:
                fill(Path(work)).rename(folder)
    return folder
