"""What a run measured and how busy the machine was when it began: it is written beside the figures of each run."""

import os
import subprocess
from functools import cache
from typing import NamedTuple


class Provenance(NamedTuple):
    """The commit, `-dirty` after it where files differ from it, and the load average of the last minute."""

    commit: str
    load: float

    def __str__(self) -> str:
        return f"Commit {self.commit}; the load of the machine was {self.load:.1f} at the start, where 0 is nothing beside it."


@cache
def provenance() -> Provenance:
    """Of the first call, which is before anything is started."""
    command = ["git", "describe", "--always", "--dirty", "--exclude", "*"]
    process = subprocess.run(command, check=True, capture_output=True, text=True)
    return Provenance(process.stdout.strip(), os.getloadavg()[0])
