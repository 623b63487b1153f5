"""python -m sandbox.bench_reader: pages at any depth beside OFFSET and count(*), and requests per second; one run, one machine."""

import argparse
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from itertools import count
from pathlib import Path
from statistics import median

import psycopg
from rich.console import Console

from reader.http import json_response
from reader.model import Query
from reader.query.database import Database
from reader.query.filters import parse
from reader.query.listing import Listings
from reader.query.single_flight import MAX_LOADING
from runtime.migrations import migrate
from sandbox.bench.percentile import p99
from sandbox.bench.report import replace_section
from sandbox.bench_reader.entries import OTHER, WORKSPACE, EntryWriter, fill
from sandbox.bench_reader.lists import NAIVE, SELECTIONS
from sandbox.bench_reader.load import requests_per_second
from sandbox.bench_reader.openings import openings
from sandbox.bench_reader.report import DuringLoads, Figures, FirstAnswer, Page, lines, section, tables
from sandbox.services.postgres import PostgresServer
from sandbox.services.process import SandboxError

POSTGRES = {"shared_buffers": "2GB", "max_wal_size": "8GB", "checkpoint_timeout": "30min"}
DOCUMENT = Path("docs/benchmarks.md")
LIMIT = 50
MAX_OPENINGS = 500
LISTS = 20  # read for the first time while another workspace's page is measured


class Bench:
    """A database of `count` entries, a third of them in one workspace."""

    def __init__(self, postgres: PostgresServer, count: int, samples: int, console: Console) -> None:
        self._count, self._samples, self._console = count, samples, console
        self._url = postgres.create_database("reader")
        migrate(self._url, lambda _: None)
        began = time.perf_counter()
        fill(self._url, count)
        self._say(f"{count:,} entries recorded in {time.perf_counter() - began:.0f} s")

    def figures(self) -> Figures:
        """Measures everything."""
        database = Database(self._url)
        try:
            with EntryWriter(self._url, self._count, per_second=100) as writer:
                builds = {name: self._unread(database, pairs) for name, pairs in SELECTIONS.items()}
                uncached = {name: self._uncached(database, pairs) for name, pairs in SELECTIONS.items()}
                pages = self._pages(Listings(database))
                during_loads = self._during_loads(database)
                self._say(f"{writer.recorded:,} entries arrived meanwhile")
        finally:
            database.close()
        ours, bare = requests_per_second(self._url, self._say)
        opened = openings(self._url, min(self._samples, MAX_OPENINGS), self._say)
        return Figures(self._count, self._samples, pages, builds, uncached, during_loads, ours, bare, opened)

    def _during_loads(self, database: Database) -> DuringLoads:
        """The first page of a small workspace, alone and while two threads ask for lists of the large one that are not in memory."""
        listings, stop, read = Listings(database), threading.Event(), count()

        def first_page() -> None:
            json_response.listing(listings.page(OTHER, parse([])))

        def read_lists() -> None:
            while not stop.is_set():
                listings.page(WORKSPACE, parse([("actor", f"person{next(read)}@harbourpine.example")]))

        first_page()
        alone = _milliseconds(first_page, self._samples)
        readers = [threading.Thread(target=read_lists) for _ in range(MAX_LOADING)]
        for reader in readers:
            reader.start()
        during: list[float] = []
        lists = 0
        while len(during) < self._samples or lists < LISTS:
            during += _milliseconds(first_page, 1)
            lists = listings.key_index_builds - 1
        stop.set()
        for reader in readers:
            reader.join()
        self._say(f"another workspace's first page beside {lists} first readings: {len(during):,} times")
        return DuringLoads(p99(alone), p99(during), lists)

    def _unread(self, database: Database, pairs: Sequence[tuple[str, str]]) -> float:
        """Seconds to the first page of a list that is not in memory."""
        return median(_milliseconds(lambda: _answered(Listings(database), parse(pairs)), 3)) / 1000

    def _uncached(self, database: Database, pairs: Sequence[tuple[str, str]]) -> FirstAnswer:
        """Such a page before its total; it has rows only if each of the three had."""
        taken, has_rows = [], True
        for _ in range(3):
            listings, began = Listings(database), time.perf_counter()
            page = listings.page_at_once(WORKSPACE, parse(pairs))
            taken.append(time.perf_counter() - began)
            has_rows = has_rows and page.is_read
            listings.page(WORKSPACE, parse(pairs))  # the list is loaded after it, not during the next measurement
        return FirstAnswer(median(taken), has_rows)

    def _pages(self, listings: Listings) -> tuple[Page, ...]:
        """All pages in turn, over and over, as people do: those after the first at the snapshot of the first."""
        asked: dict[tuple[str, str], tuple[Query, int]] = {}
        for name, pairs in SELECTIONS.items():
            first = listings.page(WORKSPACE, parse(pairs))
            for depth, offset in (("first", 0), ("middle", first.total // 2), ("last", max(0, first.total - LIMIT))):
                later = [("offset", str(offset)), ("as_of", first.as_of)] if offset else []
                asked[name, depth] = parse([*pairs, *later]), first.total
        times: dict[tuple[str, str], list[float]] = {which: [] for which in asked}
        for _ in range(self._samples):
            for which, (query, _) in asked.items():
                times[which] += _milliseconds(partial(_answered, listings, query), 1)
        pages = []
        for (name, depth), (query, total) in asked.items():
            taken = times[name, depth]
            pages.append(Page(name, depth, total, median(taken), p99(taken), self._naive(name, query.offset)))
            self._say(f"{name}, {depth}: {pages[-1].p50:.1f} ms, naive {pages[-1].naive:.0f} ms")
        return tuple(pages)

    def _naive(self, name: str, offset: int) -> float:
        where = f"where workspace_id = '{WORKSPACE}' and {NAIVE[name]}"
        with psycopg.connect(self._url, autocommit=True) as connection:

            def plain() -> None:
                connection.execute(
                    f"select * from audit_event {where} order by occurred_at desc, id desc limit {LIMIT} offset {offset}".encode()
                ).fetchall()
                connection.execute(f"select count(*) from audit_event {where}".encode()).fetchall()

            return median(_milliseconds(plain, 3))

    def _say(self, text: str) -> None:
        self._console.print(f"[dim]{time.strftime('%H:%M:%S')}[/dim] {text}", highlight=False)


def _milliseconds(work: Callable[[], object], samples: int) -> list[float]:
    times = []
    for _ in range(samples):
        began = time.perf_counter()
        work()
        times.append((time.perf_counter() - began) * 1000)
    return times


def _answered(listings: Listings, query: Query) -> None:
    assert len(json_response.listing(listings.page(WORKSPACE, query)).body) > 1000


def main() -> None:
    """Measures, prints, writes."""
    parser = argparse.ArgumentParser(prog="make bench-reader", description=__doc__)
    parser.add_argument(
        "--entries", type=int, default=3_000_000, help="a third of them in one workspace (default: 3,000,000)"
    )
    parser.add_argument("--samples", type=int, default=500, help="requests for each page (default: 500)")
    parser.add_argument("--no-document", action="store_true", help="print only, leave docs/benchmarks.md as it is")
    arguments = parser.parse_args()
    console = Console()
    try:
        with PostgresServer(settings=POSTGRES) as postgres:
            figures = Bench(postgres, arguments.entries, arguments.samples, console).figures()
    except SandboxError as error:
        console.print(f"[bold red]{error}[/bold red]")
        raise SystemExit(1) from None
    for table in tables(figures):
        console.print(table)
    if not arguments.no_document:
        DOCUMENT.write_text(replace_section(DOCUMENT.read_text(), "reader", section(figures)))
    raise SystemExit(0 if all(line.reached for line in lines(figures)) else 1)


if __name__ == "__main__":
    main()
