"""What a fault needs of the machine; a sentence says what is missing, an empty one that nothing is."""

import os
from pathlib import Path

from sandbox.services.pgbouncer import PROGRAM
from sandbox.services.wheel import compiler
from tests.e2e.faketime import MISSING

CGROUP = Path("/sys/fs/cgroup/memory")


def root() -> str:
    """To mount."""
    return "" if os.geteuid() == 0 else "only root may mount a small file system"


def faketime() -> str:
    """Libfaketime."""
    return MISSING


def c_compiler() -> str:
    """A compiler of C, with the headers of the C library."""
    return "" if compiler() else "no C compiler is installed: apt-get install gcc libc6-dev"


def pgbouncer() -> str:
    """PgBouncer."""
    return "" if PROGRAM else "PgBouncer is not installed: apt-get install pgbouncer"


def memory_group() -> str:
    """A cgroup of one's own."""
    return "" if os.access(CGROUP, os.W_OK) else f"{CGROUP} is not there, or not ours to write"
