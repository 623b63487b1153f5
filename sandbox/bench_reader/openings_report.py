"""How the opening times are shown: lines among the targets, and a table in docs/benchmarks.md."""

from sandbox.bench.report import Measurement
from sandbox.bench_reader.openings import NEW, Opening, Openings

HEADINGS = ("page", "first byte p50 ms", "p99", "interactive p50 ms", "p99")


def opening_lines(opened: Openings | None) -> list[Measurement]:
    """Of the pages in a browser, beside a static file of the same bytes."""
    if opened is None:
        return []
    static = opened.static
    new = next(page for page in opened.pages if page.page == NEW)
    again = [page for page in opened.pages if page is not new]
    latest = max(opened.pages, key=lambda page: page.interactive_p99)
    interactive = latest.interactive_p99 / static.interactive_p99
    return [
        Measurement(
            "a page of 50, bytes without compression",
            "",
            f"{opened.size / 1000:.0f} kB",
            "≤ 60 kB",
            opened.size <= 60_000,
        ),
        _first_byte("the first, second and last page", max(again, key=lambda page: page.first_byte_p99), static),
        _first_byte("a page that no one has opened before", new, static),
        Measurement(
            "interactive in a browser, p99, beside the same",
            f"{latest.page}: {latest.interactive_p99:.0f} ms; static: {static.interactive_p99:.0f} ms",
            f"{interactive:.2f} ×",
            "≤ 1.5 ×",
            interactive <= 1.5,
        ),
    ]


def _first_byte(name: str, page: Opening, static: Opening) -> Measurement:
    ratio = page.first_byte_p99 / static.first_byte_p99
    return Measurement(
        f"first byte of {name} in a browser, p99, beside a static file of the same bytes",
        f"{page.page}: {page.first_byte_p99:.1f} ms; static: {static.first_byte_p99:.1f} ms",
        f"{ratio:.1f} ×",
        "≤ 3 ×",
        ratio <= 3,
    )


def openings_section(opened: Openings | None) -> list[str]:
    """The table as Markdown."""
    if opened is None:
        return []
    return [
        "",
        f"In a browser, {opened.samples} openings each, in an order by chance, with an empty cache; interactive: all scripts have run.",
        "",
        f"| {' | '.join(HEADINGS)} |",
        "|---|---:|---:|---:|---:|",
        *(f"| {' | '.join(_row(opening))} |" for opening in (opened.static, *opened.pages)),
    ]


def _row(opening: Opening) -> tuple[str, ...]:
    return (
        opening.page,
        f"{opening.first_byte_p50:.1f}",
        f"{opening.first_byte_p99:.1f}",
        f"{opening.interactive_p50:.0f}",
        f"{opening.interactive_p99:.0f}",
    )
