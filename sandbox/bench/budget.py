"""Where the processor time of a drain goes, step by step, in µs a record: its table, and its section of docs/benchmarks.md."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from rich.table import Table

from sandbox.bench import steps
from sandbox.bench.baselines import raw_copy
from sandbox.bench.drain import Consumers
from sandbox.bench.load import traffic
from sandbox.bench.processor import processor_seconds
from sandbox.bench.provenance import Provenance, provenance
from sandbox.bench.report import machine
from sandbox.bench.shapes import SEED, Shape, demo, keys, large, smallest
from sandbox.bench.shown import Shown
from sandbox.bench.speed import Speed, speed
from sandbox.services.kafka import LocalKafka
from sandbox.services.postgres import PostgresServer
from sandbox.traffic.generator import Mix

SHAPES: Mapping[str, Shape] = {
    "demo": Shape(demo),
    "demo, nothing ignored": Shape(lambda: traffic(Mix(noise=0.0), SEED)),
    "smallest": Shape(smallest),
    "one text, 3 kB": Shape(lambda: large(3_000), share=0.2),
    "one text, 30 kB": Shape(lambda: large(30_000), share=0.03),
    "50 keys, 3 kB": Shape(lambda: keys(50), share=0.2),
    "500 keys, 30 kB": Shape(lambda: keys(500), share=0.03),
}
CONSUMER, TIMED = "consumer", "of it timed, not a difference"


class Spent(NamedTuple):
    """One drain: its records and their bytes, the seconds of the consumer's steps (`Steps`), and those of the servers."""

    records: int
    size: int
    steps: Mapping[str, float]
    postgres: float
    broker: float


class Budget(NamedTuple):
    """What was spent on each shape, of which commit, and how fast the machine was."""

    spent: Mapping[str, Spent]
    speed: Speed
    provenance: Provenance


def measure(
    kafka: LocalKafka, postgres: PostgresServer, consumers: Consumers, records: int, say: Callable[[str], None]
) -> Budget:
    """Drains so many records of each shape once, of large ones a part, each time into a new database."""
    spent, began, fast = {}, provenance(), None
    for number, (name, shape) in enumerate(SHAPES.items()):
        load = shape.load(kafka.bootstrap, f"budget{number}", records)
        url = consumers.database()
        before = processor_seconds(postgres.pid), processor_seconds(kafka.pid)
        drained = consumers.step_by_step(load, url)
        assert (drained.code, drained.records) == (0, load.records), drained[:3]
        database, broker = processor_seconds(postgres.pid) - before[0], processor_seconds(kafka.pid) - before[1]
        spent[name] = Spent(load.records, load.size, drained.steps, database, broker)
        say(f"{name}: {load.records:,} records in {drained.seconds:.1f} s")
        fast = fast or speed(raw_copy(url))
    assert fast is not None
    return Budget(spent, fast, began)


def micro(spent: Spent) -> dict[str, float]:
    """Microseconds of processor time a record, by step; those of the consumer add up to CONSUMER, of which TIMED is a share.

    Lines that are a difference are what is left of a function that was timed as a whole. So are the client's threads, but
    nothing else runs in them.
    """
    micros_a_second = 1e6 / spent.records
    whole = {name: seconds * micros_a_second for name, seconds in spent.steps.items()}
    sampled = spent.steps[steps.POLLED] / spent.steps[steps.SAMPLED]
    per_record = {name: micros * sampled for name, micros in whole.items()}
    loop = sum(whole[step] for step in (steps.LOOP, steps.CLIENT, steps.RECORDS, steps.INTAKE))
    consumer = whole[steps.PROCESS] - whole[steps.ITSELF]
    parts = sum(per_record[part] for part in ("ignored", "envelope", "decode", "diff", "row", "freeing"))
    choice, accounting = (
        per_record["pipeline"] - parts,
        whole[steps.INTAKE] - per_record[steps.NATIVE] - per_record["pipeline"] - per_record["staging"],
    )
    return {
        "the client's threads: fetching, checksums": consumer - loop - whole[steps.WRITER],
        "poll: messages made, and freed": whole[steps.CLIENT],
        "messages to records, with headers": whole[steps.RECORDS],
        "rows in one pass of C": per_record[steps.NATIVE],
        "what C leaves: ignored type looked for": per_record["ignored"],
        "envelope": per_record["envelope"],
        "decode": per_record["decode"],
        "diff": per_record["diff"],
        "canonical text": per_record["canonical"],
        "digest": per_record["digest"],
        "the rest of the row": per_record["row"] - per_record["canonical"] - per_record["digest"],
        "data and changes freed": per_record["freeing"],
        "key, choice of the audit type (a difference)": choice,
        "row encoded for COPY": per_record["encoding"],
        "raw record packed": per_record["staging"] - per_record["encoding"],
        "batch, positions, first touch of the bytes (a difference)": accounting,
        "rounds of the loop, batches freed": whole[steps.LOOP],
        "writer: COPY and INSERT": whole[steps.ROWS],
        "writer: other statements, COMMIT": whole[steps.WRITER] - whole[steps.ROWS],
        CONSUMER: consumer,
        TIMED: 1 - (abs(choice) + abs(accounting)) / consumer,
        "PostgreSQL": spent.postgres * micros_a_second,
        "broker": spent.broker * micros_a_second,
    }


def table(budget: Budget) -> Table:
    """For a terminal."""
    return _shown(budget).terminal(str(budget.speed))


def section(budget: Budget) -> str:
    """For the document."""
    return "\n".join(
        [
            f"Written by `make bench ARGS=--budget` on {datetime.now(UTC):%Y-%m-%d}, on {machine()}; each shape drained once.",
            f"{budget.speed}. {budget.provenance}",
            "",
            *_shown(budget).markdown(),
        ]
    )


def _shown(budget: Budget) -> Shown:
    heading, *rows = _lines(budget)
    return Shown(heading, rows)


def _lines(budget: Budget) -> list[tuple[str, ...]]:
    columns = {name: micro(spent) for name, spent in budget.spent.items()}
    first = next(iter(columns.values()))
    return [
        ("µs of processor time a record", *columns),
        ("records", *(f"{spent.records:,}" for spent in budget.spent.values())),
        ("bytes a record", *(f"{spent.size / spent.records:,.0f}" for spent in budget.spent.values())),
        *(
            (step, *(f"{column[step]:.0%}" if step == TIMED else f"{column[step]:.1f}" for column in columns.values()))
            for step in first
        ),
    ]
