"""Asks Kafka, about once a second, where the logs end and which topics they belong to, in a thread of its own.

Two things follow from an end and the time of the question: once we have read up to that end, everything that Kafka had
received by then is in the tables (`complete_through`); and a topic id that is not the claimed one means another log.
"""

import threading
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog

from consumer.event.model import Partition
from consumer.kafka.admin import Cluster, ClusterUnavailable
from consumer.retries import OnRetry, Retry

log = structlog.get_logger()
SECONDS = 1.0


@dataclass(frozen=True, kw_only=True)
class EndOffsets:
    """What Kafka said: all that it had received before `at` lies before these ends; `ids` by topic name."""

    at: datetime
    ends: dict[Partition, int]
    ids: dict[str, str]


class Watermark:
    """Keeps the newest end offsets of the partitions that the loop owns."""

    def __init__(self, cluster: Cluster, on_retry: OnRetry) -> None:
        self._cluster = cluster
        self._on_retry = on_retry
        self._owned: Collection[Partition] = ()
        self._newest: EndOffsets | None = None
        self._wake = threading.Event()
        self._closed = False
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
                self._newest = EndOffsets(at=at, ends=self._cluster.ends(current), ids=ids)
            except ClusterUnavailable as error:
                log.warning("kafka_unavailable", error=str(error))
                self._on_retry(Retry.KAFKA)
