"""docs/faults.md: parts that `make faults`, `make soak` and `make maintenance` write; each leaves the others' alone."""

import re
import statistics
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from sandbox.bench import report
from tests.faults.beside import MAX_MEMORY as BESIDE
from tests.faults.exercise import MAX_MEMORY, Result
from tests.faults.fault import Fault
from tests.faults.shipped import programs

PAGE = Path(__file__).parents[2] / "docs" / "faults.md"
INTRODUCTION = f"""# Faults

What happens to the programs when something around them fails. `make faults` makes each fault of one list under load and writes the table;
`make soak MINUTES=30` draws from the same list in a random order: most faults happen to the same two consumers, one in three times two at
once, and those that need services, settings or a group of their own get them in between ([how it is built](../tests/faults/__init__.py)).
All consumers use the consumer group protocol; with `PROTOCOL=classic` before either command they use the classic one, and the run has a
section of its own.
`make maintenance MINUTES=60` does an operator's ordinary work, during which no alert may fire.

After each fault the same checks are made: every event that was produced is in the table once, the accounting balances (`audit-consumer
status`), the consumer never used more than {MAX_MEMORY} MiB, programs ended with the promised exit codes, and the promised alerts of
deploy/prometheus/alerts.yaml, with shortened durations, fired and cleared; so did all others that fired. *Recovery* is the time from the end of the fault until
everything that Kafka had by then was in the table; if the consumer had ended, its start is included.

A reader and a sealer run beside the consumer and reach the database by the same address. The reader is asked for a page up to five times a
second: each answer is right or a 503, no entry that was shown vanishes, and after the fault it shows every entry. The sealer seals every
other second and needs no help, except where the database has lost rows, lacks a column or refuses its login: there it ends with the documented exit code
and is started as the runbook says. Half-open connections to PostgreSQL are made between two seals: in the midst of one a sealer waits for
an answer for up to an hour. After each fault everything is sealed, at the end `audit-export check` finds nothing, and neither ever
used more than {BESIDE} MiB.
"""
NOT_HERE: Sequence[tuple[str, str]] = (
    ("a machine that loses power", "page caches survive SIGKILL, and a network namespace has the page cache of all"),
    ("a disk that lies about fsync", "only the loss of power shows it: what the page cache has survives SIGKILL"),
    ("a managed Kafka or PostgreSQL that fails over", "none on one machine; the address that leads to a promoted standby stands for it"),
    ("a topic for parked records that is gone", "there is none: they are kept in PostgreSQL, in the transaction of the rest"),
    ("expired certificates and refused logins of Kafka", "tests/security has them"),
)  # fmt: skip
ORDER = ("faults", "faults_classic", "machines", "soak", "soak_classic", "maintenance")
PART = "<!-- {name}: from here -->\n{text}\n<!-- {name}: to here -->\n"


def faults(results: Sequence[Result], broken: Sequence[Fault], skipped: Sequence[tuple[str, str]]) -> str:
    """The table, the median, what was not as promised, and what was not tried."""
    return "\n".join((
        f"## {len(results)} faults", "",
        f"Run on {machine()}, with the consumer group protocol.", "",
        *_table(results, broken),
        "## What is not tried here", "",
        "| fault | why |", "|---|---|", *(f"| {name} | {why} |" for name, why in (*skipped, *NOT_HERE)),
    ))  # fmt: skip


def briefly(
    results: Sequence[Result], broken: Sequence[Fault], skipped: Sequence[tuple[str, str]], protocol: str
) -> str:
    """The same of all faults in a few lines: of a run by another group protocol, beside the table."""
    total, slowest = len(results) + len(broken), max(results, key=lambda result: result.recovery)
    return "\n".join((
        f"## With the {protocol} group protocol", "",
        (f"`PROTOCOL={protocol} make faults`: all of these faults, across machines too, with the {protocol} group protocol and sessions of 3 s. Run on "
         f"{machine()}. {len(results)} of {total} as promised, {len(skipped)} not tried. Median recovery "
         f"**{statistics.median(result.recovery for result in results):.1f} s**, the slowest {slowest.recovery:.1f} s "
         f"({slowest.fault.name}). At most {max(max(result.memory) for result in results)} MiB of memory. Findings: "
         f"{'; '.join(f'{fault.name} is not as promised' for fault in broken) or 'none'}."),
    ))  # fmt: skip


def machines(results: Sequence[Result], broken: Sequence[Fault]) -> str:
    """The table of the faults between machines."""
    return "\n".join((
        "## Across machines", "",
        (f"`make faults ARGS=machine`, run on {machine()}, with the consumer group protocol. Three brokers, PostgreSQL, each consumer and each of two readers are in a "
         "network namespace of their own, with TUN devices and a router of our own between them ([decision "
         "114](decisions/0114-a-router-of-our-own.md)): the kernel's own TCP meets the delay and sends again what is lost. The oracle is "
         "the same; besides, both readers are asked for a page up to five times a second, always answer with 200, "
         "never show fewer entries than before, and at the end both show all that were recorded."), "",
        *_table(results, broken)[:-1],
    ))  # fmt: skip


def _table(results: Sequence[Result], broken: Sequence[Fault]) -> list[str]:
    """Each fault and its recovery, those that were not as promised, the median, and an empty line."""
    rows = [
        f"| {result.fault.name} | {result.fault.how} | {_outcome(result)} | {result.beside} | {result.recovery:.1f} |"
        for result in results
    ]
    slowest, largest = max(results, key=lambda result: result.recovery), max(max(result.memory) for result in results)
    return [
        "| fault | how | outcome | reader and sealer | recovery, s |", "|---|---|---|---|---|", *rows, "",
        *(f"**Not as promised: {fault.name}.**\n" for fault in broken),
        (f"Nothing lost, nothing doubled in these. Median recovery **{statistics.median(result.recovery for result in results):.1f} s**, the "
         f"slowest {slowest.recovery:.1f} s ({slowest.fault.name}). At most {largest} MiB of memory."), "",
    ]  # fmt: skip


def _outcome(result: Result) -> str:
    """What was seen, beside what is promised of all."""
    exits = f"exit {', '.join(map(str, result.exits))}; " if result.exits else ""
    promised, others = (
        ", ".join(sorted(names)) for names in (result.fault.alerts, result.alerts - result.fault.alerts)
    )
    alerts = f"{promised} fired and cleared" if promised else "no alert promised"
    return f"{exits}{alerts}{f'; fired too: {others}' if others else ''}"


def machine() -> str:
    """The programs, the machine and the day, in words."""
    return f"{report.machine()}, {datetime.now(UTC):%Y-%m-%d}, with {programs()}"


def write(name: str, text: str) -> None:
    """Puts a part in its place on the page."""
    old = PAGE.read_text("utf-8") if PAGE.exists() else ""
    parts = dict(re.findall(r"<!-- (\w+): from here -->\n(.*?)\n<!-- \1: to here -->\n", old, re.DOTALL))
    parts[name] = text
    sections = [PART.format(name=part, text=parts[part]) for part in ORDER if part in parts]
    PAGE.write_text("\n".join((INTRODUCTION, *sections)), "utf-8")
