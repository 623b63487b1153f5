"""What `make bench-reader` says of its figures: each row says what it judges."""

import pytest

from sandbox.bench_reader.report import DuringLoads, Figures, FirstAnswer, Page, lines, section


def figures(whole: float, worst: FirstAnswer) -> Figures:
    """Of two lists, one of which is the whole."""
    return Figures(
        entries=3_000_000, samples=1, pages=tuple(Page(name, "first", 1, 1.0, 1.0, 1.0) for name in ("all", "worst")),
        builds={"all": 0.5, "worst": 0.5}, uncached={"all": FirstAnswer(whole, has_rows=True), "worst": worst},
        during_loads=DuringLoads(1.0, 1.0, 1), requests=1.0, bare_requests=1.0, opened=None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("whole", "worst", "reached"),
    [
        (0.018, FirstAnswer(0.499, has_rows=True), [True, True, True]),
        (0.101, FirstAnswer(0.3, has_rows=True), [False, True, True]),
        (0.018, FirstAnswer(0.587, has_rows=True), [True, False, True]),
        (0.018, FirstAnswer(0.587, has_rows=False), [True, False, True]),
        (0.018, FirstAnswer(0.3, has_rows=False), [True, False, True]),
        (0.018, FirstAnswer(0.601, has_rows=False), [True, False, False]),
    ],
)
def test_rows_before_a_total_are_judged_by_the_worst_list_too(
    whole: float, worst: FirstAnswer, reached: list[bool]
) -> None:
    """The rows of the whole list within 100 ms, those of each list within 500, and an answer, rows or none, within 600."""
    rows = lines(figures(whole, worst))[3:6]

    assert [row[3] for row in rows] == ["≤ 100 ms", "≤ 500 ms", "≤ 600 ms"]
    assert [row.reached for row in rows] == reached
    assert "slowest: worst" in rows[1][1]


def test_a_page_without_rows_is_not_called_one_with_rows() -> None:
    """In the row that judges rows, and in the table of all lists; nor is a list whose rows came slowly the worst beside it."""
    without = figures(0.7, FirstAnswer(0.55, has_rows=False))

    assert lines(without)[4].figure == "none after 550 ms"
    assert lines(without)[4].measured == "first page, slowest: worst; lists whose rows did not come: 1 of 2"
    assert lines(without)[5].figure == "700 ms"
    assert "| 0.50 | none after 550 ms |" in section(without)
