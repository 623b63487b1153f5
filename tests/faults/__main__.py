"""`python -m tests.faults [NAME …]`: all faults, or those whose names contain one of the words; exit code 1 at a finding.

A part of docs/faults.md is written where all of its faults were asked for; `machine` asks for those of the part "machines".
`PROTOCOL=classic` in the environment: all consumers use the classic group protocol, and the run has a short part of its own.
"""

import contextlib
import io
import sys
import time
import traceback
from collections.abc import Sequence

from tests.faults import report
from tests.faults.catalog import FAULTS, machines
from tests.faults.environment import Environment
from tests.faults.exercise import Result, alone
from tests.faults.fault import Fault
from tests.faults.protocol import part, protocol
from tests.faults.shipped import programs_of_the_wheel
from tests.ops.load import BATCH

ACROSS = {fault.name for fault in machines.FAULTS}


def chosen(words: Sequence[str]) -> list[Fault]:
    """The faults that are asked for; all without a word."""
    return [fault for fault in FAULTS if not words or any(word in fault.name for word in words)]


def run(environment: Environment, fault: Fault) -> Result | None:
    """The fault's result; None, with all that is known printed, where a promise is broken."""
    began, said = time.monotonic(), io.StringIO()
    try:
        with contextlib.redirect_stdout(said):  # the programs' logs, at its end
            result = alone(environment, fault, BATCH)
    except Exception:  # noqa: BLE001 whatever it is, it is the finding
        print(f"{said.getvalue()}\n{traceback.format_exc()}\nFAILED  {fault.name}", flush=True)
        return None
    print(f"{line(result)} ({time.monotonic() - began:.0f} s)", flush=True)
    return result


def line(result: Result) -> str:
    """A result in one line."""
    details = f"exits {result.exits}, {max(result.memory)} MiB, {result.records} records"
    return f"{result.recovery:6.1f} s  {result.fault.name}; {details}, {', '.join(sorted(result.alerts)) or 'no alert'}"


def main() -> int:
    """The exit code; what was not as promised is written as well."""
    words, by = sys.argv[1:], protocol()
    results: list[Result] = []
    broken: list[Fault] = []
    skipped: list[tuple[str, str]] = []
    with programs_of_the_wheel(), Environment(protocol=by) as environment:
        for fault in chosen(words):
            if missing := fault.needs():
                skipped.append((fault.name, missing))
                print(f"skipped  {fault.name}: {missing}", flush=True)
            elif (result := run(environment, fault)) is None:
                broken.append(fault)
            else:
                results.append(result)
    print(f"{len(results)} faults as promised, {len(broken)} not, {len(skipped)} skipped; {by} protocol", flush=True)
    if by == "classic":
        if not words and results:
            report.write(part("faults", by), report.briefly(results, broken, skipped, by))
    else:
        _write(words, results, broken, skipped)
    return 1 if broken else 0


def _write(
    words: Sequence[str], results: Sequence[Result], broken: Sequence[Fault], skipped: Sequence[tuple[str, str]]
) -> None:
    across = [result for result in results if result.fault.name in ACROSS]
    others = [result for result in results if result.fault.name not in ACROSS]
    if across and {fault.name for fault in chosen(words)} >= ACROSS:
        report.write("machines", report.machines(across, [fault for fault in broken if fault.name in ACROSS]))
    if others and not words:
        usual = [fault for fault in broken if fault.name not in ACROSS]
        report.write("faults", report.faults(others, usual, skipped))


if __name__ == "__main__":
    sys.exit(main())
