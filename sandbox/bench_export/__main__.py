"""python -m sandbox.bench_export: what seal, create, verify and check take, each beside the least that could be done instead."""

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

import psycopg
from rich.console import Console

from runtime.migrations import migrate
from sandbox.bench import drain
from sandbox.bench.load import Load
from sandbox.bench.report import replace_section
from sandbox.bench_export.bare import copy_new, copy_sealed, hash_records
from sandbox.bench_export.beside import Drains, drains
from sandbox.bench_export.commands import Commands
from sandbox.bench_export.entries import fill, settle
from sandbox.bench_export.report import Figures, Growth, section, tables
from sandbox.services import wheel
from sandbox.services.kafka import LocalKafka
from sandbox.services.postgres import PostgresServer
from sandbox.services.temporary_folder import TemporaryFolder

POSTGRES = {"shared_buffers": "1GB", "max_wal_size": "8GB", "checkpoint_timeout": "30min"}
DOCUMENT = Path("docs/benchmarks.md")
NEW = 1000
NOISE = 0.25  # as make bench's drain: one record of four is of an ignored type


class Bench:
    """Databases of `count` entries on one server."""

    def __init__(self, postgres: PostgresServer, count: int, runs: int, say: Callable[[str], None]) -> None:
        self._postgres, self._count, self._runs, self._say = postgres, count, runs, say

    def figures(self, growth: tuple[tuple[int, int], ...], beside: tuple[Drains, ...]) -> Figures:
        """Measures everything but the drain."""
        seals, creates, verifies, news, sealeds, bares, checks = ([] for _ in range(7))
        proof = 0
        for run in range(self._runs):
            url = self._database(f"run_{run}", self._count, 1)
            with tempfile.TemporaryDirectory(prefix="callmine-bench-export-") as folder:
                commands = Commands(url, Path(folder))
                news.append(copy_new(url))
                seals.append(commands.seal())
                sealeds.append(copy_sealed(url, _snapshot(url)))
                creates.append(commands.create("package"))
                package = Path(folder) / "package"
                bares.append(hash_records(package / "audit.csv"))
                verifies.append(commands.verify("package"))
                checks.append(commands.check())
                proof = (package / "proof.json").stat().st_size
            self._say(f"run {run + 1}: seal {seals[-1].seconds:.1f} s, create {creates[-1].seconds:.1f} s")
            self._drop(url)
        return Figures(
            entries=self._count,
            runs=self._runs,
            seal_seconds=median(cost.seconds for cost in seals),
            copy_new_seconds=median(news),
            seal_ratio=median(cost.seconds / 2 / bare for cost, bare in zip(seals, news, strict=True)),
            seal_mib=max(cost.peak_mib for cost in seals),
            create_seconds=median(cost.seconds for cost in creates),
            copy_sealed_seconds=median(sealeds),
            create_ratio=median(cost.seconds / bare for cost, bare in zip(creates, sealeds, strict=True)),
            create_mib=max(cost.peak_mib for cost in creates),
            verify_seconds=median(cost.seconds for cost in verifies),
            bare_seconds=median(bares),
            verify_ratio=median(cost.seconds / bare for cost, bare in zip(verifies, bares, strict=True)),
            check_seconds=median(cost.seconds for cost in checks),
            proof_bytes=proof,
            growth=tuple(self._growth(entries, workspaces) for entries, workspaces in growth),
            drains=beside,
        )

    def _growth(self, entries: int, workspaces: int) -> Growth:
        url = self._database("growth", entries, workspaces)
        with tempfile.TemporaryDirectory(prefix="callmine-bench-export-") as folder:
            commands = Commands(url, Path(folder))
            first = commands.seal()
            fill(url, entries, NEW, workspaces)
            cost = commands.seal()
        self._drop(url)
        self._say(
            f"{NEW} more in {entries:,} of {workspaces:,} workspaces: {cost.seconds:.2f} s, {cost.peak_mib:.0f} MiB"
        )
        return Growth(
            entries=entries,
            workspaces=workspaces,
            first_seconds=first.seconds,
            first_mib=first.peak_mib,
            seconds=cost.seconds,
            peak_mib=cost.peak_mib,
        )

    def _database(self, name: str, count: int, workspaces: int) -> str:
        url = self._postgres.create_database(name)
        migrate(url, lambda _: None)
        began = time.perf_counter()
        fill(url, 0, count, workspaces)
        settle(url)
        self._say(f"{count:,} entries recorded in {time.perf_counter() - began:.0f} s")
        return url

    def _drop(self, url: str) -> None:
        self._postgres.drop_database(url.rpartition("/")[2])


def _snapshot(url: str) -> str:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT snapshot::text FROM audit_seal ORDER BY seal DESC LIMIT 1").fetchone()
    assert row is not None
    return str(row[0])


def _drains(records: int, everys: Sequence[float], runs: int, say: Callable[[str], None]) -> tuple[Drains, ...]:
    """On a server and a broker of its own, by the programs as they are deployed."""
    with (
        TemporaryFolder("wheel") as folder,
        PostgresServer(settings=drain.POSTGRES) as postgres,
        LocalKafka(jit=True) as kafka,
    ):
        consumers = drain.Consumers(postgres, wheel.unpack(folder.path / "programs"))
        load = Load(kafka.bootstrap, "beside")
        load.fill(records, NOISE, seed=7, tick=lambda: None)
        say(f"{records:,} records published")
        return drains(consumers, load, records, everys, runs, say)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench-export", description=__doc__)
    parser.add_argument("--count", type=int, default=1_000_000, help="entries of a package (default: 1,000,000)")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument(
        "--growth",
        default="1000000x1,1000000x100000",
        help="tables for small seals: ENTRIESxWORKSPACES,…; 10000000x1 takes a quarter of an hour (default: %(default)s)",
    )
    parser.add_argument(
        "--drain",
        type=int,
        default=1_000_000,
        help="records drained beside a sealer; 0 leaves it out (default: 1,000,000)",
    )
    parser.add_argument(
        "--seal-every",
        default="60,1",
        help="seconds between its seals, as set by default and the most: N,… (%(default)s)",
    )
    parser.add_argument("--no-document", action="store_true", help="do not write docs/benchmarks.md")
    return parser.parse_args()


def main() -> None:
    """Measures, shows, and writes the document's section unless told not to."""
    options, console = _options(), Console()

    def say(text: str) -> None:
        console.print(f"[dim]{time.strftime('%H:%M:%S')}[/dim] {text}", highlight=False)

    growth = tuple(
        (int(entries), int(workspaces))
        for entries, _, workspaces in (number.partition("x") for number in options.growth.split(",") if number)
    )
    everys = [float(number) for number in options.seal_every.split(",")]
    beside = _drains(options.drain, everys, options.runs, say) if options.drain else ()
    with PostgresServer(settings=POSTGRES) as postgres:
        figures = Bench(postgres, options.count, options.runs, say).figures(growth, beside)
    for table in tables(figures):
        console.print(table)
    if not options.no_document:
        document = DOCUMENT.read_text(encoding="utf-8")
        DOCUMENT.write_text(replace_section(document, "export", section(figures)), encoding="utf-8")


if __name__ == "__main__":
    main()
