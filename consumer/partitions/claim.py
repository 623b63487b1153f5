"""Claiming a partition: where it begins, and whether Kafka still has what was not read.

The decision is a pure function of the progress row and the log's bounds; the transaction around it states the gaps,
raises the epoch (which fences whoever wrote before) and names the owner.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import sql
from catalog.reasons import GapCause, HaltCause
from consumer.event.model import Partition
from consumer.kafka.admin import Bounds
from consumer.partitions.progress import PartitionProgress, lock_progress
from runtime.postgres import Connection

OLDER = sql.query("consumer/claim_older")
CREATE = sql.query("consumer/claim_create")
TAKE = sql.query("consumer/claim_take")
RELEASE = sql.query("consumer/claim_release")
STATE_GAP = sql.query("consumer/state_gap")
HALTED = sql.query("consumer/halted_partitions")

# These stand until an operator says otherwise. The others are looked at afresh by every claim.
STICKY = frozenset({HaltCause.GAP, HaltCause.BREAKER})


class Gap(NamedTuple):
    """Offsets [start, end) that Kafka no longer has; `end` is None where no one can know."""

    start: int
    end: int | None
    cause: GapCause


class Claim(NamedTuple):
    """What a claim gave: read from `next_offset` under `epoch`, or stand still because of `halt`.

    `unclean` says that the owner before did not take its leave: its last records may have killed it.
    """

    partition: Partition
    next_offset: int
    epoch: int
    halt: tuple[HaltCause, str] | None
    unclean: bool


def gap(next_offset: int, bounds: Bounds, *, first: bool) -> Gap | None:
    """What Kafka no longer has of what comes behind `next_offset`, if anything; `first` where nothing was ever read."""
    if next_offset < bounds.low:
        return Gap(next_offset, bounds.low, GapCause.BEFORE_FIRST_READ if first else GapCause.LOG_START_MOVED)
    if next_offset > bounds.high:
        return Gap(bounds.high, next_offset, GapCause.LOG_TRUNCATED)
    return None


def take(connection: Connection, partition: Partition, bounds: Bounds, owner: str, halt: str | None) -> Claim:
    """Claims one partition for `owner`, in one transaction; `halt` forbids its reading (a compacted topic)."""
    key = {"topic": partition.topic, "topic_id": partition.topic_id, "number": partition.number}
    with connection.transaction():
        connection.execute(CREATE, key)
        progress = lock_progress(connection, partition)
        found = _halt(connection, partition, progress, bounds)
        if found is None and halt is not None:
            found = HaltCause.COMPACTED, halt
        taken = {"owner": None if found else owner, "halted": found and found[0], "halted_detail": found and found[1]}
        epoch = connection.execute(TAKE, {**key, **taken}).fetchone()
        assert epoch is not None
    unclean = progress.owner not in {None, owner}
    return Claim(partition, progress.next_offset, int(epoch[0]), found, unclean)


def release(connection: Connection, claims: Iterable[tuple[Partition, int]]) -> None:
    """Takes leave of partitions, given with the epoch of the claim; those taken over by others are left alone."""
    with connection.transaction():
        for partition, epoch in sorted(claims):
            key = {"topic_id": partition.topic_id, "number": partition.number, "epoch": epoch}
            connection.execute(RELEASE, key)


def still_halted(connection: Connection, partitions: Sequence[Partition]) -> set[tuple[str, int]]:
    """Those of `partitions`, as (topic id, number), that are still halted in the database."""
    key = {"topic_id": [p.topic_id for p in partitions], "number": [p.number for p in partitions]}
    return {(topic_id, number) for topic_id, number in connection.execute(HALTED, key)}


def _halt(
    connection: Connection, partition: Partition, progress: PartitionProgress, bounds: Bounds
) -> tuple[HaltCause, str] | None:
    if progress.halted is not None and (cause := HaltCause.of(progress.halted)) in STICKY:
        return cause, progress.halted_detail or ""
    first = progress.epoch == 0
    replaced = first and _state_recreated(connection, partition)
    found = gap(progress.next_offset, bounds, first=first)
    if found is not None:
        _state(connection, partition, progress.epoch, found)
        return HaltCause.GAP, f"offsets {found.start} to {found.end} are gone: {found.cause.meaning}"
    if replaced:
        return HaltCause.GAP, f"the topic has a new id, {partition.topic_id}: what its old log still held is gone"
    return None


def _state_recreated(connection: Connection, partition: Partition) -> bool:
    """States what the topic's earlier incarnations left unread; says whether one of them had this partition."""
    key = {"topic": partition.topic, "topic_id": partition.topic_id}
    older = connection.execute(OLDER, key).fetchall()
    for topic_id, number, next_offset, epoch in older:
        gone = Partition(partition.topic, topic_id, number)
        _state(connection, gone, epoch, Gap(next_offset, None, GapCause.TOPIC_RECREATED))
    return any(number == partition.number for _, number, _, _ in older)


def _state(connection: Connection, partition: Partition, epoch: int, found: Gap) -> None:
    connection.execute(
        STATE_GAP,
        {
            "topic": partition.topic,
            "topic_id": partition.topic_id,
            "number": partition.number,
            "from": found.start,
            "to": found.end,
            "epoch": epoch,
            "cause": found.cause,
            "detail": found.cause.meaning,
        },
    )
