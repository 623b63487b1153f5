"""Where `prometheus` and `promtool` are: installed, or brought by `python -m tests.tools`."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from sandbox.services.cache import place
from sandbox.services.process import SandboxError

PROGRAMS = ("prometheus", "promtool")
HOW = "apt-get install prometheus"


def folder(environ: Mapping[str, str] = os.environ) -> Path:
    """The folder in our cache where the programs are kept if they are not installed."""
    return place("prometheus", environ)


def executable(name: str, environ: Mapping[str, str] = os.environ) -> str:
    """The path of one of PROGRAMS, from the PATH or from our cache. SandboxError says how to get it."""
    path = os.pathsep.join([environ.get("PATH", ""), str(folder(environ))])
    program = shutil.which(name, path=path)
    if program is None:
        raise SandboxError(f"Prometheus is not installed: {HOW}")
    return program
