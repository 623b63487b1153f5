"""The end of the demo: an export that is verified, and the same with one cell edited, which is not."""

import csv
import shlex
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import CompletedProcess

from rich.console import Console
from rich.text import Text

from export.format.encoding import encode_time
from export.format.errors import Verdict
from runtime import terminal
from sandbox.demo.sealing import SealingPrograms
from sandbox.services.process import wait_until

LIMIT = 60.0  # seconds until all is sealed
DAYS = 7
FORGED = "nobody@example.com"


def show(console: Console, sealing: SealingPrograms, workspace_id: str) -> list[str]:
    """Makes, verifies, edits and verifies again, and prints each command with what it says; what is not as expected, in words."""
    now = datetime.now(UTC)
    console.print(Text("\nEvidence for an auditor\n", "bold"))
    if not wait_until(lambda: (newest := sealing.newest()) is not None and newest.time > encode_time(now), LIMIT):
        return [f"nothing was sealed within {LIMIT:.0f} s"]
    days = ("--from", f"{now - timedelta(DAYS):%Y-%m-%d}", "--to", f"{now:%Y-%m-%d}")
    scope = ("--workspace", workspace_id, *days, "--policy", "auditor.policy")
    who = ("--requested-by", "auditor@example.com", "--reason", "demo")
    faults = _run(console, sealing, ("create", "package", *scope, *who), Verdict.VERIFIED)
    if faults:
        return faults
    faults = _run(console, sealing, ("verify", "package", *scope), Verdict.VERIFIED)
    forged = forge(sealing.folder / "package", sealing.folder / "edited")
    console.print(
        Text.assemble(("\nOne cell of the CSV is edited: ", "bold"), terminal.escaped(forged), "\n"), soft_wrap=True
    )
    return faults + _run(console, sealing, ("verify", "edited", *scope), Verdict.TAMPERED)


def forge(package: Path, to: Path) -> str:
    """Copies a package and gives the first entry another actor; says what was changed."""
    shutil.copytree(package, to)
    file = to / "audit.csv"
    text = file.read_bytes().decode()
    with file.open(newline="") as rows:
        row = next(csv.DictReader(rows))
    old = row["actor_email"] or row["actor_id"]
    head, cell, rest = text.partition(f'"{old}"')
    file.write_bytes(f'{head}"{FORGED}"{rest}'.encode())
    return f"{cell} becomes {FORGED!r} in the entry of {row['occurred_at']}"


def _run(console: Console, sealing: SealingPrograms, words: Sequence[str], expected: Verdict) -> list[str]:
    console.print(Text(f"$ audit-export {shlex.join(words)}", "cyan"), soft_wrap=True)
    process: CompletedProcess[str] = sealing.run(*words)
    style = "" if process.returncode == expected.value else "bold red"
    lines = (process.stdout + process.stderr).splitlines()
    for line in lines if words[0] == "verify" else lines[:1]:  # verify says the same of what create has made
        console.print(terminal.printable(line, style), soft_wrap=True)
    if process.returncode == expected.value and (process.stdout or process.stderr).startswith(expected.word):
        return []
    return [f"`audit-export {words[0]}` ended with {process.returncode}, not {expected.value} ({expected.word})"]
