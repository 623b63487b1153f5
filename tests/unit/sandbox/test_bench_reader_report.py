"""What `make bench-reader` says of its figures: each row says what it judges."""

import pytest

from sandbox.bench_reader.report import DuringLoads, Figures, Page, lines


@pytest.mark.parametrize(
    ("whole", "worst", "reached"),
    [(0.018, 0.587, (True, True)), (0.101, 0.3, (False, True)), (0.018, 0.601, (True, False))],
)
def test_rows_before_a_total_are_judged_by_the_worst_list_too(
    whole: float, worst: float, reached: tuple[bool, bool]
) -> None:
    """The whole list within 100 ms; the slowest within what PostgreSQL has for its rows, and a tenth of a second to say so."""
    figures = Figures(
        entries=3_000_000, samples=1, pages=(Page("all", "first", 1, 1.0, 1.0, 1.0),), builds={"all": 0.5},
        uncached={"all": whole, "one actor in one month": worst}, during_loads=DuringLoads(1.0, 1.0, 1), requests=1.0, bare_requests=1.0,
        opened=None,
    )  # fmt: skip

    rows = [line for line in lines(figures) if "before its total" in line[0]]

    assert [(row[3], row.reached) for row in rows] == [("≤ 100 ms", reached[0]), ("≤ 600 ms", reached[1])]
    assert "whole list" in rows[0][0]
    assert "one actor in one month" in rows[1][1]
