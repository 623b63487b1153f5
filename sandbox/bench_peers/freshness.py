"""How old a record is when its row is committed, at a steady rate: ours and the peer in Go, in turn in each round."""

import json
import subprocess
from collections.abc import Sequence
from itertools import islice
from statistics import median
from typing import NamedTuple

import psycopg

from sandbox.bench.drain import Consumers
from sandbox.bench.load import Load, traffic
from sandbox.bench.percentile import p99
from sandbox.bench_peers.peers import Peer
from sandbox.bench_peers.process import PeerFailed, environ_of
from sandbox.bench_peers.ready import PARTITIONS, read_rows
from sandbox.services.process import wait_until
from sandbox.traffic.generator import Emission, Mix
from sandbox.traffic.publisher import create_topics, producer, publish

RATE = 1000  # records a second
SECONDS = 20
END_SECONDS = 60
READ = b"SELECT coalesce(sum(next_offset), 0)::bigint FROM partition_progress"


class Ages(NamedTuple):
    """Milliseconds from Kafka's timestamp of a record to the commit of its row."""

    p50: float
    p99: float


class FreshRound(NamedTuple):
    """Of one round."""

    ours: Ages
    go: Ages


class Freshness:
    """Pours records at a steady rate, of which each becomes a row; the peer in Go gets rows that are published already, of `rows`."""

    def __init__(self, bootstrap: str, consumers: Consumers, rows: int) -> None:
        self._bootstrap, self._consumers = bootstrap, consumers
        self._seconds = min(SECONDS, rows // RATE)

    def round(self, peer: Peer, number: int) -> FreshRound:
        """Both sides, each in a new database; in every other round the peer is first. Raises PeerFailed."""
        if number % 2:
            go = self._go(peer, number)
            return FreshRound(self._ours(number), go)
        return FreshRound(self._ours(number), self._go(peer, number))

    def _ours(self, number: int) -> Ages:
        load = Load(self._bootstrap, f"fresh{number}")
        emissions = islice(traffic(Mix(noise=0.0), number), self._seconds * RATE)
        url = self._consumers.database()
        consumer = self._consumers.follow(load, url)
        load.send(islice(emissions, RATE), per_second=RATE)
        consumer.wait_for_first_record()
        load.send(emissions, per_second=RATE)
        with psycopg.connect(url, autocommit=True) as connection:
            has_read_all = wait_until(lambda: connection.execute(READ).fetchone() == (load.records,), END_SECONDS)
        assert has_read_all, "the consumer has not read all records a minute after the last one"
        return ages(consumer.stop().latencies)

    def _go(self, peer: Peer, number: int) -> Ages:
        topic, rows = f"fresh.rows{number}", read_rows(self._bootstrap, self._seconds * RATE)
        create_topics(self._bootstrap, [topic], PARTITIONS)
        url = self._consumers.database()
        environ = environ_of(
            bootstrap=self._bootstrap, group=topic, topic=topic, records=len(rows), database=url, latency=True
        )
        process = subprocess.Popen(peer.command, env=environ, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        emissions = (Emission(topic, key, value, []) for key, value in rows)
        try:
            publish(islice(emissions, RATE), producer(self._bootstrap), RATE)
            process.stdout.readline()  # it has its first record
            publish(emissions, producer(self._bootstrap), RATE)
            out, _ = process.communicate(timeout=END_SECONDS)
        except subprocess.TimeoutExpired:
            raise PeerFailed("it has not read all records a minute after the last one") from None
        finally:
            process.kill()
            process.wait()
        if process.returncode != 0:
            raise PeerFailed(f"exit code {process.returncode} at a steady rate")
        return ages(json.loads(out.splitlines()[-1])["latencies"])


def ages(latencies: Sequence[int]) -> Ages:
    """Of the last three quarters: the first records waited until the program had joined its group."""
    settled = latencies[len(latencies) // 4 :]
    return Ages(median(settled), p99(settled))
