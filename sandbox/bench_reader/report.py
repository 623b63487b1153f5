"""How the reader's figures are shown: tables on the terminal, and a section of docs/benchmarks.md."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from rich.table import Table

from reader.query.timeouts import PAGE_SECONDS
from sandbox.bench.report import Measurement, machine
from sandbox.bench_reader.openings import Openings
from sandbox.bench_reader.openings_report import opening_lines, openings_section


@dataclass(frozen=True, slots=True)
class Page:
    """One page of one list; milliseconds. `naive` is OFFSET and count(*) on the same data."""

    selection: str
    depth: str
    total: int
    p50: float
    p99: float
    naive: float


class FirstAnswer(NamedTuple):
    """Seconds to a page of a list that no one had asked for yet, without its total; whether it had rows, or said that they are being read."""

    seconds: float
    has_rows: bool


@dataclass(frozen=True, slots=True)
class DuringLoads:
    """p99 of another workspace's first page in milliseconds, alone and while so many lists were read for the first time."""

    alone: float
    during: float
    lists: int


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured.

    `builds` and `uncached`, by selection: seconds to a first page with its total, and the answer before it, of a list that no one
    had asked for yet. Requests per second are ours and those of the bare endpoint. `opened` is None where there is no browser.
    """

    entries: int
    samples: int
    pages: tuple[Page, ...]
    builds: dict[str, float]
    uncached: dict[str, FirstAnswer]
    during_loads: DuringLoads
    requests: float
    bare_requests: float
    opened: Openings | None


def lines(figures: Figures) -> list[Measurement]:
    """What was asked for, and what came of it."""
    worst = max(figures.pages, key=lambda page: page.p99)
    first = next(page for page in figures.pages if page.depth == "first")
    slowest, seconds = max(figures.builds.items(), key=lambda build: build[1])
    millions = figures.entries / 3_000_000
    ratio = figures.requests / figures.bare_requests
    return [
        Measurement(
            "any page, warm",
            f"{worst.selection}, {worst.depth}: p99",
            f"{worst.p99:.1f} ms",
            "≤ 50 ms",
            worst.p99 <= 50,
        ),
        Measurement(
            "any page against the first",
            f"first page: p99 {first.p99:.1f} ms",
            f"{worst.p99 / first.p99:.1f} ×",
            "≤ 3 ×",
            worst.p99 <= 3 * first.p99,
        ),
        Measurement(
            "first page of a list that is not in memory, as after a restart",
            f"slowest: {slowest}; all: {figures.builds['all'] / millions:.2f} s",
            f"{seconds / millions:.2f} s per million",
            "< 1 s",
            seconds / millions < 1,
        ),
        Measurement(
            "rows of such a page of the whole list, before its total",
            "first page without a filter",
            _rows_after(figures.uncached["all"]),
            "≤ 100 ms",
            figures.uncached["all"].has_rows and figures.uncached["all"].seconds <= 0.1,
        ),
        *_of_the_worst_list(figures.uncached),
        Measurement(
            "another workspace's first page meanwhile",
            f"{figures.during_loads.lists} lists read for the first time, asked for by two threads; p99 alone {figures.during_loads.alone:.1f} ms",
            f"p99 {figures.during_loads.during:.1f} ms",
            "≤ 50 ms",
            figures.during_loads.during <= 50,
        ),
        Measurement(
            "requests a second, 32 connections",
            f"{figures.requests:.0f}/s for 50 entries and the total; bare endpoint, one row: {figures.bare_requests:.0f}/s",
            f"{ratio:.2f} of the bare endpoint",
            "≥ 0.4",
            ratio >= 0.4,
        ),
        *opening_lines(figures.opened),
    ]


def _of_the_worst_list(uncached: Mapping[str, FirstAnswer]) -> list[Measurement]:
    """Its rows, and its answer whatever that is: a page without rows is not one whose rows came in time."""
    slowest = max(uncached, key=lambda name: (not uncached[name].has_rows, uncached[name].seconds))
    last = max(uncached, key=lambda name: uncached[name].seconds)
    without = sum(not answer.has_rows for answer in uncached.values())
    return [
        Measurement(
            "rows of such a page of the worst list, before its total",
            f"first page, slowest: {slowest}; lists whose rows did not come: {without} of {len(uncached)}",
            _rows_after(uncached[slowest]),
            f"≤ {PAGE_SECONDS * 1000:.0f} ms",
            not without and uncached[slowest].seconds <= PAGE_SECONDS,
        ),
        Measurement(
            "the answer of such a page of the worst list: its rows, or that they are being read",
            f"first page, slowest: {last}; PostgreSQL has {PAGE_SECONDS * 1000:.0f} ms for its rows",
            f"{uncached[last].seconds * 1000:.0f} ms",
            f"≤ {PAGE_SECONDS * 1200:.0f} ms",
            uncached[last].seconds <= PAGE_SECONDS * 1.2,
        ),
    ]


def _rows_after(answer: FirstAnswer) -> str:
    milliseconds = f"{answer.seconds * 1000:.0f} ms"
    return milliseconds if answer.has_rows else f"none after {milliseconds}"


def tables(figures: Figures) -> tuple[Table, Table]:
    """The figures for a terminal."""
    targets = Table(title="targets", title_justify="left")
    for heading in ("what", "measured", "figure", "asked for", ""):
        targets.add_column(heading)
    for line in lines(figures):
        targets.add_row(*line[:4], line.verdict)
    pages = Table(title=f"pages, {figures.samples} requests each", title_justify="left")
    for heading in HEADINGS:
        pages.add_column(heading, justify="left" if heading in HEADINGS[:2] else "right")
    for row in _rows(figures):
        pages.add_row(*row)
    return targets, pages


def section(figures: Figures) -> str:
    """The figures as Markdown."""
    asked = [line.row for line in lines(figures)]
    pages = [f"| {' | '.join(row)} |" for row in _rows(figures)]
    return "\n".join(
        [
            f"Written by `make bench-reader` on {datetime.now(UTC):%Y-%m-%d}, on {machine()}. {figures.entries:,} entries, a third",
            f"of them in the workspace that is read, {figures.samples} requests for each page, all pages in turn, 100 entries a second arriving all the time.",
            "",
            "| what | measured | figure | asked for | reached |",
            "|---|---|---|---|---|",
            *asked,
            "",
            f"| {' | '.join(HEADINGS)} |",
            "|---|---|---:|---:|---:|---:|---:|---:|",
            *pages,
            *openings_section(figures.opened),
        ]
    )


HEADINGS = (
    "list", "page", "entries", "p50 ms", "p99 ms", "OFFSET and count(*) ms", "not in memory s", "its rows",
)  # fmt: skip


def _rows(figures: Figures) -> list[tuple[str, ...]]:
    return [
        (
            page.selection,
            page.depth,
            f"{page.total:,}",
            f"{page.p50:.1f}",
            f"{page.p99:.1f}",
            f"{page.naive:.0f}",
            f"{figures.builds[page.selection]:.2f}" if page.depth == "first" else "",
            _rows_after(figures.uncached[page.selection]) if page.depth == "first" else "",
        )
        for page in figures.pages
    ]
