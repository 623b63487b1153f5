"""The partitions that the group gave us, each in exactly one state: unclaimed, active, awaiting a schema, halted.

Only a claim in the database moves a partition from unclaimed to active or halted. While the database or the cluster
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
from consumer.partitions.position import Position
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
        self.active: dict[Partition, Position] = {}
        self.awaiting_schema: dict[Partition, tuple[Position, int]] = {}
        self.halted: dict[Partition, HaltCause] = {}
        self._cluster = cluster
        self._connect = connect
        self._connection: Connection | None = None
        self._owner = owner
        self._limits = limits
        self._suspects = suspects
        self._not_before = 0.0
        self._recheck_at = 0.0

    def take(self, unwritten: Collection[Partition]) -> list[Position]:
        """Claims what is unclaimed and has nothing `unwritten`; gives the positions of those that are active now."""
        busy = {(p.topic, p.number) for p in unwritten}
        keys = self.unclaimed - busy
        if not keys or time.monotonic() < self._not_before:
            return []
        claimed: list[Position] = []
        try:
            self._claim(keys, claimed)  # what was claimed before an error is ours, and must be read
        except (ClusterUnavailable, Error) as error:
            if isinstance(error, Error) and classify(error) is not Fault.AWAY:
                raise
            log.warning("claim_delayed", partitions=len(keys), error=str(error).strip(), retry_seconds=RETRY_SECONDS)
            self._disconnect()
            self._not_before = time.monotonic() + RETRY_SECONDS
        return claimed

    def recheck(self, unwritten: Collection[Partition]) -> None:
        """Puts those of the halted partitions that an operator has let go on back among the unclaimed.

        That one of the `unwritten` stands is not in the database yet, which is no operator's leave.
        """
        if not self.halted or time.monotonic() < self._recheck_at:
            return
        self._recheck_at = time.monotonic() + RECHECK_SECONDS
        try:
            with watched(self._connected()) as connection:
                still = claim.still_halted(connection, list(self.halted))
        except Error as error:
            if classify(error) is not Fault.AWAY:
                raise
            self._disconnect()
            return
        for partition in [p for p in self.halted if (p.topic_id, p.number) not in still and p not in unwritten]:
            del self.halted[partition]
            self.unclaimed.add((partition.topic, partition.number))

    def forget(self, partition: Partition) -> None:
        """Takes a partition out of its state, to be claimed anew."""
        self.active.pop(partition, None)
        self.awaiting_schema.pop(partition, None)
        self.unclaimed.add((partition.topic, partition.number))

    def remove(self, keys: Iterable[Key]) -> list[Position]:
        """Forgets partitions that are no longer ours, for good; gives the positions of those that were claimed."""
        taken = set(keys)
        self.unclaimed -= taken
        positions = [p for p in self._positions() if (p.partition.topic, p.partition.number) in taken]
        for position in positions:
            self.active.pop(position.partition, None)
            self.awaiting_schema.pop(position.partition, None)
        self.halted = {p: cause for p, cause in self.halted.items() if (p.topic, p.number) not in taken}
        return positions

    def release(self, positions: Iterable[Position]) -> None:
        """Takes leave of partitions in the database, so that the next owner need not suspect their records."""
        claims = [(position.partition, position.epoch) for position in positions]
        try:
            if claims:
                with watched(self._connected()) as connection:
                    claim.release(connection, claims)
        except Error as error:
            log.warning("release_failed", partitions=len(claims), error=str(error).strip())
            self._disconnect()

    def close(self) -> None:
        """Takes leave of everything and ends the connection."""
        self.release(self._positions())
        self.active.clear()
        self.awaiting_schema.clear()
        self._disconnect()

    def _positions(self) -> list[Position]:
        return [*self.active.values(), *(position for position, _ in self.awaiting_schema.values())]

    def _claim(self, keys: set[Key], claimed: list[Position]) -> None:
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
                self.halt(partition, *taken.halt)
            else:
                claimed.append(self._activate(taken, bounds[partition].high))
        if missing := topics - ids.keys():
            log.error("topics_missing", topics=sorted(missing), hint="the broker does not know them (any more)")
        if len(bounds) < len(keys):
            self._not_before = time.monotonic() + RETRY_SECONDS

    def _activate(self, taken: claim.Claim, end: int) -> Position:
        position = Position(taken.partition, taken.next_offset, taken.epoch, end, Breaker(self._limits))
        if taken.unclean:
            position.suspect_until = taken.next_offset + self._suspects
        self.active[taken.partition] = position
        log.info("claimed", **_names(taken.partition), offset=taken.next_offset, end=end, unclean_before=taken.unclean)
        return position

    def halt(self, partition: Partition, cause: HaltCause, detail: str) -> None:
        """Notes that a partition stands, as the database has it."""
        self.active.pop(partition, None)
        self.awaiting_schema.pop(partition, None)
        self.halted[partition] = cause
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
