"""Queries Kafka, in a thread of its own, for the topics that may be subscribed to.

Under the newer group protocol the broker refuses a whole subscription for one topic that may
not be described.
"""

import threading
from collections.abc import Sequence

import structlog

from consumer.kafka.admin import Cluster, ClusterUnavailable
from consumer.kafka.topic_faults import TopicFault
from consumer.retries import OnRetry, Retry
from runtime.threads import OnDeath, spawn

log = structlog.get_logger()

SECONDS = 15.0
# While there is a fault, so that its end is noticed soon.
FAULT_SECONDS = 3.0


class TopicWatch:
    """Keeps the faults of `topics` fresh; a topic that does not exist stays subscribed, so that it is read once it does."""

    def __init__(self, cluster: Cluster, topics: Sequence[str], on_retry: OnRetry, on_death: OnDeath) -> None:
        self._cluster = cluster
        self._topics = tuple(topics)
        self._on_retry = on_retry
        self._newest: list[str] | None = None
        self._closed = threading.Event()
        spawn("topic-watch", self._serve, on_death)

    def take(self) -> list[str] | None:
        """The topics to be subscribed to, once after each answer of Kafka."""
        newest, self._newest = self._newest, None
        return newest

    def close(self) -> None:
        """Ends the thread, once it has its answer."""
        self._closed.set()

    def _serve(self) -> None:
        while not self._closed.is_set():
            try:
                self._cluster.topic_ids(self._topics)
                faults = self._cluster.faults.current()
                self._newest = [topic for topic in self._topics if (topic, TopicFault.UNDESCRIBED) not in faults]
            except ClusterUnavailable as error:
                log.warning("topics_unavailable", error=str(error), retry_seconds=FAULT_SECONDS)
                self._on_retry(Retry.KAFKA)
            self._closed.wait(FAULT_SECONDS if self._cluster.faults.topics() or self._newest is None else SECONDS)
