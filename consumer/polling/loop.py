"""The loop: poll, process, store, and only then commit.

Invariant: an offset is passed in memory only together with its outcome, in the database only together with its rows,
and in Kafka only after that. Whatever is dropped here is read again, because reading starts at the database's offsets.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from consumer.kafka.admin import Cluster
from consumer.kafka.consumer import GroupConsumer
from consumer.kafka.rebalance import RebalanceCallbacks
from consumer.kafka.topic_watch import TopicWatch
from consumer.partitions.assignment import Assignment, Key
from consumer.partitions.position import Position
from consumer.partitions.watermark import Watermark
from consumer.polling.backpressure import Backpressure
from consumer.polling.completeness import Completeness
from consumer.polling.handover import HandOver
from consumer.polling.intake import Intake
from consumer.polling.observer import Observer
from consumer.polling.schema_source import SchemaSource
from consumer.polling.schema_wait import SchemaWait
from consumer.polling.until_end import UntilEnd
from consumer.registry.fetcher import SchemaFetcher
from consumer.storage.writer import Writer
from runtime.threads import Deaths

log = structlog.get_logger()

# Few enough that the messages of one poll are still in the processor's cache when their headers are read.
POLL_RECORDS = 200
POLL_SECONDS = 0.02
REVOKE_SECONDS = 10.0
# TopicWatch queries Kafka at least every 15 s, so a cluster that can be reached has answered within this time.
REACHED_SECONDS = 20.0


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What a loop works with, and does not close; `group_consumer` joins the group with the loop's callbacks."""

    group_consumer: Callable[[RebalanceCallbacks], GroupConsumer]
    cluster: Cluster
    assignment: Assignment
    writer: Writer
    watermark: Watermark
    topic_watch: TopicWatch
    until_end: UntilEnd | None
    source: SchemaSource
    schema_fetcher: SchemaFetcher | None
    deaths: Deaths
    stop: threading.Event


class Loop:
    """One consumer, from joining the group to leaving it, which `close` does."""

    def __init__(self, parts: Parts, *, observer: Observer) -> None:
        self._cluster = parts.cluster
        self._assignment = parts.assignment
        self._writer = parts.writer
        self._watermark = parts.watermark
        self._source = parts.source
        self._deaths = parts.deaths
        self._stop = parts.stop
        self._topic_watch = parts.topic_watch
        self._until_end = parts.until_end
        self._observer = observer
        self._joined = False
        self._keys: set[Key] = set()  # that the group has given us
        self._closing = False
        callbacks = RebalanceCallbacks(assigned=self._assigned, revoked=self._revoked, lost=self._lost)
        self._consumer = parts.group_consumer(callbacks)
        self._backpressure = Backpressure(self._consumer, parts.assignment)
        self._schema_wait = SchemaWait(
            self._consumer, parts.assignment, self._backpressure, parts.source, parts.schema_fetcher
        )
        self._intake = Intake(self._consumer, parts.assignment, self._backpressure, parts.source, self._schema_wait)
        self._handover = HandOver(
            self._consumer, parts.assignment, self._backpressure, self._intake, parts.writer, observer
        )
        self._completeness = Completeness(self._consumer, parts.assignment, parts.watermark)

    def run(self) -> bool:
        """Consumes until stopped or, with `until_end`, until there is nothing more to wait for.

        False if a partition is halted, or if with `until_end` an end was not reached, also because of a signal.

        Partitions are released only if this returns: after an exception the next owner must suspect their records. They are
        not released if the database was unavailable for the last batch, because the release would wait for it as well.
        """
        ended = False
        while not self._stop.is_set() and not (ended := self._at_end()):
            self._deaths.check()
            self._observer.on_loop(self._assignment.halted)
            if (topics := self._topic_watch.take()) is not None:
                self._consumer.subscribe(topics)
            if self._consumer.is_cut_off() and self._cluster.reached_within(REACHED_SECONDS):
                self._renew()
            self._claim()
            self._poll()
            self._handover.settle()
            self._completeness.apply(self._intake.batch)
            self._schema_wait.end()
            self._handover.hand_over()
        drained = self._handover.drain()
        if self._until_end is not None and not ended:
            log.error("ends_not_reached", hint="stopped by a signal: run it again to read the rest")
        clean = not self._assignment.halted and (self._until_end is None or (ended and self._until_end.clean))
        if drained:
            self._assignment.release_all()
        return clean

    def close(self) -> None:
        """Leaves the group, however the run ended."""
        self._closing = True
        self._consumer.close()

    # --- rebalances; called inside poll

    def _assigned(self, keys: list[Key]) -> None:
        self._joined = True
        self._keys.update(keys)
        self._assignment.unclaimed.update(keys)
        self._observer.on_assigned(keys)
        log.info("partitions_assigned", partitions=len(keys))

    def _revoked(self, keys: list[Key]) -> None:
        if self._closing:
            return
        if self._writer.wait(REVOKE_SECONDS):  # a batch that is being written may still be written
            self._handover.settle()
        self._assignment.release(self._give_up(keys))
        self._observer.on_revoked(keys)
        log.info("partitions_revoked", partitions=len(keys))

    def _lost(self, keys: list[Key]) -> None:
        if self._closing:
            return
        self._give_up(keys)
        self._observer.on_lost(keys)
        log.warning("partitions_lost", partitions=len(keys))

    def _renew(self) -> None:
        """Replaces the member's client, which reaches no broker while the admin client does (decision 112)."""
        log.warning(
            "kafka_client_replaced", client="member", reason="no broker answers it, while one answers the admin client"
        )
        self._lost(sorted(self._keys))
        self._joined = False
        self._consumer.renew()

    def _give_up(self, keys: list[Key]) -> list[Position]:
        self._keys.difference_update(keys)
        positions = self._assignment.remove(keys)
        self._intake.drop(keys)
        return positions

    # --- claiming and polling

    def _claim(self) -> None:
        writing = self._writer.batch
        unwritten = {*self._intake.batch.ranges, *(writing.ranges if writing else ())}
        self._assignment.recheck(unwritten)
        if not self._assignment.unclaimed:
            return
        claimed = self._assignment.claim_unclaimed(unwritten)
        if claimed:  # an operator who has fixed the registry and resumed expects another request to it
            self._source.forget_absent()
        for position in claimed:
            self._observer.on_claimed(position)
            self._backpressure.start(position)
        self._watermark.follow(self._assignment.active)

    def _poll(self) -> None:
        room = self._backpressure.room(self._intake.batch)
        if room > 0 or self._backpressure.paused:
            self._intake.take(self._consumer.poll(max(min(room, POLL_RECORDS), 1), POLL_SECONDS))
        elif not self._writer.wait(POLL_SECONDS):
            self._backpressure.pause_if_slow()

    def _at_end(self) -> bool:
        return self._until_end is not None and self._handover.idle() and self._until_end.reached(joined=self._joined)
