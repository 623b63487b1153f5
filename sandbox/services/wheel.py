"""The programs as they are deployed: the wheel of this tree, its core compiled where there is a compiler."""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).parents[2]


def compiler() -> str | None:
    """The C compiler that this Python would use, if it is installed."""
    return shutil.which((sysconfig.get_config_var("CC") or "cc").split()[0])


def unpack(to: Path) -> dict[str, str]:
    """Builds the wheel and unpacks it below `to`; gives the environment in which its packages come before the tree's.

    Raises subprocess.CalledProcessError with what pip said.
    """
    environ = {**os.environ, "AUDIT_COMPILE": "1" if compiler() else "0"}
    quiet = ["--quiet", "--disable-pip-version-check", "--no-deps", "--no-build-isolation"]
    command = [sys.executable, "-m", "pip", "install", *quiet, f"--target={to}", str(ROOT)]
    subprocess.run(command, env=environ, check=True, capture_output=True, text=True)
    return {**os.environ, "PYTHONPATH": f"{to}{os.pathsep}{ROOT}", "PYTHONSAFEPATH": "1"}
