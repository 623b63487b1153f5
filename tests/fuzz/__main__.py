"""`python -m tests.fuzz [SECONDS [SEED]]`: cases from SEED upwards until the time is over; exit code 1 at a finding.

Twice, so long each time: in this process, interpreted; and with the wheel, which is built for it, if there is a compiler.
"""

import sys
import time

from sandbox.services import wheel
from sandbox.services.temporary_folder import TemporaryFolder
from tests.fuzz import compiled, run


def main() -> int:
    """The exit code."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else time.time_ns() // 1_000_000
    print(f"SEED={seed}", flush=True)
    if code := run.report(seconds, seed, lambda _: None):
        return code
    if wheel.compiler() is None:
        print("The native code was not tried. A C compiler is not installed: apt-get install gcc")
        return 0
    print("The same cases with the wheel, which is built now", flush=True)
    with TemporaryFolder("fuzz") as folder:
        return compiled.run_cases(wheel.unpack(folder.path), seconds, seed)


if __name__ == "__main__":
    sys.exit(main())
