"""python -m sandbox.bench_export.measured PROGRAM …: runs a program, and says what it took as one JSON object.

It is a process of its own because it is small: the most memory that is counted of a program begins with its parent's.
"""

import json
import os
import subprocess
import sys
import time


def main(command: list[str]) -> None:
    """Seconds on the wall, the most memory of one process in MiB, and the exit code."""
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    code = os.waitstatus_to_exitcode(status)
    print(json.dumps({"seconds": seconds, "peak_mib": usage.ru_maxrss / 1024, "code": code}))


if __name__ == "__main__":
    main(sys.argv[1:])
