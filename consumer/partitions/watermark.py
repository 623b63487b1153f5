"""Queries Kafka, about once a second and in a thread of its own, for the end offsets and the topic ids.

Two things follow from an end offset and the time of the query: once we have read up to that offset, everything that Kafka
had received by that time is in the tables (`complete_through`); and a topic id other than the claimed one means another log.

Invariant: the time is read from the database's clock, before Kafka is queried. This machine's clock may be wrong, and is
never used to say how complete the tables are (decision 80).
"""

import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

import structlog

import sql
from consumer.event.model import Partition
from consumer.kafka.admin import Cluster, ClusterUnavailable
from consumer.kafka.topic_faults import TopicFault
from consumer.partitions.open_transactions import ASK_SECONDS, OpenTransactions
from consumer.retries import OnRetry, Retry
from runtime.postgres import ANSWER_SECONDS, Connection, Error, watched
from runtime.reconnecting import Reconnecting
from runtime.threads import OnDeath, spawn

log = structlog.get_logger()

CLOCK = sql.query("consumer/clock")
SECONDS = 1.0
# That the database is unavailable is logged by whatever writes to it; here it only costs freshness.
RETRY_SECONDS = 5.0


@dataclass(frozen=True, kw_only=True)
class EndOffsets:
    """Kafka's answer: everything that it had received before `at` lies before these ends; `ids` by topic name.

    For the topics in `unknown` it returned no id, which does not mean that they are gone.

    `at` is by the database's clock, and None if the database did not answer.
    """

    at: datetime | None
    ends: dict[Partition, int]
    ids: dict[str, str]
    unknown: frozenset[str] = frozenset()


class Watermark:
    """Keeps the newest end offsets of the partitions that the loop owns; `connect` makes its own connection."""

    def __init__(
        self, cluster: Cluster, connect: Callable[[], Connection], on_retry: OnRetry, on_death: OnDeath
    ) -> None:
        self._cluster = cluster
        self._database = Reconnecting(connect)
        self._on_retry = on_retry
        self._owned: Collection[Partition] = ()
        self._newest: EndOffsets | None = None
        self._not_before = 0.0
        self._wake = threading.Event()
        self._closed = False
        self._open_transactions = OpenTransactions()
        self._stable_at = 0.0
        spawn("watermark", self._serve, on_death)

    def follow(self, partitions: Collection[Partition]) -> None:
        """From now on queries the ends of these."""
        self._owned = tuple(partitions)
        self._wake.set()

    def take(self) -> EndOffsets | None:
        """The newest answer, once."""
        newest, self._newest = self._newest, None
        return newest

    def close(self) -> None:
        """Ends the thread, which ends its connection."""
        self._closed = True
        self._wake.set()

    def _serve(self) -> None:
        while not self._closed:
            self._wake.wait(SECONDS)
            self._wake.clear()
            owned = self._owned
            if owned and not self._closed:
                self._ask(owned)
        self._database.close()

    def _ask(self, owned: Collection[Partition]) -> None:
        at = self._database_time()
        try:
            ids = self._cluster.topic_ids({p.topic for p in owned})
            current = [p for p in owned if ids.get(p.topic) == p.topic_id]
            undescribed = {t for t, cause in self._cluster.faults.current() if cause is TopicFault.UNDESCRIBED}
            unknown = frozenset(undescribed - ids.keys())
            ends = self._cluster.ends(current)
            self._newest = EndOffsets(at=at, ends=ends, ids=ids, unknown=unknown)
            self._update_open_transactions(ends)
        except ClusterUnavailable as error:
            log.warning("kafka_unavailable", error=str(error))
            self._on_retry(Retry.KAFKA)

    def _update_open_transactions(self, ends: dict[Partition, int]) -> None:
        now = time.monotonic()
        if now - self._stable_at >= ASK_SECONDS:
            self._stable_at = now
            self._open_transactions.update(ends, self._cluster.ends(ends, stable=True), now)

    def _database_time(self) -> datetime | None:
        if time.monotonic() < self._not_before:
            return None
        try:
            with watched(self._database.get(), ANSWER_SECONDS) as connection:
                row = connection.execute(CLOCK).fetchone()
        except Error as error:
            self._database.close()
            self._not_before = time.monotonic() + RETRY_SECONDS
            log.warning("database_time_unknown", error=str(error).strip(), retry_seconds=RETRY_SECONDS)
            self._on_retry(Retry.CLOCK)
            return None
        assert row is not None
        assert isinstance(row[0], datetime)
        return row[0]
