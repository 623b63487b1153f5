"""Fills topics: a pool of truthful events, repeated with new identities until there are as many as asked for."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice

from catalog.topics import IGNORED, TOPICS
from sandbox.traffic.generator import Emission, Mix, Traffic, again, stepping_clock
from sandbox.traffic.publisher import create_topics, producer, publish, publish_in_transactions

POOL = 20_000
WORKSPACES = 300
PARTITIONS = 3
NOISE = 0.25  # one record of four is of an ignored type
IGNORED_ON_WIRE = frozenset(ce_type.encode() for ce_type in IGNORED)


class Load:
    """Topics of one measurement, named apart from those of the others; how many records they hold, and their bytes in all.

    The bytes are those of key, value and headers, uncompressed.
    """

    def __init__(
        self, bootstrap: str, name: str, *, topics: Sequence[str] = TOPICS, partitions: int = PARTITIONS
    ) -> None:
        self.bootstrap = bootstrap
        self.topics = tuple(f"{name}.{topic}" for topic in topics)
        self.records = self.size = 0
        create_topics(bootstrap, self.topics, partitions)
        self._name = name

    def fill(self, count: int, noise: float, seed: int, tick: Callable[[], None]) -> None:
        """Publishes `count` records, of which the share `noise` is of ignored types."""
        self.send(self._ticking(islice(traffic(Mix(noise=noise), seed), count), tick))

    def send(
        self,
        emissions: Iterable[Emission],
        *,
        properties: Mapping[str, str] | None = None,
        per_second: float | None = None,
    ) -> None:
        """Publishes them, as fast as the broker takes them or at a steady rate; `properties` are the producer's."""
        publish(self._counted(emissions), producer(self.bootstrap, properties), per_second)

    def send_in_transactions(self, emissions: Iterable[Emission], size: int) -> None:
        """Publishes `emissions` as fast as the broker takes them, `size` in each transaction."""
        to = producer(self.bootstrap, {"transactional.id": self._name})
        publish_in_transactions(self._counted(emissions), to, size)

    def _counted(self, emissions: Iterable[Emission]) -> Iterator[Emission]:
        for emission in emissions:
            self.records += 1
            self.size += len(emission.key) + len(emission.value or b"")
            self.size += sum(len(name) + len(value) for name, value in emission.headers)
            yield emission._replace(topic=f"{self._name}.{emission.topic}")

    @staticmethod
    def _ticking(emissions: Iterator[Emission], tick: Callable[[], None]) -> Iterator[Emission]:
        for emission in emissions:
            tick()
            yield emission


def traffic(mix: Mix, seed: int) -> Iterator[Emission]:
    """The demo's traffic without an end, in the topics of the catalog."""
    clock = stepping_clock(datetime(2026, 6, 1, tzinfo=UTC), timedelta(milliseconds=7))
    return again(_mixed(Traffic(seed, WORKSPACES, clock, mix), mix.noise), seed, clock)


def _mixed(emissions: Iterator[Emission], noise: float) -> list[Emission]:
    """A pool in which exactly the share `noise` is of ignored types; their opening script has more of the audited."""
    wanted = {True: int(POOL * noise), False: POOL - int(POOL * noise)}
    pool = []
    while any(wanted.values()):
        emission = next(emissions)
        ignored = dict(emission.headers)["ce_type"] in IGNORED_ON_WIRE
        if wanted[ignored]:
            wanted[ignored] -= 1
            pool.append(emission)
    return pool
