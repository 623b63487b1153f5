"""A library that is loaded before the C library (LD_PRELOAD), compiled from the C file of a module when it is needed."""

import subprocess
from pathlib import Path

from sandbox.services.process import SandboxError
from sandbox.services.wheel import compiler

OPTIONS = ("-shared", "-fPIC", "-O2", "-Wall", "-Wextra", "-Werror")


def preloaded_library(source: Path, folder: Path) -> Path:
    """Compiles `source` into `folder`. SandboxError where there is no C compiler, or it fails."""
    if (cc := compiler()) is None:
        raise SandboxError(f"{source.name} needs a C compiler: apt-get install gcc libc6-dev")
    library = folder / source.with_suffix(".so").name
    process = subprocess.run(
        [cc, *OPTIONS, "-o", str(library), str(source), "-ldl"], check=False, capture_output=True, text=True
    )
    if process.returncode:
        raise SandboxError(f"{source.name} cannot be compiled:\n{process.stderr}")
    return library
