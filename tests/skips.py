"""A pytest plugin: what was skipped is reported in one line for each reason, at the end, instead of one for each test."""

from collections import Counter
from collections.abc import Iterable

import pytest


def summary(reasons: Iterable[str]) -> list[str]:
    """A line for each reason, most frequent first: how many tests, and why; the reason says what would bring them back."""
    return [
        f"skipped {number} test{'s' if number > 1 else ''}: {reason}"
        for reason, number in Counter(reasons).most_common()
    ]


def reason_of(report: pytest.TestReport | pytest.CollectReport) -> str:
    """Why a test was skipped, on one line."""
    text = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return " ".join(text.removeprefix("Skipped: ").split())


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Writes the lines below the results."""
    reports = terminalreporter.stats.get("skipped", [])
    for line in summary(map(reason_of, reports)):
        terminalreporter.write_line(line, yellow=True)
