"""Drains under other conditions: more consumers, traffic of other shapes, a table that is large already."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import NamedTuple, TypeVar

import psycopg

import schemas
from consumer.kafka.admin import Cluster
from consumer.operator.recovery import rewind
from runtime import postgres
from sandbox.bench.baselines import raw_copy
from sandbox.bench.drain import NOTHING_MORE, Consumers
from sandbox.bench.load import Load
from sandbox.bench.processor import processor_seconds
from sandbox.bench.provenance import Provenance, provenance
from sandbox.bench.shapes import Shape, demo, shapes
from sandbox.bench.speed import Speed, speed
from sandbox.bench.speed import medians as medians_of_speed
from sandbox.bench.waits import Wait, Waits
from sandbox.services.kafka import LocalKafka
from sandbox.services.postgres import PostgresServer
from sandbox.services.registry import SchemaRegistry

# All consumers of a group are there before the first partition is assigned (decision 113). The delay is Kafka's default.
BROKER = {"group.initial.rebalance.delay.ms": "3000"}
TOGETHER = {"KAFKA_CONFIG_GROUP_PROTOCOL": "classic"}
CONSUMERS = (1, 2, 4)
DEMO, DUPLICATES = "the demo's traffic", "the same, read again: all duplicates"
OUTCOMES = ("recorded", "duplicate", "conflict", "ignored", "parked")
ACCOUNTING = """
WITH entry AS (SELECT event_source, event_id FROM audit_event WHERE kafka_topic = ANY(%(topics)s))

SELECT sum(recorded), sum(duplicate), sum(conflict), sum(ignored), sum(parked), sum(next_offset - undelivered),
    (SELECT count(*) FROM entry), (SELECT count(*) FROM (SELECT DISTINCT event_source, event_id FROM entry) AS identity)
FROM partition_progress
"""
Key = TypeVar("Key")


class Drained(NamedTuple):
    """A drain: records, their bytes, seconds from the first record polled to the last commit, and those of a processor.

    `processor` is that of all consumers together, `database` that of PostgreSQL with the consumers' start. `outcomes` counts
    records, `waits` are samples of PostgreSQL's sessions.
    """

    records: int
    size: int
    seconds: float
    processor: float
    database: float
    outcomes: Mapping[str, int]
    waits: Counter[Wait]


class Conditions(NamedTuple):
    """What was drained, the medians of so many runs; by the number of consumers, and by shape; on what, and how fast that is."""

    runs: int
    consumers: Mapping[int, Drained]
    shapes: Mapping[str, Drained]
    speed: Speed
    provenance: Provenance


class Bench:
    """Publishes everything once, and drains it as often as asked for, each time into a new database."""

    def __init__(
        self, kafka: LocalKafka, postgres: PostgresServer, consumers: Consumers, say: Callable[[str], None]
    ) -> None:
        self._kafka, self._postgres, self._consumers, self._say = kafka, postgres, consumers, say
        self._speeds: list[Speed] = []

    def measure(self, records: int, runs: int, millions: Sequence[int]) -> Conditions:
        """Everything in turn, `runs` times; after that, as often, with so many millions of entries in the table already."""
        began = provenance()
        with SchemaRegistry() as registry:
            ids = {
                file.ce_type: registry.register(f"{file.ce_type}-value", file.text) for file in schemas.all_schemas()
            }
            loads = {
                name: shape.load(self._kafka.bootstrap, f"shape{number}", records)
                for number, (name, shape) in enumerate({DEMO: Shape(demo), **shapes(ids)}.items())
            }
            environ = {"SCHEMA_REGISTRY_URL": registry.url}
            rounds = [self._round(loads, environ) for _ in range(runs)]
        consumers, shaped = zip(*rounds, strict=True)
        large: dict[str, Drained] = {}
        for million in millions:
            large |= medians([self._into_large(loads[DEMO], million) for _ in range(runs)])
        return Conditions(runs, medians(consumers), medians(shaped) | large, medians_of_speed(self._speeds), began)

    def _round(
        self, loads: Mapping[str, Load], environ: Mapping[str, str]
    ) -> tuple[dict[int, Drained], dict[str, Drained]]:
        demos = loads[DEMO]
        consumers = {
            count: self._drained(f"consumers: {count}", demos, count=count, environ=TOGETHER) for count in CONSUMERS
        }
        shaped = {DEMO: self._drained(DEMO, demos), DUPLICATES: self._again(demos)}
        self._speeds.append(speed(raw_copy(self._consumers.last)))
        shaped |= {name: self._drained(name, load, environ=environ) for name, load in loads.items() if name != DEMO}
        return consumers, shaped

    def _into_large(self, load: Load, million: int) -> dict[str, Drained]:
        name = f"into a table of {million} M entries"
        return {name: self._drained(name, load, entries=million * 1_000_000)}

    def _drained(
        self, name: str, load: Load, *, count: int = 1, environ: Mapping[str, str] = NOTHING_MORE, entries: int = 0
    ) -> Drained:
        url = self._consumers.database(entries)
        return self._drain(name, load, url, count, environ)

    def _again(self, load: Load) -> Drained:
        """Into the database of the drain before, in which every partition is set back to its beginning."""
        url = self._consumers.last
        before = _accounting(url, load)
        cluster = Cluster({"bootstrap.servers": load.bootstrap})
        bounds = cluster.bounds(cluster.partitions(load.topics))
        with postgres.connect(url, "audit_operator", "benchmark") as connection:
            for partition in (candidate for candidate in bounds if bounds[candidate].high):
                rewind(connection, partition, bounds[partition], 0, "benchmark: duplicates")
        drained = self._drain(DUPLICATES, load, url)
        return drained._replace(outcomes={name: drained.outcomes[name] - before[name] for name in OUTCOMES})

    def _drain(
        self, name: str, load: Load, url: str, count: int = 1, environ: Mapping[str, str] = NOTHING_MORE
    ) -> Drained:
        """By so many consumers; what they say, and what the database says, must be what was published."""
        database = processor_seconds(self._postgres.pid)
        with Waits(url) as waits:
            measured = self._consumers.together(load, url, count, environ)
        database = processor_seconds(self._postgres.pid) - database
        outcomes = _accounting(url, load)
        assert not any(consumer.code for consumer in measured), [consumer[:3] for consumer in measured]
        assert (sum(consumer.records for consumer in measured), outcomes["read"]) == (load.records, load.records), (
            outcomes
        )
        assert outcomes["recorded"] == outcomes["rows"] == outcomes["identities"], outcomes
        assert all(consumer.records for consumer in measured), (
            "a consumer took no part: it joined late, or there were too few records"
        )
        seconds = max(consumer.ended for consumer in measured) - min(consumer.began for consumer in measured)
        self._say(f"{name}: {load.records:,} records in {seconds:.1f} s")
        processor = sum(consumer.processor_seconds for consumer in measured)
        return Drained(load.records, load.size, seconds, processor, database, outcomes, waits.counts)


def medians(rounds: Sequence[Mapping[Key, Drained]]) -> dict[Key, Drained]:
    """By the same keys: seconds and processor seconds are medians, waits sums, the rest is the same in each round."""
    return {
        key: first._replace(
            seconds=median(drains[key].seconds for drains in rounds),
            processor=median(drains[key].processor for drains in rounds),
            database=median(drains[key].database for drains in rounds),
            waits=sum((drains[key].waits for drains in rounds), Counter()),
        )
        for key, first in rounds[0].items()
    }


def _accounting(url: str, load: Load) -> dict[str, int]:
    with psycopg.connect(url) as connection:
        row = connection.execute(ACCOUNTING.encode(), {"topics": list(load.topics)}).fetchone()
    assert row is not None
    return dict(zip((*OUTCOMES, "read", "rows", "identities"), map(int, row), strict=True))
