"""The programs of a run are those of the wheel, as users have them: its core compiled, usual records made in C."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from sandbox.services.temporary_folder import TemporaryFolder
from sandbox.services.wheel import ROOT, compiler, unpack


@contextmanager
def programs_of_the_wheel() -> Iterator[None]:
    """Whatever program this process starts while the block lasts comes from a wheel that is built first, which takes a minute."""
    with TemporaryFolder("wheel") as folder, patch.dict(os.environ, unpack(folder.path)):
        yield


def programs() -> str:
    """Which programs these are, in words: the commit, and whether they are compiled."""
    commit = _git("rev-parse", "--short", "HEAD").stdout.strip() or "no commit"
    # The page itself may have been written already, by another part.
    changed = (
        "" if _git("diff", "--quiet", "HEAD", "--", ".", ":!docs/faults.md").returncode == 0 else ", changed since"
    )
    return f"the wheel of {commit}{changed}, {'compiled' if compiler() else 'not compiled: no C compiler'}"


def _git(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(["git", "-C", str(ROOT), *arguments], check=False, capture_output=True, text=True)
