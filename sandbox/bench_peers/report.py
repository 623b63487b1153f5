"""The tables of the peers, and their section of docs/benchmarks.md."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from statistics import median
from typing import NamedTuple

from rich.table import Table

from sandbox.bench.provenance import Provenance
from sandbox.bench.report import MEMORY_ASKED, Measurement, is_in_memory, machine
from sandbox.bench.speed import Speed
from sandbox.bench_peers.freshness import RATE, Ages, FreshRound
from sandbox.bench_peers.peers import GO, KAFKA_CONNECT, QUIX
from sandbox.bench_peers.process import PeerRun

OURS = "audit-consumer"
# How many times as fast as a peer the consumer is to be, and how much older than the peer's in Go a row may be at its commit.
ASKED, FRESHNESS_ASKED = {GO: 1.2, KAFKA_CONNECT: 2.0, QUIX: 3.0}, 1.5
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


def targets(runs: Mapping[str, Sequence[PeerRun]], fresh: Sequence[FreshRound]) -> list[Measurement]:
    """What was asked for, and what came of it; nothing of a peer that is not among them."""
    ours = [measured.seconds for measured in runs[OURS]]
    lines = []
    for name, asked in ASKED.items():
        if name in runs:
            theirs = [measured.seconds for measured in runs[name]]
            ratio = median(peer / own for peer, own in zip(theirs, ours, strict=True))
            measured = f"{median(theirs):.1f} s beside {median(ours):.1f} s"
            lines.append(
                Measurement(f"faster than {name}", measured, f"{ratio:.2f} ×", f"≥ {asked:g} ×", ratio >= asked)
            )
    if fresh:
        lines.append(_freshness(fresh))
    peak = max(measured.peak_mib for measured in runs[OURS])
    lines.append(Measurement("memory", "the most in any round", f"{peak:.0f} MiB", MEMORY_ASKED, is_in_memory(peak)))
    return lines


def _freshness(fresh: Sequence[FreshRound]) -> Measurement:
    ratio = median(both.ours.p99 / both.go.p99 for both in fresh)
    return Measurement(
        f"freshness at {RATE:,} records/s, p99 beside {GO}",
        f"{_ages([both.ours for both in fresh])} beside {_ages([both.go for both in fresh])}",
        f"{ratio:.2f} ×",
        f"≤ {FRESHNESS_ASKED:g} ×",
        ratio <= FRESHNESS_ASKED,
    )


def _ages(ages: Sequence[Ages]) -> str:
    return f"{median(age.p99 for age in ages):.0f} ms (p50 {median(age.p50 for age in ages):.0f})"


class PeersReport(NamedTuple):
    """What was measured of so many rows, the speed of the machine, and what was skipped, with its reason."""

    lines: Sequence[tuple[str, ...]]
    targets: Sequence[Measurement]
    skipped: Sequence[str]
    records: int
    rounds: int
    speed: Speed
    provenance: Provenance


def tables(report: PeersReport) -> tuple[Table, Table]:
    """For a terminal."""
    programs = Table(title="medians of the rounds", title_justify="left")
    for heading in HEADINGS:
        programs.add_column(heading, no_wrap=heading == HEADINGS[0])
    for line in report.lines:
        programs.add_row(*line)
    asked = Table("what", "measured", "figure", "asked for", "", caption=f"{report.speed}. {report.provenance}")
    for target in report.targets:
        asked.add_row(*target[:4], target.verdict)
    return programs, asked


def section(report: PeersReport) -> str:
    """For the document."""
    return "\n".join(
        [
            f"Written by `make bench-peers` on {datetime.now(UTC):%Y-%m-%d}, on {machine()}: {report.records:,} rows, {report.rounds} rounds, all in turn",
            "within each. Every program left the same rows, by digest.",
            f"{report.speed}. {report.provenance}",
            "",
            f"| {' | '.join(HEADINGS)} |",
            "|---|---:|---:|---:|---:|---:|",
            *(f"| {' | '.join(line)} |" for line in report.lines),
            "",
            "| asked of the consumer | measured | figure | asked for | reached |",
            "|---|---|---|---|---|",
            *(line.row for line in report.targets),
            *([""] if report.skipped else []),
            *(f"* Skipped: {why}." for why in report.skipped),
        ]
    )
