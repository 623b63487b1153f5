"""How the benchmark's figures are shown: a table on the terminal, and a generated part of docs/benchmarks.md.

What people wrote below the mark in the document (where the time goes, what was tried) is kept.
"""

import os
import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import psutil  # type: ignore[import-untyped]
from rich.table import Table
from rich.text import Text

from sandbox.bench.provenance import Provenance
from sandbox.bench.speed import Speed
from sandbox.services.wheel import compiler

MARK = "<!-- written by hand below this line, kept by make bench -->"
SECTION = "<!-- {name}: written by its own benchmark, from here -->\n{text}\n<!-- {name}: to here -->"


class Figures(NamedTuple):
    """Medians of the runs; seconds and MiB. The ratios are medians of those of each run.

    `first_row_seconds` are from the start of a consumer to the commit of its first rows, of `first_row_records` that wait for it.
    """

    records: int
    runs: int
    drain_seconds: dict[int, float]
    drain_spread: tuple[float, float]
    copy_seconds: float
    drain_ratio: float
    skip_seconds: float
    bare_seconds: float
    skip_ratio: float
    peak_mib: float
    batch_records: float
    first_row_seconds: float
    first_row_records: int
    speed: Speed
    provenance: Provenance


MEMORY_ASKED = "≤ 191 MiB (200 MB)"


def is_in_memory(mib: float) -> bool:
    """Whether a peak is as small as MEMORY_ASKED."""
    return mib * 1024**2 <= 200e6


class Measurement(NamedTuple):
    """One measurement against what is asked of it."""

    quantity: str
    measured: str
    figure: str
    asked: str
    reached: bool

    @property
    def verdict(self) -> Text:
        """For a terminal."""
        return Text("reached", "green") if self.reached else Text("missed", "red")

    @property
    def row(self) -> str:
        """For a document."""
        return f"| {' | '.join(self[:4])} | {'yes' if self.reached else '**no**'} |"


def lines(figures: Figures) -> list[Measurement]:
    """The table's rows, the same on the terminal and in the document."""
    largest, smallest = max(figures.drain_seconds), min(figures.drain_seconds)
    drain = figures.drain_seconds[largest]
    ratio, skip = figures.drain_ratio, figures.skip_ratio
    growth = drain / figures.drain_seconds[smallest]
    low, high = figures.drain_spread
    return [
        Measurement(
            f"drain {largest:,} records, 3 in 4 audited",
            f"{drain:.1f} s ({low:.1f}–{high:.1f}), {largest / drain:,.0f}/s; raw COPY {figures.copy_seconds:.1f} s",
            f"{ratio:.2f} of raw COPY",
            "≥ 0.8",
            ratio >= 0.8,
        ),
        Measurement(
            f"skip {figures.records:,} ignored records",
            f"{figures.skip_seconds:.2f} s, {figures.records / figures.skip_seconds:,.0f}/s; bare {figures.bare_seconds:.2f} s",
            f"{skip:.2f} of the bare loop",
            "≥ 0.8",
            skip >= 0.8,
        ),
        Measurement(
            "growth of the drain",
            ", ".join(f"{size // 1000} k: {seconds:.1f} s" for size, seconds in figures.drain_seconds.items()),
            f"{growth:.2f} × for 4 × the records",
            "≤ 4.4",
            growth <= 4.4,
        ),
        Measurement(
            f"peak memory with {largest:,} records waiting",
            f"batches of {figures.batch_records:,.0f} records on average",
            f"{figures.peak_mib:.0f} MiB",
            MEMORY_ASKED,
            is_in_memory(figures.peak_mib),
        ),
        Measurement(
            "start to first row",
            f"a new process to the commit of its first rows, {figures.first_row_records} records waiting",
            f"{figures.first_row_seconds:.2f} s",
            "≤ 1 s",
            figures.first_row_seconds <= 1,
        ),
    ]


def table(figures: Figures) -> Table:
    """The figures for a terminal."""
    shown = Table(
        title=f"medians of {figures.runs} runs", caption=f"{figures.speed}. {figures.provenance}", title_justify="left"
    )
    for heading in ("what", "measured", "figure", "asked for", ""):
        shown.add_column(heading)
    for line in lines(figures):
        shown.add_row(*line[:4], line.verdict)
    return shown


def document(figures: Figures, before: str) -> str:
    """The text of docs/benchmarks.md; of `before` only what is below the mark is kept."""
    _, mark, kept = before.partition(MARK)
    rows = [line.row for line in lines(figures)]
    return "\n".join(
        [
            "# Benchmarks",
            "",
            f"Written by `make bench` on {datetime.now(UTC):%Y-%m-%d}, medians of {figures.runs} runs, on {machine()}.",
            "Broker, database, consumer and load generator share that machine; the figures are ratios within one run.",
            f"{figures.speed}. {figures.provenance}",
            f"The consumer is the wheel as it is deployed, its core {'compiled' if compiler() else 'not compiled: there is no compiler'}.",
            "",
            "| what | measured | figure | asked for | reached |",
            "|---|---|---|---|---|",
            *rows,
            "",
            MARK + (kept if mark else "\n"),
        ]
    )


def replace_section(document: str, name: str, text: str) -> str:
    """The document with the section of another benchmark written again; ValueError where it has no such section."""
    head, begin, rest = document.partition(SECTION.format(name=name, text="\0").split("\0")[0])
    _, end, tail = rest.partition(SECTION.format(name=name, text="\0").split("\0")[1])
    if not (begin and end):
        raise ValueError(f"the document has no section of {name}")
    return head + SECTION.format(name=name, text=text) + tail


def machine() -> str:
    """The machine in words: cores, model, memory, system, Python."""
    model = platform.processor() or platform.machine()
    try:
        cpus = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        model = next(line.split(":")[1].strip() for line in cpus if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    memory = psutil.virtual_memory().total / 1024**3
    return (
        f"{os.cpu_count()} cores ({model}), {memory:.0f} GiB of memory, {platform.system()} "
        f"{platform.release().split('-')[0]}, Python {platform.python_version()}"
    )
