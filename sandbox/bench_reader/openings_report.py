"""How the opening times are shown: lines among the targets, and a table in docs/benchmarks.md."""

from sandbox.bench.report import Line
from sandbox.bench_reader.openings import Opening, Openings

HEADINGS = ("page", "first byte p50 ms", "p99", "interactive p50 ms", "p99")


def opening_lines(opened: Openings | None) -> list[Line]:
    """Of the pages in a browser, beside a static file of the same bytes."""
    if opened is None:
        return []
    static = opened.static
    slowest = max(opened.pages, key=lambda page: page.first_byte_p99)
    latest = max(opened.pages, key=lambda page: page.interactive_p99)
    first_byte = slowest.first_byte_p99 / static.first_byte_p99
    interactive = latest.interactive_p99 / static.interactive_p99
    return [
        Line(
            "a page of 50, bytes without compression",
            "",
            f"{opened.size / 1000:.0f} kB",
            "≤ 60 kB",
            opened.size <= 60_000,
        ),
        Line(
            "first byte in a browser, p99, beside a static file of the same bytes",
            f"{slowest.page} page: {slowest.first_byte_p99:.1f} ms; static: {static.first_byte_p99:.1f} ms",
            f"{first_byte:.1f} ×",
            "≤ 3 ×",
            first_byte <= 3,
        ),
        Line(
            "interactive in a browser, p99, beside the same",
            f"{latest.page} page: {latest.interactive_p99:.0f} ms; static: {static.interactive_p99:.0f} ms",
            f"{interactive:.2f} ×",
            "≤ 1.5 ×",
            interactive <= 1.5,
        ),
    ]


def openings_section(opened: Openings | None) -> list[str]:
    """The table as Markdown."""
    if opened is None:
        return []
    return [
        "",
        f"In a browser, {opened.samples} openings each, all in turn, with an empty cache; interactive: all scripts have run.",
        "",
        f"| {' | '.join(HEADINGS)} |",
        "|---|---:|---:|---:|---:|",
        *(f"| {' | '.join(_row(each))} |" for each in (opened.static, *opened.pages)),
    ]


def _row(opening: Opening) -> tuple[str, ...]:
    return (
        opening.page,
        f"{opening.first_byte_p50:.1f}",
        f"{opening.first_byte_p99:.1f}",
        f"{opening.interactive_p50:.0f}",
        f"{opening.interactive_p99:.0f}",
    )
