"""The partitions that the group gave us, each in exactly one state: unclaimed, flowing, waiting for a schema, standing.

Only a claim in the database moves a partition from unclaimed to flowing or standing. While the database or the cluster
is away it stays unclaimed, and the loop goes on polling.
"""

import time
from collections.abc import Callable, Collection, Iterable
from typing import TypeAlias

import structlog

from catalog.reasons import HaltCause
from consumer.event.model import Partition
from consumer.kafka.admin import Cluster, ClusterUnavailable
from consumer.partitions import claim
from consumer.partitions.breaker import Breaker, Limits
from consumer.partitions.position import Cursor
from runtime.postgres import Connection, Error, Fault, classify, watched

log = structlog.get_logger()

Key: TypeAlias = tuple[str, int]

RETRY_SECONDS = 1.0
# How soon an operator's `resume` or `gaps accept` is noticed.
RECHECK_SECONDS = 2.0


class Assignment:
    """What is ours and in which state; used by the loop's thread only."""

    def __init__(
        self, cluster: Cluster, connect: Callable[[], Connection], owner: str, limits: Limits, suspects: int
    ) -> None:
        self.unclaimed: set[Key] = set()
        self.flowing: dict[Partition, Cursor] = {}
        self.waiting: dict[Partition, tuple[Cursor, int]] = {}
        self.standing: dict[Partition, HaltCause] = {}
        self._cluster = cluster
        self._connect = connect
        self._connection: Connection | None = None
        self._owner = owner
        self._limits = limits
        self._suspects = suspects
        self._not_before = 0.0
        self._recheck_at = 0.0

    def take(self, unwritten: Collection[Partition]) -> list[Cursor]:
        """Claims what is unclaimed and has nothing `unwritten`; gives the partitions that are to flow."""
        busy = {(p.topic, p.number) for p in unwritten}
        keys = self.unclaimed - busy
        if not keys or time.monotonic() < self._not_before:
            return []
        claimed: list[Cursor] = []
        try:
            self._claim(keys, claimed)  # what was claimed before an error is ours, and must flow
        except (ClusterUnavailable, Error) as error:
            if isinstance(error, Error) and classify(error) is not Fault.AWAY:
                raise
            log.warning("claim_delayed", partitions=len(keys), error=str(error).strip(), retry_seconds=RETRY_SECONDS)
            self._disconnect()
            self._not_before = time.monotonic() + RETRY_SECONDS
        return claimed

    def recheck(self, unwritten: Collection[Partition]) -> None:
        """Puts those of the standing partitions that an operator has let go on back among the unclaimed.

        That one of the `unwritten` stands is not in the database yet, which is no operator's leave.
        """
        if not self.standing or time.monotonic() < self._recheck_at:
            return
        self._recheck_at = time.monotonic() + RECHECK_SECONDS
        try:
            with watched(self._connected()) as connection:
                still = claim.standing(connection, list(self.standing))
        except Error as error:
            if classify(error) is not Fault.AWAY:
                raise
            self._disconnect()
            return
        for partition in [p for p in self.standing if (p.topic_id, p.number) not in still and p not in unwritten]:
            del self.standing[partition]
            self.unclaimed.add((partition.topic, partition.number))

    def forget(self, partition: Partition) -> None:
        """Takes a partition out of its state, to be claimed anew."""
        self.flowing.pop(partition, None)
        self.waiting.pop(partition, None)
        self.unclaimed.add((partition.topic, partition.number))

    def gone(self, keys: Iterable[Key]) -> list[Cursor]:
        """Forgets partitions that are no longer ours, for good; gives the cursors of those that were claimed."""
        taken = set(keys)
        self.unclaimed -= taken
        cursors = [c for c in self._cursors() if (c.partition.topic, c.partition.number) in taken]
        for cursor in cursors:
            self.flowing.pop(cursor.partition, None)
            self.waiting.pop(cursor.partition, None)
        self.standing = {p: cause for p, cause in self.standing.items() if (p.topic, p.number) not in taken}
        return cursors

    def release(self, cursors: Iterable[Cursor]) -> None:
        """Takes leave of partitions in the database, so that the next owner need not suspect their records."""
        claims = [(cursor.partition, cursor.epoch) for cursor in cursors]
        try:
            if claims:
                with watched(self._connected()) as connection:
                    claim.release(connection, claims)
        except Error as error:
            log.warning("release_failed", partitions=len(claims), error=str(error).strip())
            self._disconnect()

    def close(self) -> None:
        """Takes leave of everything and ends the connection."""
        self.release(self._cursors())
        self.flowing.clear()
        self.waiting.clear()
        self._disconnect()

    def _cursors(self) -> list[Cursor]:
        return [*self.flowing.values(), *(cursor for cursor, _ in self.waiting.values())]

    def _claim(self, keys: set[Key], claimed: list[Cursor]) -> None:
        topics = {topic for topic, _ in keys}
        ids = self._cluster.topic_ids(topics)
        compacted = self._cluster.compacted(ids)
        partitions = sorted(Partition(topic, ids[topic], number) for topic, number in keys if topic in ids)
        bounds = self._cluster.bounds(partitions)
        for partition in bounds:
            halt = f"topic {partition.topic} is compacted" if partition.topic in compacted else None
            with watched(self._connected()) as connection:
                taken = claim.take(connection, partition, bounds[partition], self._owner, halt)
            self.unclaimed.discard((partition.topic, partition.number))
            if taken.halt is not None:
                self.halted(partition, *taken.halt)
            else:
                claimed.append(self._flow(taken, bounds[partition].high))
        if missing := topics - ids.keys():
            log.error("topics_missing", topics=sorted(missing), hint="the broker does not know them (any more)")
        if len(bounds) < len(keys):
            self._not_before = time.monotonic() + RETRY_SECONDS

    def _flow(self, taken: claim.Claim, end: int) -> Cursor:
        cursor = Cursor(taken.partition, taken.next_offset, taken.epoch, end, Breaker(self._limits))
        if taken.unclean:
            cursor.suspect_until = taken.next_offset + self._suspects
        self.flowing[taken.partition] = cursor
        log.info("claimed", **_names(taken.partition), offset=taken.next_offset, end=end, unclean_before=taken.unclean)
        return cursor

    def halted(self, partition: Partition, cause: HaltCause, detail: str) -> None:
        """Notes that a partition stands, as the database has it."""
        self.flowing.pop(partition, None)
        self.waiting.pop(partition, None)
        self.standing[partition] = cause
        log.error("halted", **_names(partition), cause=cause.value, detail=detail, meaning=cause.meaning)

    def _connected(self) -> Connection:
        if self._connection is None or self._connection.closed:
            self._connection = self._connect()
        return self._connection

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _names(partition: Partition) -> dict[str, str | int]:
    return {"topic": partition.topic, "partition": partition.number}
