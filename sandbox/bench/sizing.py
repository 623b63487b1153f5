"""What an entry takes of the disk, of a standby's line and of each program's processor, and what a rate of entries comes to.

Bytes are the same on any machine. Processor time is counted, not the drain's duration; still it may double on a busy machine.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NamedTuple

import psycopg
from rich.table import Table

from sandbox.bench.baselines import raw_copy
from sandbox.bench.drain import Consumers
from sandbox.bench.load import NOISE, Load
from sandbox.bench.processor import processor_seconds
from sandbox.bench.provenance import Provenance, provenance
from sandbox.bench.report import machine
from sandbox.bench.shown import TEXT, Shown
from sandbox.bench.speed import Speed, speed
from sandbox.services.kafka import LocalKafka
from sandbox.services.postgres import PostgresServer

RATES = (1, 10, 100, 1_000, 10_000)  # entries a second
YEAR = 365.25 * 86_400
TERABYTE = 10**12
BYTES = """
SELECT sum(pg_total_relation_size(relid))::bigint, sum(pg_indexes_size(relid))::bigint, (SELECT count(*) FROM audit_event)
FROM pg_partition_tree('audit_event')
"""
WAL = "SELECT (pg_current_wal_lsn() - '0/0')::bigint"


class Sizing(NamedTuple):
    """Of one entry: bytes, and seconds of a processor by program; what came with it and is none is spread over the entries."""

    records: int
    entries: int
    disk: float
    indexes: float
    wal: float
    processor: Mapping[str, float]
    speed: Speed
    provenance: Provenance


def measure(kafka: LocalKafka, postgres: PostgresServer, consumers: Consumers, records: int) -> Sizing:
    """Drains so many records of the demo's traffic once, into a new database."""
    began = provenance()
    load = Load(kafka.bootstrap, "sizing")
    load.fill(records, NOISE, seed=7, tick=lambda: None)
    url = consumers.database()
    before = _number(url, WAL)[0], processor_seconds(postgres.pid), processor_seconds(kafka.pid)
    drained = consumers.drain(load, url)
    assert (drained.code, drained.records) == (0, records), drained[:3]
    after = _number(url, WAL)[0], processor_seconds(postgres.pid), processor_seconds(kafka.pid)
    wal, database, broker = (end - start for start, end in zip(before, after, strict=True))
    disk, indexes, entries = _number(url, BYTES)
    seconds = {"consumer": drained.processor_seconds, "PostgreSQL": database, "broker": broker}
    return Sizing(
        records=records,
        entries=entries,
        disk=disk / entries,
        indexes=indexes / entries,
        wal=wal / entries,
        processor={name: spent / entries for name, spent in seconds.items()},
        speed=speed(raw_copy(url)),
        provenance=began,
    )


def tables(sizing: Sizing) -> list[Table]:
    """The two tables for a terminal."""
    return [shown.terminal() for shown in _both(sizing)]


def section(sizing: Sizing) -> str:
    """The two tables for docs/operations.md."""
    lines = [
        f"Written by `make bench ARGS=--sizing` on {datetime.now(UTC):%Y-%m-%d}, on {machine()}:",
        f"{sizing.records:,} records of the demo's traffic, {sizing.entries:,} of them entries, drained by one deployed consumer.",
        f"{sizing.speed}. {sizing.provenance}",
    ]
    for shown in _both(sizing):
        lines += ["", *shown.markdown()]
    return "\n".join(lines)


_HEADING = (
    "entries a second",
    "a year",
    "disk a year",
    "1 TB after",
    "WAL",
    "consumer, of a core",
    "PostgreSQL, of a core",
    "broker, of a core",
)


def _both(sizing: Sizing) -> list[Shown]:
    parts = Shown(("of one entry", "figure", "measured by"), _parts(sizing), others=TEXT)
    return [parts, Shown(_HEADING, _rates(sizing), others=TEXT)]


def _parts(sizing: Sizing) -> list[tuple[str, ...]]:
    how = {
        "consumer": "the processor time of its process, from its first record to the last commit",
        "PostgreSQL": "the processor time of all its processes, from the start to the end of the drain",
        "broker": "the processor time of its process, from the start to the end of the drain",
    }
    return [
        (
            "disk",
            f"{sizing.disk:,.0f} bytes, {sizing.indexes:,.0f} of them indexes",
            "`pg_total_relation_size` of the partitions of `audit_event`, by the number of rows",
        ),
        (
            "WAL, which a standby and an archive get",
            f"{sizing.wal:,.0f} bytes",
            "`pg_current_wal_lsn()` before and after",
        ),
        *((f"processor, {name}", f"{spent * 1e6:.1f} µs", how[name]) for name, spent in sizing.processor.items()),
    ]


def _rates(sizing: Sizing) -> list[tuple[str, ...]]:
    return [
        (
            f"{rate:,}",
            f"{rate * YEAR / 1e6:,.0f} million",
            f"{rate * YEAR * sizing.disk / 1e9:,.0f} GB",
            f"{TERABYTE / (rate * sizing.disk * YEAR):.3f} years",
            f"{rate * sizing.wal * 8 / 1e6:.2f} Mbit/s",
            *(f"{rate * spent:.3%}" for spent in sizing.processor.values()),
        )
        for rate in RATES
    ]


def _number(url: str, statement: str) -> tuple[int, ...]:
    with psycopg.connect(url) as connection:
        row = connection.execute(statement.encode()).fetchone()
    assert row is not None
    return row
