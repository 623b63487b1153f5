"""python -m sandbox.bench: all measurements in one run, as a table and as docs/benchmarks.md; or one of the parts that stand alone."""

import argparse
import time
from collections.abc import Callable, Sequence
from functools import partial
from operator import truediv
from pathlib import Path
from statistics import median
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from sandbox.bench import budget, conditions, conditions_report, machines, sizing
from sandbox.bench.baselines import bare_loop, raw_copy
from sandbox.bench.drain import POSTGRES, Consumers
from sandbox.bench.load import Load
from sandbox.bench.provenance import provenance
from sandbox.bench.report import Figures, document, replace_section, table
from sandbox.bench.speed import medians, speed
from sandbox.services import wheel
from sandbox.services.kafka import LocalKafka
from sandbox.services.postgres import PostgresServer
from sandbox.services.temporary_folder import TemporaryFolder

FIRST_ROW_RECORDS, FIRST_ROW_RUNS = 300, 5
BENCHMARKS, OPERATIONS = Path("docs/benchmarks.md"), Path("docs/operations.md")


class Bench:
    """A broker and a database, and what is measured on them; `runs` of everything, medians of those."""

    def __init__(
        self,
        kafka: LocalKafka,
        consumers: Consumers,
        records: int,
        runs: int,
        console: Console,
    ) -> None:
        self._kafka, self._consumers = kafka, consumers
        self._records, self._runs, self._console = records, runs, console

    def figures(self) -> Figures:
        """Measures everything."""
        began = provenance()
        sizes = (self._records // 4, self._records // 2, self._records)
        loads = {size: self._filled(f"drain{size}", size, 0.25) for size in sizes}
        noise = self._filled("noise", self._records, 1.0)
        drains: dict[int, list[float]] = {size: [] for size in sizes}
        copies, speeds, skips, bares, peaks, batches = [], [], [], [], [], []
        for run in range(self._runs):
            for size in sizes:
                url = self._consumers.database()
                drained = self._consumers.drain(loads[size], url)
                assert (drained.code, drained.records) == (0, size), drained[:3]
                drains[size].append(drained.seconds)
                self._say(f"run {run + 1}: drained {size:,} records in {drained.seconds:.1f} s")
            peaks.append(drained.peak_mib)
            batches.append(drained.batches)
            copied = raw_copy(url)
            copies.append(copied.seconds)
            speeds.append(speed(copied))
            self._say(f"run {run + 1}: raw COPY of the same rows in {copied.seconds:.1f} s")
            bares.append(bare_loop(self._kafka.bootstrap, noise.topics, self._records))
            skipped = self._consumers.drain(noise, self._consumers.database())
            assert (skipped.code, skipped.records) == (0, self._records), skipped[:3]
            skips.append(skipped.seconds)
            self._say(f"run {run + 1}: skipped in {skips[-1]:.2f} s, bare loop {bares[-1]:.2f} s")
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
            first_row_seconds=self._first_row(),
            first_row_records=FIRST_ROW_RECORDS,
            speed=medians(speeds),
            provenance=began,
        )

    def _first_row(self) -> float:
        load = self._filled("start", FIRST_ROW_RECORDS, 0.25)
        starts = [self._consumers.first_row_seconds(load, self._consumers.database()) for _ in range(FIRST_ROW_RUNS)]
        self._say(f"start to first row: {', '.join(f'{seconds:.2f} s' for seconds in starts)}")
        return median(starts)

    def _filled(self, name: str, count: int, noise: float) -> Load:
        load = Load(self._kafka.bootstrap, name)
        began = time.perf_counter()
        load.fill(count, noise, seed=7, tick=lambda: None)
        self._say(f"{count:,} records published in {time.perf_counter() - began:.0f} s")
        return load

    def _say(self, text: str) -> None:
        self._console.print(f"[dim]{time.strftime('%H:%M:%S')}[/dim] {text}", highlight=False)


class DocumentPart(NamedTuple):
    """What was measured: tables for a terminal, and how the text of a document becomes the one that has them."""

    tables: Sequence[Table]
    document: Path
    rewrite: Callable[[str], str]


def main() -> None:
    """Measures, prints, writes."""
    arguments, console = _parser().parse_args(), Console()
    provenance()
    if arguments.distance:
        distances = machines.measure(arguments.records, arguments.runs, console.print)
        written = _part("machines", [machines.shown(distances).terminal()], machines.section(distances))
    else:
        with (
            TemporaryFolder("wheel") as folder,
            PostgresServer(settings=POSTGRES) as postgres,
            LocalKafka(jit=True, config=conditions.BROKER if arguments.conditions else None) as kafka,
        ):
            consumers = Consumers(postgres, wheel.unpack(folder.path / "programs"))
            written = _measure(arguments, kafka, postgres, consumers, console)
    for shown in written.tables:
        console.print(shown)
    if not arguments.no_document:
        written.document.write_text(written.rewrite(written.document.read_text()))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument(
        "--records", type=int, default=1_000_000, help="the largest number of records (default: 1,000,000)"
    )
    parser.add_argument("--runs", type=int, default=3, help="how often everything is measured (default: 3)")
    parts = parser.add_mutually_exclusive_group()
    parts.add_argument(
        "--sizing", action="store_true", help="only what an entry takes, once, and its tables in docs/operations.md"
    )
    parts.add_argument(
        "--budget",
        action="store_true",
        help="only where the processor time of a drain goes, step by step, and its part of docs/benchmarks.md",
    )
    parts.add_argument(
        "--conditions",
        action="store_true",
        help="only drains by several consumers and of other traffic, and their part of docs/benchmarks.md",
    )
    parts.add_argument(
        "--distance",
        action="store_true",
        help="only drains into a database 0, 1 and 10 ms away, on machines of a network of our own (needs root), and their part of docs/benchmarks.md",
    )
    parser.add_argument(
        "--entries",
        type=int,
        nargs="+",
        default=[],
        metavar="MILLIONS",
        help="with --conditions, also drains into a table that has so many entries already; ten million take a quarter of an hour to make, once, and 11 GB twice",
    )
    parser.add_argument("--no-document", action="store_true", help="print only, leave the documents as they are")
    return parser


def _measure(
    arguments: argparse.Namespace, kafka: LocalKafka, postgres: PostgresServer, consumers: Consumers, console: Console
) -> DocumentPart:
    if arguments.sizing:
        sized = sizing.measure(kafka, postgres, consumers, arguments.records)
        return _part("sizing", sizing.tables(sized), sizing.section(sized), OPERATIONS)
    if arguments.budget:
        spent = budget.measure(kafka, postgres, consumers, arguments.records, console.print)
        return _part("budget", [budget.table(spent)], budget.section(spent))
    if arguments.conditions:
        bench = conditions.Bench(kafka, postgres, consumers, console.print)
        measured = bench.measure(arguments.records, arguments.runs, arguments.entries)
        return _part("conditions", conditions_report.tables(measured), conditions_report.section(measured))
    figures = Bench(kafka, consumers, arguments.records, arguments.runs, console).figures()
    return DocumentPart([table(figures)], BENCHMARKS, partial(document, figures))


def _part(name: str, tables: Sequence[Table], section: str, of: Path = BENCHMARKS) -> DocumentPart:
    return DocumentPart(tables, of, lambda before: replace_section(before, name, section))


if __name__ == "__main__":
    main()
