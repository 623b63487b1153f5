"""Claiming a partition: its next offset, and whether Kafka still has everything that was not read.

`gap` decides, from the progress row and the log's bounds alone; the transaction around it states the gaps, raises the
epoch (which fences the previous owner) and names the new owner.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import sql
from catalog.cells import Cell
from catalog.reasons import GapCause, HaltCause
from consumer.event.model import Partition
from consumer.kafka.admin import Bounds
from consumer.partitions.cell import keep_cell
from consumer.partitions.progress import PartitionProgress, lock_progress
from runtime.postgres import Connection

OLDER = sql.query("consumer/claim_older")
CREATE = sql.query("consumer/claim_create")
TAKE = sql.query("consumer/claim_take")
RELEASE = sql.query("consumer/claim_release")
STATE_GAP = sql.query("consumer/state_gap")
HALTED = sql.query("consumer/halted_partitions")
PROGRESS = sql.query("consumer/read_progress")

# These are checked again by every claim. An operator has to end all other halts, also one whose cause only another version knows.
CHECKED_AGAIN = frozenset({HaltCause.REGISTRY_UNSET, HaltCause.DAMAGED_LOG, HaltCause.COMPACTED})


class Owner(NamedTuple):
    """Who claims: the name of this consumer, and the cell that its database must be."""

    name: str
    cell: Cell


@dataclass(frozen=True, kw_only=True)
class Gap:
    """Offsets [start, end) that Kafka no longer has; `end` is None if it cannot be known."""

    start: int
    end: int | None
    cause: GapCause


@dataclass(frozen=True, kw_only=True)
class Claim:
    """What a claim gave: read from `next_offset` under `epoch`, or halted because of `halt`.

    `unclean` says that the previous owner did not release the partition: one of its last records may have killed it.
    """

    partition: Partition
    next_offset: int
    epoch: int
    halt: tuple[HaltCause, str] | None
    unclean: bool


def gap(next_offset: int, bounds: Bounds, *, first: bool) -> Gap | None:
    """What Kafka no longer has from `next_offset` on, if anything; `first`: nothing was ever read."""
    if next_offset < bounds.low:
        cause = GapCause.BEFORE_FIRST_READ if first else GapCause.LOG_START_MOVED
        return Gap(start=next_offset, end=bounds.low, cause=cause)
    if next_offset > bounds.high:
        return Gap(start=bounds.high, end=next_offset, cause=GapCause.LOG_TRUNCATED)
    return None


def take(connection: Connection, partition: Partition, bounds: Bounds, owner: Owner, halt: str | None) -> Claim:
    """Claims one partition for `owner`, in one transaction; `halt` forbids its reading (a compacted topic).

    Raises WrongCell where the database is not the owner's cell.
    """
    key = {"topic": partition.topic, "topic_id": partition.topic_id, "number": partition.number}
    with connection.transaction():
        keep_cell(connection, owner.cell)
        connection.execute(CREATE, key)
        progress = lock_progress(connection, partition)
        halted = _halt(connection, partition, progress, bounds)
        if halted is None and halt is not None:
            halted = HaltCause.COMPACTED, halt
        cause, detail = halted or (None, None)
        taken = {"owner": None if halted else owner.name, "halted": cause, "halted_detail": detail}
        epoch = connection.execute(TAKE, {**key, **taken}).fetchone()
        assert epoch is not None
    return Claim(
        partition=partition,
        next_offset=progress.next_offset,
        epoch=int(epoch[0]),
        halt=halted,
        unclean=progress.owner not in {None, owner.name},
    )


def release(connection: Connection, claims: Iterable[tuple[Partition, int]]) -> None:
    """Releases partitions, given with the epoch of their claim; those taken over by others are left alone."""
    with connection.transaction():
        for partition, epoch in sorted(claims):
            key = {"topic_id": partition.topic_id, "number": partition.number, "epoch": epoch}
            connection.execute(RELEASE, key)


def still_halted(connection: Connection, partitions: Sequence[Partition]) -> set[tuple[str, int]]:
    """Those of `partitions`, as (topic id, number), that are still halted in the database."""
    key = {"topic_id": [p.topic_id for p in partitions], "number": [p.number for p in partitions]}
    return {(topic_id, number) for topic_id, number in connection.execute(HALTED, key)}


def read_progress(connection: Connection, partitions: Sequence[Partition]) -> dict[Partition, tuple[int, bool]]:
    """The next offset of each of `partitions` that was ever claimed, by anyone, and whether it is halted."""
    key = {"topic_id": [p.topic_id for p in partitions], "number": [p.number for p in partitions]}
    rows = {
        (topic_id, number): (offset, halted) for topic_id, number, offset, halted in connection.execute(PROGRESS, key)
    }
    return {p: rows[p.topic_id, p.number] for p in partitions if (p.topic_id, p.number) in rows}


def _halt(
    connection: Connection, partition: Partition, progress: PartitionProgress, bounds: Bounds
) -> tuple[HaltCause, str] | None:
    if progress.halted is not None and (cause := HaltCause.of(progress.halted)) not in CHECKED_AGAIN:
        return cause, progress.halted_detail or ""
    first = progress.epoch == 0
    replaced = first and _state_recreated(connection, partition)
    missing = gap(progress.next_offset, bounds, first=first)
    if missing is not None:
        _state(connection, partition, progress.epoch, missing)
        return HaltCause.GAP, f"offsets {missing.start} to {missing.end} are gone: {missing.cause.meaning}"
    if replaced:
        return HaltCause.GAP, f"the topic has a new id, {partition.topic_id}: what its old log still held is gone"
    return None


def _state_recreated(connection: Connection, partition: Partition) -> bool:
    """States what the topic's earlier incarnations left unread; says whether one of them had this partition."""
    key = {"topic": partition.topic, "topic_id": partition.topic_id}
    older = connection.execute(OLDER, key).fetchall()
    for topic_id, number, next_offset, epoch in older:
        gone = Partition(partition.topic, topic_id, number)
        _state(connection, gone, epoch, Gap(start=next_offset, end=None, cause=GapCause.TOPIC_RECREATED))
    return any(number == partition.number for _, number, _, _ in older)


def _state(connection: Connection, partition: Partition, epoch: int, missing: Gap) -> None:
    connection.execute(
        STATE_GAP,
        {
            "topic": partition.topic,
            "topic_id": partition.topic_id,
            "number": partition.number,
            "from": missing.start,
            "to": missing.end,
            "epoch": epoch,
            "cause": missing.cause,
            "detail": missing.cause.meaning,
        },
    )
