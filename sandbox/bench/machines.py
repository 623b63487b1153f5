"""python -m sandbox.bench.machines: the drain by the distance between consumer and database, on machines of a network of our own.

Kafka, PostgreSQL and the consumer are each in a network namespace; the database's line is made longer. All drains are of the
same records in turn in one run, at 0 ms through the same router. Written to docs/benchmarks.md as ratios to 0 ms.
"""

import argparse
import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import NamedTuple

from sandbox.bench.distance import round_trip
from sandbox.bench.drain import POSTGRES, Consumers
from sandbox.bench.load import Load
from sandbox.bench.report import machine, replace_section
from sandbox.bench.shown import TEXT, Shown
from sandbox.services import wheel
from sandbox.services.kafka import LocalKafka
from sandbox.services.network import Network
from sandbox.services.postgres import PostgresServer
from sandbox.services.temporary_folder import TemporaryFolder

DOCUMENT = Path("docs/benchmarks.md")
ONE_WAY_MS = (0, 1, 10)
NOISE = 0.25  # as make bench's drain
HEADING = (
    "one way",
    "round trip of a statement",
    "drain",
    "records/s, of 0 ms",
    "records a transaction",
    "processor of the consumer, of 0 ms",
)


class Drained(NamedTuple):
    """One drain: milliseconds of a round trip, seconds, records of a batch, seconds of the consumer's processor."""

    round_trip: float
    seconds: float
    batch: float
    processor: float


def drained(network: Network, consumers: Consumers, load: Load, records: int, ms: int) -> Drained:
    """What `load` takes to a new database that is so far away; its setting up is not."""
    url, from_there = consumers.database(), network.machines["consumer"]
    network.line("database", delay=ms / 1000)
    try:
        with from_there.entered():
            trip = round_trip(url)
            measured = consumers.drain(load, url)
    finally:
        network.line("database")
    assert (measured.code, measured.records) == (0, records), measured[:3]
    return Drained(trip, measured.seconds, records / measured.batches, measured.processor_seconds)


def section(rounds: Sequence[Mapping[int, Drained]], records: int, busy: float) -> str:
    """The table for docs/benchmarks.md, medians of all rounds; ratios are of one round."""
    rows = []
    for ms in ONE_WAY_MS:
        of = [each[ms] for each in rounds]
        rate = median(each[0].seconds / each[ms].seconds for each in rounds)
        processor = median(each[ms].processor / each[0].processor for each in rounds)
        rows.append((
            f"{ms} ms",
            f"{median(one.round_trip for one in of):.2f} ms",
            f"{median(one.seconds for one in of):.1f} s ({min(one.seconds for one in of):.1f}–{max(one.seconds for one in of):.1f})",
            f"{rate:.2f}",
            f"{median(one.batch for one in of):,.0f}",
            f"{processor:.2f}",
        ))  # fmt: skip
    return "\n".join((
        (f"Written by `python -m sandbox.bench.machines` on {datetime.now(UTC):%Y-%m-%d}, medians of {len(rounds)} rounds in turn, on "
         f"{machine()}: {records:,} records of the demo's traffic, three partitions of each topic, one deployed consumer. The load of the "
         f"machine was {busy:.1f} before it began, where 0 is nothing beside it."), "",
        *Shown(HEADING, rows, others=TEXT).markdown(),
    ))  # fmt: skip


def main() -> None:
    """Measures, prints, writes."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.bench.machines", description=__doc__)
    parser.add_argument("--records", type=int, default=500_000, help="default: 500,000")
    parser.add_argument("--rounds", type=int, default=3, help="how often each distance is measured (default: 3)")
    parser.add_argument("--no-document", action="store_true", help="print only, leave the document as it is")
    arguments = parser.parse_args()
    busy = os.getloadavg()[0]
    with TemporaryFolder("wheel") as folder, Network(["broker", "database", "consumer"]) as network:
        on = network.machines
        programs = wheel.unpack(folder.path / "programs")
        with PostgresServer(settings=POSTGRES, on=on["database"]) as postgres, LocalKafka(
            jit=True, on=on["broker"]
        ) as kafka:  # fmt: skip
            load = Load(kafka.bootstrap, "apart")
            load.fill(arguments.records, NOISE, seed=7, tick=lambda: None)
            consumers = Consumers(postgres, programs)
            rounds = [
                {ms: drained(network, consumers, load, arguments.records, ms) for ms in ONE_WAY_MS}
                for _ in range(arguments.rounds)
            ]
    text = section(rounds, arguments.records, busy)
    print(text)
    if not arguments.no_document:
        DOCUMENT.write_text(replace_section(DOCUMENT.read_text(), "machines", text))


if __name__ == "__main__":
    main()
