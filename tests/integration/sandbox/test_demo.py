"""The demo shows what happens, checks it, and leaves nothing behind."""

import os
import re
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import pytest
from rich.console import Console

from catalog.audit_types import BY_NAME
from sandbox.demo import rendering
from sandbox.demo.expected_outcomes import expected_outcomes
from sandbox.demo.queries import DisplayedEntry
from sandbox.demo.report import faults
from sandbox.services.process import wait_until
from sandbox.traffic.sample import sample

START = datetime(2026, 11, 1, tzinfo=UTC)
STEP = timedelta(minutes=1)
# The stand-in needs neither Java nor Maven, and what is shown of the broker is not what is tested here.
ENVIRON = {**os.environ, "AUDIT_SANDBOX": "mock", "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/production"}


@contextmanager
def demo(log: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """The demo as a program, ended with the test."""
    command = [sys.executable, "-m", "sandbox.demo", *arguments]
    with log.open("w") as out, subprocess.Popen(command, env=ENVIRON, stdout=out, stderr=out, text=True) as program:
        try:
            yield program
        finally:
            program.kill()


def drawn(width: int, height: int, entries: int) -> list[str]:
    """The live table as lines of plain text, on a terminal of this size."""
    console = Console(file=StringIO(), width=width, height=height, color_system=None, force_terminal=True)
    shown = DisplayedEntry(
        1, START, "Member removed", "zoë.brandt@northwind.example", "zoë.brandt removed marc", "chatgpt"
    )
    types = dict.fromkeys(BY_NAME, (12, 3))
    console.print(rendering.live(console, [shown] * entries, Counter(recorded=1234, parked=1), types))
    written = console.file
    assert isinstance(written, StringIO)
    return written.getvalue().splitlines()


def test_the_expected_outcomes_add_up() -> None:
    """The sample expects what its deliberate extras say, and one outcome for each record."""
    events = sample(START, STEP)
    outcomes = expected_outcomes(events)

    assert outcomes.total() == len(events)
    assert (outcomes["duplicate"], outcomes["conflict"], outcomes["parked"]) == (3, 1, 1)
    assert outcomes["ignored"] > 50
    assert set(outcomes) == {"recorded", "duplicate", "conflict", "ignored", "parked"}


def test_a_second_delivery_is_expected_as_duplicates() -> None:
    """Sent twice, an audited sample has no second entry: everything of the second round is a duplicate, or as before."""
    events = sample(START, STEP)
    once, twice = expected_outcomes(events), expected_outcomes((*events, *events))

    assert twice["recorded"] == once["recorded"]
    assert twice["duplicate"] == 2 * once["duplicate"] + once["recorded"]
    assert twice["ignored"] == 2 * once["ignored"]


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("entries", [0, 1, 500])
def test_the_live_table_fits_the_terminal(width: int, entries: int) -> None:
    """It is as high whatever it shows, no line is too long, and every audit type is there."""
    lines = drawn(width, 30, entries)

    assert len(lines) == len(drawn(width, 30, 7)) < 30
    assert max(map(len, lines)) <= width
    assert [name for name in BY_NAME if not any(name in line for line in lines)] == []
    assert any("MCP" in line for line in lines) == (entries > 0)


def test_what_is_not_as_expected_is_listed() -> None:
    """An outcome too many, a type that never came and an entry that was not counted are a line each."""
    types = dict.fromkeys(BY_NAME, (1, 0))
    right = Counter(recorded=len(BY_NAME), parked=1)

    assert faults(right, right, types) == []
    assert faults(right + Counter(parked=1), right, types) == ["parked: 2 where the sample expects 1"]
    assert faults(right, right, {**types, "member.added": (2, 0)}) == [
        f"{len(BY_NAME) + 1} entries in audit_event where {len(BY_NAME)} were recorded"
    ]
    assert faults(right, right, {name: (1, 0) for name in BY_NAME if name != "member.added"}) == [
        "no entry of type member.added",
        f"{len(BY_NAME) - 1} entries in audit_event where {len(BY_NAME)} were recorded",
    ]


def test_once_checks_itself_and_ends(tmp_path: Path) -> None:
    """`--once` accounts for the whole sample, shows it without control codes, and exits 0; no other database is touched."""
    log = tmp_path / "demo.log"
    with demo(log, "--once") as program:
        code = program.wait(240)
    said = log.read_text("utf-8")

    assert code == 0, said
    assert "Every record is accounted for" in said
    assert "DATABASE_URL is ignored" in said
    assert all(name in said for name in (*BY_NAME, "unknown_type", '"tool": "update_schedule"'))
    assert "\x1b" not in said
    assert re.findall(r"^\$ audit-export verify .*\n(\w+) - ", said, re.MULTILINE) == ["VERIFIED", "TAMPERED"]
    assert "nobody@example.com" in said


def test_an_interrupt_ends_all_of_it(tmp_path: Path) -> None:
    """Ctrl-C ends the live demo with exit code 0; the consumer and the services are gone."""
    log = tmp_path / "demo.log"
    with demo(log) as program:
        assert wait_until(lambda: "joined the workspace" in log.read_text("utf-8"), 120), log.read_text("utf-8")
        children = psutil.Process(program.pid).children(recursive=True)
        program.send_signal(signal.SIGINT)
        code = program.wait(60)

    assert code == 0, log.read_text("utf-8")
    said = log.read_text("utf-8")
    assert "everything that it started is gone" in said
    assert re.findall(r"^\$ audit-export verify .*\n(\w+) - ", said, re.MULTILINE) == ["VERIFIED", "TAMPERED"]
    assert len(children) >= 3
    assert wait_until(lambda: not any(child.is_running() for child in children), 20)
