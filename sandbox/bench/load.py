"""Fills topics: a pool of truthful events, repeated with new identities until there are as many as asked for."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice

from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from catalog.topics import IGNORED, TOPICS
from sandbox.traffic.generator import Emission, Mix, Traffic, again, stepping_clock
from sandbox.traffic.publisher import producer, publish

POOL = 20_000
WORKSPACES = 300
PARTITIONS = 3
IGNORED_ON_WIRE = frozenset(ce_type.encode() for ce_type in IGNORED)


class Load:
    """Topics of one measurement, named apart from those of the others, and what they hold."""

    def __init__(self, bootstrap: str, name: str) -> None:
        self.bootstrap = bootstrap
        self.topics = tuple(f"{name}.{topic}" for topic in TOPICS)
        admin = AdminClient({"bootstrap.servers": bootstrap})
        for future in admin.create_topics([NewTopic(topic, PARTITIONS, 1) for topic in self.topics]).values():
            future.result()
        self._name = name

    def fill(self, count: int, noise: float, seed: int, tick: Callable[[], None]) -> None:
        """Publishes `count` records, of which the share `noise` is of ignored types."""
        publish(self._ticking(islice(self._emissions(noise, seed), count), tick), producer(self.bootstrap))

    def pour(self, seconds: float, per_second: float, seed: int) -> None:
        """Publishes at a steady rate for some seconds."""
        emissions = islice(self._emissions(0.25, seed), int(seconds * per_second))
        publish(emissions, producer(self.bootstrap), per_second)

    def _emissions(self, noise: float, seed: int) -> Iterator[Emission]:
        clock = stepping_clock(datetime(2026, 6, 1, tzinfo=UTC), timedelta(milliseconds=7))
        traffic = Traffic(seed, WORKSPACES, clock, Mix(noise=noise))
        for emission in again(_mixed(traffic, noise), seed, clock):
            yield emission._replace(topic=f"{self._name}.{emission.topic}")

    @staticmethod
    def _ticking(emissions: Iterator[Emission], tick: Callable[[], None]) -> Iterator[Emission]:
        for emission in emissions:
            tick()
            yield emission


def _mixed(traffic: Iterator[Emission], noise: float) -> list[Emission]:
    """A pool in which exactly the share `noise` is of ignored types; their opening script has more of the audited."""
    wanted = {True: int(POOL * noise), False: POOL - int(POOL * noise)}
    pool = []
    while any(wanted.values()):
        emission = next(traffic)
        ignored = dict(emission.headers)["ce_type"] in IGNORED_ON_WIRE
        if wanted[ignored]:
            wanted[ignored] -= 1
            pool.append(emission)
    return pool
