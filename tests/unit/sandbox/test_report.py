"""What make bench writes of itself: whether a limit was reached, the machine's speed beside it, and nothing that a person wrote."""

from io import StringIO

import pytest
from rich.console import Console

from sandbox.bench.provenance import Provenance
from sandbox.bench.report import MARK, Figures, Measurement, document, lines, table
from sandbox.bench.speed import Speed

EASY = Figures(
    records=1_000_000, runs=3, drain_seconds={250_000: 2.5, 500_000: 5.0, 1_000_000: 10.0}, drain_spread=(9.0, 11.0),
    copy_seconds=5.0, drain_ratio=0.5, skip_seconds=2.0, bare_seconds=1.5, skip_ratio=0.75, peak_mib=200.0, batch_records=10_000,
    first_row_seconds=0.8, first_row_records=300, speed=Speed(python_ns=31.4, copy_rows=150_000.0), provenance=Provenance("abc1234", 0.25),
)  # fmt: skip
SPEED = "Python takes 31 ns for an iteration of a loop that adds integers, PostgreSQL 150,000 rows/s of raw COPY. Commit abc1234; the load of the machine was 0.2"


def test_speed_is_beside_the_table() -> None:
    """So that runs on different machines can be compared: on the terminal, and above the table of the document."""
    shown = StringIO()
    Console(file=shown, width=300).print(table(EASY))

    assert SPEED in shown.getvalue()
    assert SPEED in document(EASY, "").partition("| what |")[0]


def test_a_limit_is_compared_with_the_figure() -> None:
    """Half of raw COPY is too little, and four times the records in four times the time is right; a MiB is more than a MB."""
    drain, skip, growth, memory, start = lines(EASY)

    assert (drain.figure, drain.reached) == ("0.50 of raw COPY", False)
    assert (skip.figure, skip.reached) == ("0.75 of the bare loop", False)
    assert (growth.figure, growth.reached) == ("4.00 × for 4 × the records", True)
    assert (memory.figure, memory.reached) == ("200 MiB", False)
    assert (start.figure, start.reached) == ("0.80 s", True)


def test_what_a_person_wrote_is_kept() -> None:
    """Everything below the mark, and nothing above it."""
    written = document(EASY, f"# Benchmarks\n\nold\n{MARK}\n\n## By hand\n")

    assert written.endswith(f"{MARK}\n\n## By hand\n")
    assert "old" not in written


@pytest.mark.parametrize(("reached", "word"), [(True, "reached"), (False, "missed")])
def test_a_verdict_is_a_word_however_it_is_printed(reached: bool, word: str) -> None:
    """A console that does not interpret markup, as for peers' own words, shows no brackets."""
    console = Console(file=StringIO())
    with console.capture() as printed:
        console.print(Measurement("quantity", "measured", "figure", "asked", reached).verdict, markup=False)
    assert printed.get() == f"{word}\n"
