"""The table of the peers, and its section of docs/benchmarks.md."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from statistics import median

from rich.table import Table

from sandbox.bench.report import machine
from sandbox.bench_peers.process import PeerRun

OURS = "audit-consumer"
HEADINGS = ("program", "seconds", "× ours", "µs a record, program", "µs a record, PostgreSQL", "MiB")


def rows(
    runs: Mapping[str, Sequence[PeerRun]], limits: Mapping[str, Sequence[float]], records: int
) -> list[tuple[str, ...]]:
    """A row for each program and limit: medians of the rounds; the ratio is the median of those of each round, with its range."""
    ours = [measured.seconds for measured in runs[OURS]]

    def ratio(seconds: Sequence[float]) -> str:
        ratios = sorted(theirs / own for theirs, own in zip(seconds, ours, strict=True))
        return f"{median(ratios):.2f} ({ratios[0]:.2f}–{ratios[-1]:.2f})"

    def micro(seconds: Sequence[float]) -> str:
        return f"{median(seconds) / records * 1e6:.0f}"

    programs: list[tuple[str, ...]] = [
        (
            name,
            f"{median(m.seconds for m in rounds):.1f}",
            ratio([m.seconds for m in rounds]),
            micro([m.own_cpu for m in rounds]),
            micro([m.server_cpu for m in rounds]),
            f"{max(m.peak_mib for m in rounds):.0f}",
        )
        for name, rounds in runs.items()
    ]
    return programs + [(name, f"{median(rounds):.1f}", ratio(rounds), "", "", "") for name, rounds in limits.items()]


def table(lines: Sequence[tuple[str, ...]]) -> Table:
    """For a terminal."""
    shown = Table(title="medians of the rounds", title_justify="left")
    for heading in HEADINGS:
        shown.add_column(heading, no_wrap=heading == HEADINGS[0])
    for line in lines:
        shown.add_row(*line)
    return shown


def section(lines: Sequence[tuple[str, ...]], skipped: Sequence[str], records: int, rounds: int, load: float) -> str:
    """For the document."""
    return "\n".join(
        [
            f"Written by `make bench-peers` on {datetime.now(UTC):%Y-%m-%d}, on {machine()}: {records:,} rows, {rounds} rounds, all in turn",
            f"within each; the load of the machine was {load:.1f} at the start. Every program left the same rows, by digest.",
            "",
            f"| {' | '.join(HEADINGS)} |",
            "|---|---:|---:|---:|---:|---:|",
            *(f"| {' | '.join(line)} |" for line in lines),
            *([""] if skipped else []),
            *(f"* Skipped: {why}." for why in skipped),
        ]
    )
