"""Asks Kafka, about once a second, where the logs end and which topics they belong to, in a thread of its own.

Two things follow from an end and the time of the question: once we have read up to that end, everything that Kafka had
received by then is in the tables (`complete_through`); and a topic id that is not the claimed one means another log.
"""

import threading
import time
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog

from consumer.event.model import Partition
from consumer.kafka.admin import Cluster, ClusterUnavailable
from consumer.kafka.topic_faults import TopicFault
from consumer.partitions.open_transactions import ASK_SECONDS, OpenTransactions
from consumer.retries import OnRetry, Retry

log = structlog.get_logger()
SECONDS = 1.0


@dataclass(frozen=True, kw_only=True)
class EndOffsets:
    """What Kafka said: all that it had received before `at` lies before these ends; `ids` by topic name.

    Of the topics in `unknown` it does not tell the id now, which does not mean that they are gone.
    """

    at: datetime
    ends: dict[Partition, int]
    ids: dict[str, str]
    unknown: frozenset[str] = frozenset()


class Watermark:
    """Keeps the newest end offsets of the partitions that the loop owns."""

    def __init__(self, cluster: Cluster, on_retry: OnRetry) -> None:
        self._cluster = cluster
        self._on_retry = on_retry
        self._owned: Collection[Partition] = ()
        self._newest: EndOffsets | None = None
        self._wake = threading.Event()
        self._closed = False
        self._open_transactions = OpenTransactions()
        self._stable_at = 0.0
        threading.Thread(target=self._serve, name="watermark", daemon=True).start()

    def follow(self, partitions: Collection[Partition]) -> None:
        """From now on ask for the ends of these."""
        self._owned = tuple(partitions)
        self._wake.set()

    def take(self) -> EndOffsets | None:
        """The newest newest, once."""
        newest, self._newest = self._newest, None
        return newest

    def close(self) -> None:
        """Ends the thread."""
        self._closed = True
        self._wake.set()

    def _serve(self) -> None:
        while not self._closed:
            self._wake.wait(SECONDS)
            self._wake.clear()
            owned = self._owned
            if not owned or self._closed:
                continue
            try:
                at = datetime.now(UTC)
                ids = self._cluster.topic_ids({p.topic for p in owned})
                current = [p for p in owned if ids.get(p.topic) == p.topic_id]
                undescribed = {t for t, cause in self._cluster.faults.current() if cause is TopicFault.UNDESCRIBED}
                unknown = frozenset(undescribed - ids.keys())
                ends = self._cluster.ends(current)
                self._newest = EndOffsets(at=at, ends=ends, ids=ids, unknown=unknown)
                self._look_for_open_transactions(ends)
            except ClusterUnavailable as error:
                log.warning("kafka_unavailable", error=str(error))
                self._on_retry(Retry.KAFKA)

    def _look_for_open_transactions(self, ends: dict[Partition, int]) -> None:
        now = time.monotonic()
        if now - self._stable_at >= ASK_SECONDS:
            self._stable_at = now
            self._open_transactions.look(ends, self._cluster.ends(ends, stable=True), now)
