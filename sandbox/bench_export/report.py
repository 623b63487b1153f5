"""How the export's figures are shown: a table on the terminal, and a section of docs/benchmarks.md."""

from dataclasses import dataclass
from datetime import UTC, datetime

from rich.table import Table

from sandbox.bench.report import Measurement, machine
from sandbox.bench_export.beside import Drains


@dataclass(frozen=True, kw_only=True)
class Growth:
    """A table of so many entries in so many workspaces: its first seal, and one of 1,000 more; seconds and MiB."""

    entries: int
    workspaces: int
    first_seconds: float
    first_mib: float
    seconds: float
    peak_mib: float


@dataclass(frozen=True, kw_only=True)
class Figures:
    """Medians of the runs, in seconds and MiB; ratios are medians of those of each run."""

    entries: int
    runs: int
    seal_seconds: float
    copy_new_seconds: float
    seal_ratio: float
    seal_mib: float
    create_seconds: float
    copy_sealed_seconds: float
    create_ratio: float
    create_mib: float
    verify_seconds: float
    bare_seconds: float
    verify_ratio: float
    check_seconds: float
    proof_bytes: int
    growth: tuple[Growth, ...]
    drains: tuple[Drains, ...]


def lines(figures: Figures) -> list[Measurement]:
    """What was asked for, and what came of it."""
    count = figures.entries
    per_row = figures.proof_bytes / count
    return [
        Measurement(
            f"verify {count:,} rows",
            f"{figures.verify_seconds:.1f} s, {count / figures.verify_seconds:,.0f}/s; bare {figures.bare_seconds:.1f} s",
            f"{figures.verify_ratio:.2f} × the bare loop",
            "≤ 1.5",
            figures.verify_ratio <= 1.5,
        ),
        Measurement(
            f"create of {count:,} rows",
            f"{figures.create_seconds:.1f} s, {count / figures.create_seconds:,.0f}/s; COPY {figures.copy_sealed_seconds:.1f} s",
            f"{figures.create_ratio:.2f} × one COPY",
            "≤ 2.5",
            figures.create_ratio <= 2.5,
        ),
        Measurement(
            "memory of create",
            "the most at a time",
            f"{figures.create_mib:.0f} MiB",
            "< 100 MiB",
            figures.create_mib < 100,
        ),
        Measurement(
            f"seal of {count:,} entries",
            f"{figures.seal_seconds:.1f} s, two readings; COPY {figures.copy_new_seconds:.1f} s; {figures.seal_mib:.0f} MiB",
            f"{figures.seal_ratio:.2f} × one COPY for each reading",
            "≤ 2.5",
            figures.seal_ratio <= 2.5,
        ),
        Measurement("proof", f"{figures.proof_bytes:,} bytes", f"{per_row:.3f} bytes a row", "≤ 1", per_row <= 1),
        *map(_drain, figures.drains),
    ]


def _drain(drain: Drains) -> Measurement:
    return Measurement(
        f"drain {drain.records:,} records beside a sealer, a seal every {drain.every:g} s",
        f"{drain.seconds:.1f} s, without {drain.alone_seconds:.1f} s; {drain.seals} seals with {drain.sealed:,} entries by its end, "
        f"{drain.postponed} put off; all is sealed {drain.sealed_seconds:.0f} s after it",
        f"{drain.ratio:.2f} of the drain without",
        "≥ 0.95",
        drain.ratio >= 0.95,
    )


def tables(figures: Figures) -> list[Table]:
    """For the terminal."""
    table = Table(box=None, pad_edge=False)
    for column in ("what", "measured", "figure", "asked for", "reached"):
        table.add_column(column)
    for line in lines(figures):
        table.add_row(line.quantity, line.measured, line.figure, line.asked, "yes" if line.reached else "no")
    return [table]


def section(figures: Figures) -> str:
    """For the document."""
    rows = [
        f"| {line.quantity} | {line.measured} | {line.figure} | {line.asked} | {'yes' if line.reached else 'no'} |"
        for line in lines(figures)
    ]
    growth = [
        f"| {size.entries:,} | {size.workspaces:,} | {size.first_seconds:.1f} | {size.first_mib:.0f} "
        f"| {size.seconds:.2f} | {size.peak_mib:.0f} |"
        for size in figures.growth
    ]
    return "\n".join(
        [
            f"Written by `make bench-export` on {datetime.now(UTC):%Y-%m-%d}, on {machine()}. Medians of {figures.runs} runs, each side",
            f"in turn; commands as processes, their start included. `check` of all of it took {figures.check_seconds:.1f} s.",
            "",
            "| what | measured | figure | asked for | reached |",
            "|---|---|---|---|---|",
            *rows,
            "",
            "The first seal of a table, and a seal of 1,000 new entries, start of the process included:",
            "",
            "| entries in the table | workspaces | first seal, s | MiB | 1,000 more, s | MiB |",
            "|---:|---:|---:|---:|---:|---:|",
            *growth,
        ]
    )
