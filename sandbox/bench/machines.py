"""The drain by the distance between consumer and database, on machines of a network of our own.

Kafka, PostgreSQL and the consumer are each in a network namespace; the database's line is made longer. All drains are of the
same records in turn in one run, at 0 ms through the same router. Shown as ratios to 0 ms.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from statistics import median
from typing import NamedTuple

import psycopg

from sandbox.bench.baselines import raw_copy
from sandbox.bench.drain import POSTGRES, Consumers
from sandbox.bench.load import Load
from sandbox.bench.provenance import Provenance, provenance
from sandbox.bench.report import machine
from sandbox.bench.shown import TEXT, Shown
from sandbox.bench.speed import Speed, speed
from sandbox.services import wheel
from sandbox.services.kafka import LocalKafka
from sandbox.services.network import Network
from sandbox.services.network_line import LineQuality
from sandbox.services.postgres import PostgresServer
from sandbox.services.temporary_folder import TemporaryFolder

ONE_WAY_MS = (0, 1, 10)
NOISE = 0.25  # as make bench's drain
ROUND_TRIPS = 50
HEADING = (
    "one way",
    "round trip of a statement",
    "drain",
    "records/s, of 0 ms",
    "records a transaction",
    "processor of the consumer, of 0 ms",
)


class MachineDrain(NamedTuple):
    """One drain: milliseconds of a round trip, seconds, records of a batch, seconds of the consumer's processor."""

    round_trip: float
    seconds: float
    batch: float
    processor: float


class Distances(NamedTuple):
    """What was drained in each round, by milliseconds one way; on what, and how fast that is."""

    rounds: Sequence[Mapping[int, MachineDrain]]
    records: int
    speed: Speed
    provenance: Provenance


def measure(records: int, runs: int, say: Callable[[str], None]) -> Distances:
    """Publishes `records` once, and drains them over each distance, `runs` times, each time into a new database."""
    began = provenance()
    with TemporaryFolder("wheel") as folder, Network(["broker", "database", "consumer"]) as network:
        on = network.machines
        programs = wheel.unpack(folder.path / "programs")
        with (
            PostgresServer(settings=POSTGRES, on=on["database"]) as postgres,
            LocalKafka(jit=True, on=on["broker"]) as kafka,
        ):
            load = Load(kafka.bootstrap, "apart")
            load.fill(records, NOISE, seed=7, tick=lambda: None)
            consumers = Consumers(postgres, programs)
            rounds = []
            for _ in range(runs):
                rounds.append({ms: _drained(network, consumers, load, ms) for ms in ONE_WAY_MS})
                say(", ".join(f"{ms} ms one way: {drain.seconds:.1f} s" for ms, drain in rounds[-1].items()))
            copied = speed(raw_copy(consumers.last))
    return Distances(rounds, records, copied, began)


def shown(distances: Distances) -> Shown:
    """The table, medians of all rounds; ratios are of one round."""
    rows = []
    for ms in ONE_WAY_MS:
        drains = [drained[ms] for drained in distances.rounds]
        seconds = [drain.seconds for drain in drains]
        rate = median(drained[0].seconds / drained[ms].seconds for drained in distances.rounds)
        processor = median(drained[ms].processor / drained[0].processor for drained in distances.rounds)
        rows.append((
            f"{ms} ms",
            f"{median(drain.round_trip for drain in drains):.2f} ms",
            f"{median(seconds):.1f} s ({min(seconds):.1f}–{max(seconds):.1f})",
            f"{rate:.2f}",
            f"{median(drain.batch for drain in drains):,.0f}",
            f"{processor:.2f}",
        ))  # fmt: skip
    return Shown(HEADING, rows, others=TEXT)


def section(distances: Distances) -> str:
    """For the document."""
    return "\n".join((
        (f"Written by `make bench ARGS=--distance` on {datetime.now(UTC):%Y-%m-%d}, medians of {len(distances.rounds)} rounds in turn, on "
         f"{machine()}: {distances.records:,} records of the demo's traffic, three partitions of each topic, one deployed consumer."),
        f"{distances.speed}. {distances.provenance}", "",
        *shown(distances).markdown(),
    ))  # fmt: skip


def _drained(network: Network, consumers: Consumers, load: Load, ms: int) -> MachineDrain:
    """What `load` takes to a new database that is so far away; its setting up is not."""
    url, from_there = consumers.database(), network.machines["consumer"]
    network.line("database", quality=LineQuality(delay=ms / 1000))
    try:
        with from_there.entered():
            trip = _round_trip(url)
            measured = consumers.drain(load, url)
    finally:
        network.line("database")
    assert (measured.code, measured.records) == (0, load.records), measured[:3]
    return MachineDrain(trip, measured.seconds, load.records / measured.batches, measured.processor_seconds)


def _round_trip(url: str) -> float:
    """Milliseconds of the smallest statement, the median of all."""
    times = []
    with psycopg.connect(url, autocommit=True) as connection:
        for _ in range(ROUND_TRIPS):
            began = time.perf_counter()
            connection.execute("SELECT 1")
            times.append(time.perf_counter() - began)
    return median(times) * 1000
