"""Asks Kafka, about once a second, where the logs end and which topics they belong to, in a thread of its own.

An end that was asked for at a time tells two things: once we have read up to it, everything that Kafka had received by
that time is in the tables (`complete_through`); and a topic id that is not the one we claimed means another log.
"""

import threading
from collections.abc import Collection
from datetime import UTC, datetime
from typing import NamedTuple

import structlog

from consumer.event.model import Partition
from consumer.kafka.admin import Cluster, ClusterUnavailable

log = structlog.get_logger()
SECONDS = 1.0


class EndOffsets(NamedTuple):
    """What Kafka said: all that it had received before `at` lies before these ends; `ids` by topic name."""

    at: datetime
    ends: dict[Partition, int]
    ids: dict[str, str]


class Watermark:
    """Keeps the newest sight of the partitions that the loop owns."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._owned: Collection[Partition] = ()
        self._sight: EndOffsets | None = None
        self._wake = threading.Event()
        self._closed = False
        threading.Thread(target=self._serve, name="watermark", daemon=True).start()

    def follow(self, partitions: Collection[Partition]) -> None:
        """From now on look at these."""
        self._owned = tuple(partitions)
        self._wake.set()

    def take(self) -> EndOffsets | None:
        """The newest sight, once."""
        sight, self._sight = self._sight, None
        return sight

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
                self._sight = EndOffsets(at, self._cluster.ends(current), ids)
            except ClusterUnavailable as error:
                log.warning("kafka_unavailable", error=str(error))
