"""A run of so many minutes in an order that a seed repeats, by `[MINUTES [SEED]]` on the command line."""

import contextlib
import io
import random
import sys
import traceback
from collections.abc import Callable

from tests.faults import report
from tests.faults.shipped import programs_of_the_wheel


def main(part: str, minutes: float, run: Callable[[float, int], str]) -> int:
    """Writes what `run` gives for minutes and seed as a part of docs/faults.md. The exit code; 1 at the first finding."""
    minutes = float(sys.argv[1]) if len(sys.argv) > 1 else minutes
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else random.SystemRandom().randrange(10**6)
    print(f"SEED={seed}", file=sys.stderr, flush=True)
    said = io.StringIO()
    try:
        with contextlib.redirect_stdout(said), programs_of_the_wheel():
            text = run(minutes, seed)
    except Exception:  # noqa: BLE001 whatever it is, it is the finding
        print(f"{said.getvalue()[-20_000:]}\n{traceback.format_exc()}\nFAILED  SEED={seed}", file=sys.stderr)
        return 1
    report.write(part, text)
    print(text)
    return 0
