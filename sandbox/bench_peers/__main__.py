"""python -m sandbox.bench_peers: the consumer and its peers, in turn in one run, as a table and in docs/benchmarks.md."""

import argparse
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from sandbox.bench.baselines import bare_loop, raw_copy
from sandbox.bench.drain import POSTGRES, Consumers
from sandbox.bench.load import Load
from sandbox.bench.provenance import Provenance, provenance
from sandbox.bench.report import replace_section
from sandbox.bench.speed import Speed, medians, speed
from sandbox.bench_peers.freshness import Freshness, FreshRound
from sandbox.bench_peers.peers import GO, Peer, peers
from sandbox.bench_peers.process import PeerFailed, PeerRun, environ_of, measure
from sandbox.bench_peers.ready import PARTITIONS, digest, publish_rows
from sandbox.bench_peers.report import OURS, PeersReport, rows, section, tables, targets
from sandbox.services import wheel
from sandbox.services.kafka import LocalKafka
from sandbox.services.postgres import PostgresServer
from sandbox.services.temporary_folder import TemporaryFolder

DOCUMENT = Path("docs/benchmarks.md")
COPY, BARE = "limit: raw COPY", "limit: bare loop"


class Bench:
    """A broker and a database, on which all programs run one after the other."""

    def __init__(
        self, kafka: LocalKafka, postgres: PostgresServer, programs: Mapping[str, str], console: Console
    ) -> None:
        self._kafka, self._postgres, self._programs, self._console = kafka, postgres, programs, console
        self._consumers = Consumers(postgres, programs)
        self._databases = 0
        self.measured: dict[str, list[PeerRun]] = {OURS: []}
        self.limits: dict[str, list[float]] = {COPY: [], BARE: []}
        self.fresh: list[FreshRound] = []
        self.speeds: list[Speed] = []
        self.skipped: list[str] = []
        self.rows = 0

    def run(self, records: int, rounds: int) -> None:
        """Measures everything; in each round the first one is another."""
        load = Load(self._kafka.bootstrap, "peers")
        load.fill(records, 0.0, seed=7, tick=lambda: None)
        url = self._database()
        self._ours(load, url)  # once before: it makes the rows, and warms the broker
        expected = digest(url)
        self.rows = publish_rows(self._kafka.bootstrap, url)
        freshness = Freshness(self._kafka.bootstrap, self._consumers, self.rows)
        candidates = peers()
        able = [peer for peer in candidates if peer.missing is None]
        self.skipped += [f"{peer.name}: {peer.missing}" for peer in candidates if peer.missing is not None]
        for number in range(rounds):
            order: list[Peer | None] = [None, *able]
            for peer in order[number % len(order) :] + order[: number % len(order)]:
                url = self._database()
                name = OURS if peer is None else peer.name
                try:
                    measured = self._ours(load, url) if peer is None else self._peer(peer, url)
                except PeerFailed as error:
                    self._drop(peer, able, str(error))
                    continue
                if digest(url) != expected:
                    self._drop(peer, able, "its rows are not those of the consumer")
                    continue
                self.measured.setdefault(name, []).append(measured)
                self._say(f"round {number + 1}: {name}: {measured.seconds:.1f} s")
                if peer is None:
                    copied = raw_copy(url)
                    self.limits[COPY].append(copied.seconds)
                    self.speeds.append(speed(copied))
            self.limits[BARE].append(bare_loop(self._kafka.bootstrap, load.topics, records))
            self._fresh(freshness, able, number)

    def report(self, began: Provenance) -> PeersReport:
        """All that was measured, by what was known before."""
        return PeersReport(
            lines=rows(self.measured, self.limits, self.rows),
            targets=targets(self.measured, self.fresh),
            skipped=self.skipped,
            records=self.rows,
            rounds=len(self.measured[OURS]),
            speed=medians(self.speeds),
            provenance=began,
        )

    def _fresh(self, freshness: Freshness, able: list[Peer], number: int) -> None:
        """Of both sides; nothing where the peer in Go is not there."""
        for peer in (candidate for candidate in tuple(able) if candidate.name == GO):
            try:
                self.fresh.append(freshness.round(peer, number))
            except PeerFailed as error:
                self._drop(peer, able, str(error))
            else:
                self._say(f"round {number + 1}: freshness, ours {self.fresh[-1].ours}, Go {self.fresh[-1].go}")

    def _drop(self, peer: Peer | None, able: list[Peer], why: str) -> None:
        """A peer that does not do the task is no peer. Raises Failed for ours."""
        if peer is None:
            raise PeerFailed(why)
        able.remove(peer)
        self.measured.pop(peer.name, None)
        if peer.name == GO:
            self.fresh.clear()
        self.skipped.append(f"{peer.name}: {why}")
        self._say(f"{peer.name}: {why}")

    def _ours(self, load: Load, url: str) -> PeerRun:
        environ = {
            **self._programs,
            "DATABASE_URL": url,
            "AUDIT_LOG_FORMAT": "json",
            "KAFKA_BOOTSTRAP_SERVERS": load.bootstrap,
            "AUDIT_TOPICS": ",".join(load.topics),
            "AUDIT_GROUP_ID": f"ours-{self._databases}",
        }
        command = [sys.executable, "-m", "sandbox.bench.measured", "--until-end"]
        return measure(command, environ, self._server())

    def _peer(self, peer: Peer, url: str) -> PeerRun:
        environ = environ_of(
            bootstrap=self._kafka.bootstrap, group=f"peer-{self._databases}", topic=peer.topic, partitions=PARTITIONS,
            records=self.rows, database=url,
        )  # fmt: skip
        return measure(peer.command, environ, self._server())

    def _server(self) -> int:
        assert self._postgres.pid is not None
        return self._postgres.pid

    def _database(self) -> str:
        self._databases += 1
        return self._consumers.database()

    def _say(self, text: str) -> None:
        self._console.print(f"[dim]{time.strftime('%H:%M:%S')}[/dim] {escape(text)}", highlight=False)


def main() -> None:
    """Measures, prints, writes."""
    parser = argparse.ArgumentParser(prog="make bench-peers", description=__doc__)
    parser.add_argument("--records", type=int, default=150_000, help="how many records (default: 150,000)")
    parser.add_argument("--rounds", type=int, default=5, help="how often everything is measured (default: 5)")
    parser.add_argument("--no-document", action="store_true", help="print only, leave docs/benchmarks.md as it is")
    arguments = parser.parse_args()
    console, began = Console(), provenance()
    with (
        TemporaryFolder("wheel") as folder,
        PostgresServer(settings=POSTGRES) as postgres,
        LocalKafka(jit=True) as kafka,
    ):
        bench = Bench(kafka, postgres, wheel.unpack(folder.path / "programs"), console)
        bench.run(arguments.records, arguments.rounds)
    report = bench.report(began)
    console.print(*tables(report), *(f"skipped: {why}" for why in report.skipped), sep="\n", markup=False)
    if not arguments.no_document:
        DOCUMENT.write_text(replace_section(DOCUMENT.read_text(), "peers", section(report)))


if __name__ == "__main__":
    main()
