"""python -m sandbox.bench: all measurements in one run, as a table and as docs/benchmarks.md."""

import argparse
import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from operator import truediv
from pathlib import Path
from statistics import median, quantiles
from typing import NamedTuple

import psycopg
from rich.console import Console

from sandbox.bench.baselines import bare_loop, raw_copy
from sandbox.bench.load import Load
from sandbox.bench.report import Figures, document, table
from sandbox.services import wheel
from sandbox.services.kafka import LocalKafka
from sandbox.services.postgres import PostgresServer
from sandbox.services.temporary_folder import TemporaryFolder

# What the server does by itself now and then, checkpoints and vacuum, is kept out of both sides: it would fall on one of
# them by chance. docs/benchmarks.md says what autovacuum costs a drain.
POSTGRES = {
    "shared_buffers": "2GB",  # what a drain of a million writes, so that neither side throws pages out as it goes
    "max_wal_size": "8GB",
    "checkpoint_timeout": "30min",
    "autovacuum": "off",
}
FRESHNESS_SECONDS, FRESHNESS_RATE = 60, 1000
DOCUMENT = Path("docs/benchmarks.md")


class Measured(NamedTuple):
    """What one consumer process said of itself (sandbox/bench/measured.py)."""

    code: int
    records: int
    batches: int
    seconds: float
    peak_mib: float
    latencies: list[int]


class Bench:
    """A broker and a database, and what is measured on them; `runs` of everything, medians of those."""

    def __init__(
        self,
        kafka: LocalKafka,
        postgres: PostgresServer,
        programs: Mapping[str, str],
        records: int,
        runs: int,
        console: Console,
    ) -> None:
        self._kafka, self._postgres, self._programs = kafka, postgres, programs
        self._records, self._runs, self._console = records, runs, console
        self._databases = 0

    def figures(self) -> Figures:
        """Measures everything."""
        sizes = (self._records // 4, self._records // 2, self._records)
        loads = {size: self._filled(f"drain{size}", size, 0.25) for size in sizes}
        noise = self._filled("noise", self._records, 1.0)
        drains: dict[int, list[float]] = {size: [] for size in sizes}
        copies, skips, bares, peaks, batches = [], [], [], [], []
        for run in range(self._runs):
            for size in sizes:
                url = self._database()
                drained = self._consume(loads[size], url)
                assert (drained.code, drained.records) == (0, size), drained[:3]
                drains[size].append(drained.seconds)
                self._say(f"run {run + 1}: drained {size:,} records in {drained.seconds:.1f} s")
            peaks.append(drained.peak_mib)
            batches.append(drained.batches)
            copies.append(raw_copy(url))
            self._say(f"run {run + 1}: raw COPY of the same rows in {copies[-1]:.1f} s")
            bares.append(bare_loop(self._kafka.bootstrap, noise.topics, self._records))
            skipped = self._consume(noise, self._database())
            assert (skipped.code, skipped.records) == (0, self._records), skipped[:3]
            skips.append(skipped.seconds)
            self._say(f"run {run + 1}: skipped in {skips[-1]:.2f} s, bare loop {bares[-1]:.2f} s")
        latencies = self._fresh()
        return Figures(
            records=self._records,
            runs=self._runs,
            drain_seconds={size: median(seconds) for size, seconds in drains.items()},
            drain_spread=(min(drains[self._records]), max(drains[self._records])),
            copy_seconds=median(copies),
            drain_ratio=median(map(truediv, copies, drains[self._records])),
            skip_seconds=median(skips),
            bare_seconds=median(bares),
            skip_ratio=median(map(truediv, bares, skips)),
            peak_mib=max(peaks),
            batch_records=self._records / median(batches),
            fresh_p50=median(latencies),
            fresh_p99=quantiles(latencies, n=100)[98],
            fresh_samples=len(latencies),
        )

    def _fresh(self) -> list[int]:
        load = Load(self._kafka.bootstrap, "fresh")
        consumer = self._start(load, self._database(), until_end=False)
        warm = threading.Thread(target=load.pour, args=(5, FRESHNESS_RATE, 1))
        warm.start()
        warm.join()
        load.pour(FRESHNESS_SECONDS, FRESHNESS_RATE, 2)
        consumer.send_signal(signal.SIGTERM)
        latencies = self._result(consumer).latencies
        self._say(f"{len(latencies):,} latencies at {FRESHNESS_RATE} records a second")
        # The first seconds hold the records that waited for the consumer to join the group.
        return latencies[-FRESHNESS_SECONDS * FRESHNESS_RATE * 3 // 4 :]

    def _filled(self, name: str, count: int, noise: float) -> Load:
        load = Load(self._kafka.bootstrap, name)
        began = time.perf_counter()
        load.fill(count, noise, seed=7, tick=lambda: None)
        self._say(f"{count:,} records published in {time.perf_counter() - began:.0f} s")
        return load

    def _database(self) -> str:
        """A new database, on a server without the previous one, whose pages would still fill the shared buffers."""
        self._databases += 1
        with psycopg.connect(self._postgres.dsn, autocommit=True) as server:
            server.execute("DROP DATABASE IF EXISTS bench WITH (FORCE)")
        url = self._postgres.create_database("bench")
        subprocess.run(
            [sys.executable, "-m", "consumer", "migrate"],
            env={**self._programs, **_settings(url)},
            check=True,
            capture_output=True,
        )
        # As before the raw COPY: what is measured begins with clean buffers.
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CHECKPOINT")
        return url

    def _consume(self, load: Load, url: str) -> Measured:
        return self._result(self._start(load, url, until_end=True))

    def _start(self, load: Load, url: str, *, until_end: bool) -> "subprocess.Popen[str]":
        environ = {
            **self._programs,
            **_settings(url),
            "KAFKA_BOOTSTRAP_SERVERS": load.bootstrap,
            "AUDIT_TOPICS": ",".join(load.topics),
            "AUDIT_GROUP_ID": f"bench-{self._databases}",
        }
        command = [sys.executable, "-m", "sandbox.bench.measured", *(["--until-end"] if until_end else [])]
        return subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    @staticmethod
    def _result(process: "subprocess.Popen[str]") -> Measured:
        out, _ = process.communicate()
        return Measured(**json.loads(out))

    def _say(self, text: str) -> None:
        self._console.print(f"[dim]{time.strftime('%H:%M:%S')}[/dim] {text}", highlight=False)


def _settings(url: str) -> dict[str, str]:
    return {"DATABASE_URL": url, "AUDIT_LOG_FORMAT": "json"}


def main() -> None:
    """Measures, prints, writes."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument(
        "--records", type=int, default=1_000_000, help="the largest number of records (default: 1,000,000)"
    )
    parser.add_argument("--runs", type=int, default=3, help="how often everything is measured (default: 3)")
    parser.add_argument("--no-document", action="store_true", help="print only, leave docs/benchmarks.md as it is")
    arguments = parser.parse_args()
    console = Console()
    with (
        TemporaryFolder("wheel") as folder,
        PostgresServer(settings=POSTGRES) as postgres,
        LocalKafka(jit=True) as kafka,
    ):
        programs = wheel.unpack(folder.path / "programs")
        figures = Bench(kafka, postgres, programs, arguments.records, arguments.runs, console).figures()
    console.print(table(figures))
    if not arguments.no_document:
        DOCUMENT.write_text(document(figures, DOCUMENT.read_text() if DOCUMENT.exists() else ""))


if __name__ == "__main__":
    main()
