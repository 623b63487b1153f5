"""The partitions that the group gave us, each in exactly one state: unclaimed, active, awaiting a schema, halted.

Only a claim in the database moves a partition from unclaimed to active or halted. While the database or the cluster
is unavailable it stays unclaimed, and the loop goes on polling.
"""

import time
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import TypeAlias

import structlog

from catalog.reasons import HaltCause
from consumer.event.model import Partition
from consumer.kafka.admin import Cluster, ClusterUnavailable
from consumer.partitions import claim
from consumer.partitions.breaker import Breaker, Limits
from consumer.partitions.position import Position
from consumer.retries import OnRetry, Retry
from runtime.postgres import Connection, Error, ErrorKind, classify, watched
from runtime.reconnecting import Reconnecting

log = structlog.get_logger()

Key: TypeAlias = tuple[str, int]

RETRY_SECONDS = 1.0
# How soon an operator's `resume` or `gaps accept` is noticed.
RECHECK_SECONDS = 2.0


class Assignment:
    """The partitions of this consumer and their states; used by the loop's thread only."""

    def __init__(
        self,
        cluster: Cluster,
        connect: Callable[[], Connection],
        owner: claim.Owner,
        limits: Limits,
        *,
        suspects: int,
        on_retry: OnRetry,
    ) -> None:
        """`owner` is this consumer in the database, and `limits` are the breaker's.

        After an owner that did not release a partition, its first `suspects` records are run in isolation.
        """
        self.unclaimed: set[Key] = set()
        self.active: dict[Partition, Position] = {}
        self.awaiting_schema: dict[Partition, tuple[Position, int]] = {}
        self.halted: dict[Partition, HaltCause] = {}
        self._cluster = cluster
        self._database = Reconnecting(connect)
        self._owner = owner
        self._limits = limits
        self._suspects = suspects
        self._on_retry = on_retry
        self._not_before = 0.0
        self._recheck_at = 0.0

    def claim_unclaimed(self, unwritten: Collection[Partition]) -> list[Position]:
        """Claims the unclaimed partitions that are not in `unwritten`; returns the positions of those that are active now."""
        busy = {(p.topic, p.number) for p in unwritten}
        keys = self.unclaimed - busy
        if not keys or time.monotonic() < self._not_before:
            return []
        claimed: list[Position] = []
        try:
            self._claim(keys, claimed)  # partitions claimed before an error are ours, and must be read
        except (ClusterUnavailable, Error) as error:
            if isinstance(error, Error) and classify(error) is not ErrorKind.UNAVAILABLE:
                raise
            log.warning("claim_delayed", partitions=len(keys), error=str(error).strip(), retry_seconds=RETRY_SECONDS)
            self._on_retry(Retry.CLAIM)
            self._database.close()
            self._not_before = time.monotonic() + RETRY_SECONDS
        return claimed

    def recheck(self, unwritten: Collection[Partition]) -> None:
        """Moves the halted partitions that an operator has resumed back to the unclaimed.

        The halt of a partition in `unwritten` is not in the database yet, so it does not count as resumed.
        """
        if not self.halted or time.monotonic() < self._recheck_at:
            return
        self._recheck_at = time.monotonic() + RECHECK_SECONDS
        try:
            with watched(self._database.get()) as connection:
                still = claim.still_halted(connection, list(self.halted))
        except Error as error:
            if classify(error) is not ErrorKind.UNAVAILABLE:
                raise
            self._database.close()
            return
        for partition in [p for p in self.halted if (p.topic_id, p.number) not in still and p not in unwritten]:
            del self.halted[partition]
            self.unclaimed.add((partition.topic, partition.number))

    def read_progress(self, partitions: Sequence[Partition]) -> dict[Partition, tuple[int, bool]] | None:
        """As `claim.read_progress`, whoever owns the partitions; None while the database is unavailable."""
        try:
            with watched(self._database.get()) as connection:
                return claim.read_progress(connection, partitions)
        except Error as error:
            if classify(error) is not ErrorKind.UNAVAILABLE:
                raise
            self._database.close()
            return None

    def unclaim(self, partition: Partition) -> None:
        """Makes a partition unclaimed, so that it is claimed again."""
        self.active.pop(partition, None)
        self.awaiting_schema.pop(partition, None)
        self.unclaimed.add((partition.topic, partition.number))

    def remove(self, keys: Iterable[Key]) -> list[Position]:
        """Removes partitions that are no longer ours; returns the positions of those that were claimed."""
        taken = set(keys)
        self.unclaimed -= taken
        positions = [p for p in self._positions() if (p.partition.topic, p.partition.number) in taken]
        for position in positions:
            self.active.pop(position.partition, None)
            self.awaiting_schema.pop(position.partition, None)
        self.halted = {p: cause for p, cause in self.halted.items() if (p.topic, p.number) not in taken}
        return positions

    def release(self, positions: Iterable[Position]) -> None:
        """Releases partitions in the database, so that the next owner need not suspect their records."""
        claims = [(position.partition, position.epoch) for position in positions]
        try:
            if claims:
                with watched(self._database.get()) as connection:
                    claim.release(connection, claims)
        except Error as error:
            log.warning("release_failed", partitions=len(claims), error=str(error).strip())
            self._on_retry(Retry.RELEASE)
            self._database.close()

    def release_all(self) -> None:
        """Releases every partition, before an orderly shutdown."""
        self.release(self._positions())
        self.active.clear()
        self.awaiting_schema.clear()

    def close(self) -> None:
        """Ends the connection; what was not released is suspect to the next owner."""
        self._database.close()

    def await_schema(self, position: Position, schema_id: int) -> None:
        """An active partition waits for the schema of this id."""
        del self.active[position.partition]
        self.awaiting_schema[position.partition] = (position, schema_id)

    def schema_arrived(self, schema_id: int) -> list[Position]:
        """Makes the partitions active again that waited for this schema; gives their positions."""
        arrived = [position for position, awaited in self.awaiting_schema.values() if awaited == schema_id]
        for position in arrived:
            del self.awaiting_schema[position.partition]
            self.active[position.partition] = position
        return arrived

    def _positions(self) -> list[Position]:
        return [*self.active.values(), *(position for position, _ in self.awaiting_schema.values())]

    def _claim(self, keys: set[Key], claimed: list[Position]) -> None:
        ids = self._cluster.topic_ids({topic for topic, _ in keys})
        compacted = self._cluster.compacted(ids)
        partitions = sorted(Partition(topic, ids[topic], number) for topic, number in keys if topic in compacted)
        bounds = self._cluster.bounds(partitions)
        for partition in bounds:
            halt = f"topic {partition.topic} is compacted" if compacted[partition.topic] else None
            with watched(self._database.get()) as connection:
                taken = claim.take(connection, partition, bounds[partition], self._owner, halt)
            self.unclaimed.discard((partition.topic, partition.number))
            if taken.halt is not None:
                self.halt(partition, *taken.halt)
            else:
                claimed.append(self._activate(taken, bounds[partition].high))
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
        """Notes that a partition is halted in the database."""
        self.active.pop(partition, None)
        self.awaiting_schema.pop(partition, None)
        self.halted[partition] = cause
        log.error("halted", **_names(partition), cause=cause.value, detail=detail, meaning=cause.meaning)


def _names(partition: Partition) -> dict[str, str | int]:
    return {"topic": partition.topic, "partition": partition.number}
