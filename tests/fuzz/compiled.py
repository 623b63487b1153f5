"""The cases in a process of its own that has the wheel: its native code beside its compiled pipeline.

`python -m tests.fuzz.compiled SECONDS SEED FILE` is that process; FILE has the number of the case that it is at.
"""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from sandbox.services.wheel import ROOT
from tests.fuzz import run
from tests.fuzz.oracle import Oracle


def run_cases(environ: Mapping[str, str], seconds: float, seed: int) -> int:
    """Runs the cases in an environment with the wheel's packages; the exit code. It names the case at which the process died."""
    with tempfile.NamedTemporaryFile() as at:
        command = [sys.executable, "-m", "tests.fuzz.compiled", str(seconds), str(seed), at.name]
        code = subprocess.run(command, env=dict(environ), cwd=ROOT, check=False).returncode
        if code < 0:
            print(f"{signal.strsignal(-code)}; again: make fuzz SECONDS=1 SEED={at.read().decode()}", flush=True)
    return 0 if code == 0 else 1


def main() -> int:
    """The exit code of the process."""
    if not Oracle().fast_path.ce_types:
        print("the wheel has no native code")
        return 1
    with Path(sys.argv[3]).open("wb", buffering=0) as at:
        return run.report(
            float(sys.argv[1]), int(sys.argv[2]), lambda number: os.pwrite(at.fileno(), b"%d" % number, 0)
        )


if __name__ == "__main__":
    sys.exit(main())
