"""A row of `partition_progress`: what was consumed of one incarnation of a partition (SPEC 5)."""

from dataclasses import dataclass
from datetime import datetime

import sql
from consumer.event.model import Partition
from runtime.postgres import Connection, select

LOCK = sql.query("consumer/claim_lock")


@dataclass(frozen=True, kw_only=True)
class PartitionProgress:
    """The row. `owner` is None after a clean release, the three of a halt are set together; times are UTC."""

    topic: str
    topic_id: str
    number: int
    next_offset: int
    epoch: int
    owner: str | None
    halted: str | None
    halted_detail: str | None
    halted_at: datetime | None
    recorded: int
    duplicate: int
    conflict: int
    ignored: int
    ignored_not_audited: int
    ignored_tombstone: int
    ignored_no_change: int
    ignored_other_cell: int
    parked: int
    gap: int
    undelivered: int
    reread: int
    complete_through: datetime | None
    retired_at: datetime | None

    @property
    def partition(self) -> Partition:
        """The partition, with its topic's id."""
        return Partition(self.topic, self.topic_id, self.number)

    @property
    def outcomes(self) -> int:
        """The offsets that have an outcome, lie in a gap, or are not delivered."""
        delivered = self.recorded + self.duplicate + self.conflict + self.ignored + self.parked
        return delivered + self.gap + self.undelivered


def lock_progress(connection: Connection, partition: Partition) -> PartitionProgress:
    """The row of `partition`, which must exist, locked until the end of the transaction."""
    (row,) = select(connection, PartitionProgress, LOCK, topic_id=partition.topic_id, number=partition.number)
    return row
