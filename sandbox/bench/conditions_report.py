"""The tables of `make bench ARGS=--conditions`, for a terminal and for docs/benchmarks.md."""

from collections.abc import Mapping
from datetime import UTC, datetime

from rich.table import Table

from sandbox.bench.conditions import DEMO, OUTCOMES, Conditions, Drained
from sandbox.bench.report import machine
from sandbox.bench.shown import Shown
from sandbox.bench.waits import shares


def tables(conditions: Conditions) -> list[Table]:
    """For a terminal."""
    return [shown.terminal() for shown in _all(conditions)]


def section(conditions: Conditions) -> str:
    """For the document."""
    lines = [
        f"Written by `make bench ARGS=--conditions` on {datetime.now(UTC):%Y-%m-%d}, medians of {conditions.runs} runs,",
        f"on {machine()}.",
        f"{conditions.speed}. {conditions.provenance}",
    ]
    for shown in _all(conditions):
        lines += ["", *shown.markdown()]
    return "\n".join(lines)


def _all(conditions: Conditions) -> list[Shown]:
    return [_consumers(conditions.consumers), _shapes(conditions.shapes)]


def _consumers(drains: Mapping[int, Drained]) -> Shown:
    alone = drains[1]
    heading = (
        "consumers of one group",
        "records",
        "seconds",
        "records/s",
        "processor of the consumers, µs a record",
        "of one consumer's",
        "of PostgreSQL, µs a record",
        "of one consumer's",
        "PostgreSQL's sessions wait for",
    )
    rows = [
        (
            str(count),
            f"{drain.records:,}",
            f"{drain.seconds:.1f}",
            f"{drain.records / drain.seconds:,.0f}",
            f"{_a_record(drain, drain.processor):.1f}",
            f"{drain.processor / alone.processor:.2f}",
            f"{_a_record(drain, drain.database):.1f}",
            f"{drain.database / alone.database:.2f}",
            ", ".join(f"{name} {share:.1%}" for name, share in shares(drain.waits).items()) or "nothing",
        )
        for count, drain in drains.items()
    ]
    return Shown(heading, rows)


def _shapes(drains: Mapping[str, Drained]) -> Shown:
    usual = _a_record(drains[DEMO], drains[DEMO].seconds)
    heading = (
        "traffic",
        "records",
        "bytes each",
        "µs a record",
        "of the demo's",
        "of what its bytes explain",
        "processor of the consumer, µs a record",
        "of PostgreSQL, µs a record",
        "outcomes",
    )
    rows = [
        (
            name,
            f"{drain.records:,}",
            f"{drain.size / drain.records:,.0f}",
            f"{_a_record(drain, drain.seconds):.1f}",
            f"{_a_record(drain, drain.seconds) / usual:.2f}",
            f"{drain.seconds / _explained(drain, drains[DEMO]):.2f}",
            f"{_a_record(drain, drain.processor):.1f}",
            f"{_a_record(drain, drain.database):.1f}",
            _outcomes(drain),
        )
        for name, drain in drains.items()
    ]
    return Shown(heading, rows)


def _explained(drained: Drained, usual: Drained) -> float:
    """Seconds of so many records of the demo's, or of so many bytes of them, whichever are more."""
    return usual.seconds * max(drained.records / usual.records, drained.size / usual.size)


def _a_record(drained: Drained, seconds: float) -> float:
    return seconds * 1e6 / drained.records


def _outcomes(drained: Drained) -> str:
    counts = {name: drained.outcomes[name] for name in OUTCOMES}
    return ", ".join(f"{name} {count / drained.records:.1%}" for name, count in counts.items() if count)
