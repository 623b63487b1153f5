"""Where the time of a drain goes, of figures that are easy to calculate by hand; and each step alone does what the pipeline does."""

from itertools import islice
from pathlib import Path

import pytest

from consumer.event.decode import Decoder
from consumer.event.model import Partition, Record
from consumer.event.pipeline import Pipeline
from sandbox.bench import budget, steps
from sandbox.bench.alone import alone
from sandbox.bench.provenance import Provenance
from sandbox.bench.report import replace_section
from sandbox.bench.shapes import keys, large, smallest
from sandbox.bench.speed import Speed, python_ns
from schemas import all_schemas

BENCHMARKS = Path(__file__).parents[3] / "docs" / "benchmarks.md"
RECORDS = 1_000_000  # a second is a microsecond of each
EASY = budget.Spent(
    records=RECORDS, size=500 * RECORDS, postgres=8.0, broker=2.0,
    steps={
        steps.PROCESS: 21.0, steps.ITSELF: 1.0, steps.WRITER: 2.5, steps.ROWS: 2.0,
        steps.LOOP: 0.75, steps.CLIENT: 2.0, steps.RECORDS: 1.0, steps.INTAKE: 11.0,
        # Of half of the records.
        steps.POLLED: 800_000, steps.SAMPLED: 400_000, steps.NATIVE: 0.25,
        "pipeline": 4.0, "ignored": 0.125, "envelope": 0.625, "decode": 0.5, "diff": 0.25, "row": 2.0, "freeing": 0.25,
        "canonical": 0.5, "digest": 0.75, "staging": 1.0, "encoding": 0.75,
    },
)  # fmt: skip


def test_the_steps_add_up_to_the_consumer() -> None:
    """Those of the sample as often as there are records, and what is left of a whole as a line of its own."""
    micros = budget.micro(EASY)

    lines = list(micros)
    consumer = lines.index(budget.CONSUMER)
    assert micros[budget.CONSUMER] == 20.0
    assert sum(micros[line] for line in lines[:consumer]) == pytest.approx(20.0)
    assert (micros["envelope"], micros["digest"], micros["the rest of the row"]) == (1.25, 1.5, 1.5)
    assert micros["the client's threads: fetching, checksums"] == 20.0 - 14.75 - 2.5
    assert micros["key, choice of the audit type (a difference)"] == 8.0 - 7.5
    assert micros["batch, positions, first touch of the bytes (a difference)"] == 11.0 - 8.0 - 2.0 - 0.5
    assert micros["writer: other statements, COMMIT"] == 0.5
    assert micros[budget.TIMED] == 1 - 1.0 / 20.0
    assert (micros["PostgreSQL"], micros["broker"]) == (8.0, 2.0)


def test_the_section_has_a_column_for_each_shape() -> None:
    """A line for each step, behind those that say how many records of which size."""
    written = budget.section(
        budget.Budget(
            {"demo": EASY, "large": EASY._replace(size=RECORDS)}, Speed(25.0, 90_000.0), Provenance("abc1234", 0.0)
        )
    )
    rows = {
        first: rest for first, *rest in (line.strip("| ").split(" | ") for line in written.splitlines() if "|" in line)
    }

    assert rows["bytes a record"] == ["500", "1"]
    assert rows["consumer"] == ["20.0", "20.0"]
    assert rows[budget.TIMED] == ["95%", "95%"]
    assert "25 ns for an iteration" in written
    assert "90,000 rows/s" in written


def test_the_document_has_the_budget() -> None:
    """Measured, not left out: every step, of every shape."""
    text = BENCHMARKS.read_text("utf-8")
    written = text.partition("<!-- budget: written")[2].partition("<!-- budget: to here")[0]
    rows = {
        first: rest for first, *rest in (line.strip("| ").split(" | ") for line in written.splitlines() if "|" in line)
    }

    assert set(budget.micro(EASY)) <= rows.keys()
    assert rows["µs of processor time a record"] == list(budget.SHAPES)
    assert "replaced" in replace_section(text, "budget", "replaced")


def test_steps_alone_are_those_that_are_shown() -> None:
    """Each takes some time, of the records as they come from Kafka, and no step is timed that is not shown."""
    decoder = Decoder(all_schemas())
    partition = Partition("topic", "id", 0)
    records = [
        Record(partition, offset, 1_780_000_000_000, emission.key, emission.value, tuple(emission.headers))
        for offset, emission in enumerate(islice(smallest(), 50))
    ]

    timed = alone(records, Pipeline(decoder), decoder)

    assert all(seconds > 0 for seconds in timed.values())
    assert timed.keys() | EASY.steps.keys() == EASY.steps.keys()


def test_shapes_are_as_large_as_they_are_called() -> None:
    """Within a tenth, and the smallest are the smallest."""
    (fifty,), (text,) = list(islice(keys(50), 1)), list(islice(large(3_000), 1))
    small = [len(emission.value or b"") for emission in islice(smallest(), 100)]

    assert len(fifty.value or b"") == pytest.approx(3_300, rel=0.1)
    assert len(text.value or b"") == pytest.approx(3_150, rel=0.1)
    assert max(small) < 200


def test_the_interpreter_is_timed() -> None:
    """A loop's iteration takes nanoseconds, on any machine that there is."""
    assert 0.1 < python_ns() < 10_000
