"""The progress of the consumer, per partition, and whether every offset that it passed is accounted for (SPEC 2 and 5).

The check is computed again here, from the counters and against the rows that they count. Once a partition was rewound, a
record may be parked twice and is one row: then the counters of parked records and conflicts are only compared with bounds.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sql
from consumer.event.model import Partition
from consumer.kafka.admin import Bounds, Cluster, ClusterUnavailable
from consumer.operator.clock import clock_ahead
from consumer.operator.recovery import StatedGap, stated_gaps
from consumer.partitions.progress import PartitionProgress
from runtime.postgres import Connection, select, snapshot

PARTITIONS = sql.query("operator/status_partitions")
ENTRIES = sql.query("operator/status_entries")
PARKED = sql.query("operator/status_parked")


@dataclass(frozen=True, kw_only=True)
class PartitionAccount(PartitionProgress):
    """A row of partition_progress, and how many rows the other tables hold of that partition."""

    parked_rows: int
    parked_resolved: int
    replayed: int
    replayed_conflict: int
    conflict_rows: int
    accepted: int
    given_back: int
    complete_through_ahead: bool = False

    @property
    def shown_complete_through(self) -> datetime | None:
        """None while it is ahead of the database's clock: then that clock has gone back, and the time proves nothing."""
        return None if self.complete_through_ahead else self.complete_through


@dataclass(frozen=True, kw_only=True)
class DatabaseAccount:
    """What the database says, in one snapshot; `entries` per (topic, partition), None if they were not counted.

    `clock_ahead` is how many seconds this machine's clock is ahead of the database's (negative: behind).
    """

    partitions: list[PartitionAccount]
    parked: dict[str, int]
    gaps: list[StatedGap]
    entries: dict[tuple[str, int], int] | None
    clock_ahead: float


@dataclass(frozen=True, kw_only=True)
class LogBounds:
    """What Kafka says: the bounds and the last stable offset of each partition's log, and topics that it does not know.

    `unavailable` is why there is no answer.
    """

    bounds: Mapping[Partition, Bounds]
    stable_ends: Mapping[Partition, int]
    missing: Sequence[str]
    unavailable: str | None


@dataclass(frozen=True, kw_only=True)
class _Reason:
    reason: str
    records: int


@dataclass(frozen=True, kw_only=True)
class _Entries:
    topic: str
    number: int
    entries: int


def read_account(connection: Connection, *, count_entries: bool) -> DatabaseAccount:
    """Reads the database; with `count_entries` every entry is counted too, however long that takes."""
    with snapshot(connection):
        if count_entries:
            connection.execute("SET LOCAL statement_timeout = 0")
        counted = select(connection, _Entries, ENTRIES) if count_entries else None
        return DatabaseAccount(
            partitions=select(connection, PartitionAccount, PARTITIONS),
            parked={row.reason: row.records for row in select(connection, _Reason, PARKED)},
            gaps=stated_gaps(connection, accepted=False),
            entries=None if counted is None else {(row.topic, row.number): row.entries for row in counted},
            clock_ahead=clock_ahead(connection),
        )


def read_log_bounds(config: Mapping[str, str], topics: Sequence[str], brokers: str) -> LogBounds:
    """Queries Kafka for where the logs of `topics` begin and end; brokers that do not answer are not an error here."""
    if not brokers:
        return LogBounds(bounds={}, stable_ends={}, missing=(), unavailable="KAFKA_BOOTSTRAP_SERVERS is not set")
    try:
        cluster = Cluster(config)
        partitions = cluster.partitions(topics)
        known = {partition.topic for partition in partitions}
        missing = [topic for topic in topics if topic not in known]
        bounds = cluster.bounds(partitions)
        stable_ends = cluster.ends(bounds, stable=True)  # after the bounds: what ends in between is no open transaction
        return LogBounds(bounds=bounds, stable_ends=stable_ends, missing=missing, unavailable=None)
    except ClusterUnavailable as error:
        return LogBounds(bounds={}, stable_ends={}, missing=(), unavailable=str(error))


def findings(row: PartitionAccount) -> list[str]:
    """What does not balance about one partition, in words; empty when all of it does."""
    return [sentence for amount, sentence in _rules(row) if amount]


def difference(row: PartitionAccount) -> int:
    """How many offsets and rows the accounting of one partition cannot explain; 0 exactly when there are no findings."""
    return sum(amount for amount, _ in _rules(row))


def entry_findings(account: DatabaseAccount) -> list[str]:
    """Where the number of entries is not what was counted as recorded or replayed; empty where they were not counted."""
    if account.entries is None:
        return []
    counted: Counter[tuple[str, int]] = Counter()
    for row in account.partitions:  # an entry knows its topic's name only, so all incarnations count together
        counted[row.topic, row.number] += row.recorded + row.replayed
    return [
        f"{topic}/{number}: {counted[topic, number]} recorded or replayed, {account.entries.get((topic, number), 0)} entries"
        for topic, number in sorted(counted.keys() | account.entries.keys())
        if counted[topic, number] != account.entries.get((topic, number), 0)
    ]


def balanced(account: DatabaseAccount) -> bool:
    """Whether the accounting balances everywhere."""
    return not any(findings(row) for row in account.partitions) and not entry_findings(account)


def lag(row: PartitionAccount, logs: LogBounds) -> int | None:
    """How many offsets are still to be passed; None where Kafka does not say."""
    bounds = logs.bounds.get(row.partition)
    return None if bounds is None else bounds.high - row.next_offset


def held_back(partition: Partition, logs: LogBounds) -> int | None:
    """The offset at which a producer's open transaction holds `partition` back; None where none does, or it is not known."""
    stable_end, bounds = logs.stable_ends.get(partition), logs.bounds.get(partition)
    return stable_end if stable_end is not None and bounds is not None and stable_end < bounds.high else None


def unread(account: DatabaseAccount, logs: LogBounds) -> dict[Partition, Bounds]:
    """Partitions that Kafka has and that no consumer has claimed yet."""
    claimed = {row.partition for row in account.partitions}
    return {partition: bounds for partition, bounds in logs.bounds.items() if partition not in claimed}


def _rules(row: PartitionAccount) -> Iterator[tuple[int, str]]:
    """For each rule how many offsets or rows break it, 0 where it holds, and the sentence that says so."""
    off = row.next_offset + row.reread - row.outcomes
    yield abs(off), f"{off} offsets passed without an outcome" if off > 0 else f"{-off} outcomes without an offset"
    yield (
        _outside(row.parked_rows, row.parked - row.reread, row.parked),
        f"{row.parked} counted as parked, {row.parked_rows} kept in parked_record",
    )
    yield (
        _outside(row.conflict_rows, row.conflict - row.reread, row.conflict + row.replayed_conflict),
        f"{row.conflict} counted as conflict, {row.conflict_rows} kept in conflicting_event",
    )
    yield (
        abs(row.gap - row.accepted),
        f"{row.gap} offsets counted as gaps, {row.accepted} in gaps that an operator accepted",
    )
    yield (
        abs(row.reread - row.given_back),
        f"{row.reread} offsets counted as given back, {row.given_back} by an operator's rewinds",
    )


def _outside(value: int, low: int, high: int) -> int:
    return max(low - value, value - high, 0)
