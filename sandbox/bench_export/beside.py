"""A drain at full speed with a sealer beside it, and one without: what sealing takes from recording."""

import signal
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import psycopg

from sandbox.bench.drain import Consumers
from sandbox.bench.load import Load
from sandbox.bench_export.commands import Commands
from sandbox.services.process import SandboxError, wait_until

SEALED = """
SELECT
    (SELECT count(*) FROM audit_seal),
    (
        SELECT count(*) FROM audit_event
        WHERE pg_visible_in_snapshot(xid, (SELECT snapshot FROM audit_seal ORDER BY seal DESC LIMIT 1))
    )
"""
START_SECONDS = 60.0
# The first seal that is due during a drain is due so long after its start, whatever the interval: early enough that it
# never falls behind the end, late enough that there is much to seal.
DUE_SECONDS = 8.0
SEALED_SECONDS = 900.0


@dataclass(frozen=True, kw_only=True)
class Drain:
    """A drain beside a sealer that seals every so many seconds.

    How many seals and sealed entries there were at its end, how many seals were put off, and when all was sealed after it.
    """

    every: float
    alone_seconds: float
    seconds: float
    seals: int
    sealed: int
    postponed: int
    sealed_seconds: float


@dataclass(frozen=True, kw_only=True)
class Drains:
    """Drains of so many records: medians in seconds, the ratio that of each run's, the most of what was sealed."""

    records: int
    every: float
    alone_seconds: float
    seconds: float
    ratio: float
    seals: int
    sealed: int
    postponed: int
    sealed_seconds: float


def drains(
    consumers: Consumers, load: Load, records: int, everys: Sequence[float], runs: int, say: Callable[[str], None]
) -> tuple[Drains, ...]:
    """Drains what `load` has published without a sealer, and beside one of each kind, in turn."""
    measured: list[Drain] = []
    for run in range(runs):
        alone = _drain(consumers, load, consumers.database(), records)
        measured += (_beside(consumers, load, records, every, alone) for every in everys)
        summary = ", ".join(
            f"{drain.seconds:.1f} s beside a seal every {drain.every:g} s" for drain in measured[-len(everys) :]
        )
        say(f"run {run + 1}: drained in {alone:.1f} s, {summary}")
    return tuple(_median(records, [drain for drain in measured if drain.every == every]) for every in everys)


def _median(records: int, runs: Sequence[Drain]) -> Drains:
    return Drains(
        records=records,
        every=runs[0].every,
        alone_seconds=median(run.alone_seconds for run in runs),
        seconds=median(run.seconds for run in runs),
        ratio=median(run.alone_seconds / run.seconds for run in runs),
        seals=max(run.seals for run in runs),
        sealed=max(run.sealed for run in runs),
        postponed=max(run.postponed for run in runs),
        sealed_seconds=median(run.sealed_seconds for run in runs),
    )


def _drain(consumers: Consumers, load: Load, url: str, records: int) -> float:
    drained = consumers.drain(load, url)
    assert (drained.code, drained.records) == (0, records), drained[:3]
    return drained.seconds


def _beside(consumers: Consumers, load: Load, records: int, every: float, alone: float) -> Drain:
    url = consumers.database()
    with tempfile.TemporaryDirectory(prefix="callmine-bench-export-") as folder, psycopg.connect(url) as connection:
        connection.autocommit = True
        commands = Commands(url, Path(folder))
        sealer = commands.sealing(every)
        try:
            if not wait_until(lambda: _sealed(connection)[0] > 0, START_SECONDS):
                raise SandboxError("the sealer has not sealed")
            time.sleep(max(0.0, every - DUE_SECONDS))
            seconds = _drain(consumers, load, url, records)
            seals, sealed = _sealed(connection)
            postponed = commands.postponed()
            if not (sealed or postponed):
                raise SandboxError("no seal was due during the drain: it says nothing about sealing")
            sealed_seconds = _wait_until_sealed(connection)
        finally:
            sealer.send_signal(signal.SIGTERM)
            code = sealer.wait()
    if code:
        raise SandboxError(f"the sealer ended with {code}")
    return Drain(
        every=every,
        alone_seconds=alone,
        seconds=seconds,
        seals=seals,
        sealed=sealed,
        postponed=postponed,
        sealed_seconds=sealed_seconds,
    )


def _wait_until_sealed(connection: "psycopg.Connection[tuple[int, ...]]") -> float:
    """Seconds until all that is recorded is sealed; the consumer has ended."""
    began = time.monotonic()
    row = connection.execute("SELECT count(*) FROM audit_event").fetchone()
    assert row is not None
    if not wait_until(lambda: _sealed(connection)[1] == row[0], SEALED_SECONDS, pause=0.5):
        raise SandboxError(f"not all entries are sealed {SEALED_SECONDS:.0f} s after the drain")
    return time.monotonic() - began


def _sealed(connection: "psycopg.Connection[tuple[int, ...]]") -> tuple[int, int]:
    row = connection.execute(SEALED).fetchone()
    assert row is not None
    return row[0], row[1]
