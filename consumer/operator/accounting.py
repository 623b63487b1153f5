"""Where the consumer stands, per partition, and whether every offset that it passed is accounted for (SPEC 2 and 5).

The check is computed here again, from the counters and against the rows that they count. Counters of parked records and
conflicts cannot be told from rows exactly once a partition was rewound (a record parked twice is one row): then bounds.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import sql
from consumer.event.model import Partition
from consumer.kafka.admin import Bounds, Cluster, ClusterUnavailable
from consumer.operator.recovery import StatedGap, stated_gaps
from runtime.postgres import Connection, select, snapshot

PARTITIONS = sql.query("operator/status_partitions")
ENTRIES = sql.query("operator/status_entries")
PARKED = sql.query("operator/status_parked")


class Progress(NamedTuple):
    """A row of partition_progress, with what the other tables hold of that partition."""

    topic: str
    topic_id: str
    number: int
    next_offset: int
    recorded: int
    duplicate: int
    conflict: int
    ignored: int
    ignored_not_audited: int
    ignored_tombstone: int
    ignored_no_change: int
    parked: int
    gap: int
    undelivered: int
    reread: int
    halted: str | None
    halted_detail: str | None
    halted_at: datetime | None
    complete_through: datetime | None
    retired_at: datetime | None
    parked_rows: int
    parked_resolved: int
    replayed: int
    replayed_conflict: int
    conflict_rows: int
    accepted: int
    given_back: int

    @property
    def partition(self) -> Partition:
        """Which partition it is."""
        return Partition(self.topic, self.topic_id, self.number)

    @property
    def outcomes(self) -> int:
        """The offsets that have an outcome, lie in a gap, or are not delivered."""
        delivered = self.recorded + self.duplicate + self.conflict + self.ignored + self.parked
        return delivered + self.gap + self.undelivered


class Kept(NamedTuple):
    """What the database says, all at one instant; `entries` per (topic, partition), None where they were not counted."""

    progress: list[Progress]
    parked: dict[str, int]
    gaps: list[StatedGap]
    entries: dict[tuple[str, int], int] | None


class Logs(NamedTuple):
    """What Kafka says: the bounds of each partition's log, topics it does not know, and why it says nothing (`away`)."""

    bounds: Mapping[Partition, Bounds]
    missing: Sequence[str]
    away: str | None


class _Reason(NamedTuple):
    reason: str
    records: int


class _Entries(NamedTuple):
    topic: str
    number: int
    entries: int


def kept(connection: Connection, *, count_entries: bool) -> Kept:
    """Reads the database; with `count_entries` every entry is counted too, however long that takes."""
    with snapshot(connection):
        if count_entries:
            connection.execute("SET LOCAL statement_timeout = 0")
        counted = select(connection, _Entries, ENTRIES) if count_entries else None
        return Kept(
            select(connection, Progress, PARTITIONS),
            {row.reason: row.records for row in select(connection, _Reason, PARKED)},
            stated_gaps(connection, accepted=False),
            None if counted is None else {(row.topic, row.number): row.entries for row in counted},
        )


def logs(config: Mapping[str, str], topics: Sequence[str], brokers: str) -> Logs:
    """Asks Kafka where the logs of `topics` begin and end; brokers that do not answer are no error here."""
    if not brokers:
        return Logs({}, (), "KAFKA_BOOTSTRAP_SERVERS is not set")
    try:
        cluster = Cluster(config)
        partitions = cluster.partitions(topics)
        known = {partition.topic for partition in partitions}
        return Logs(cluster.bounds(partitions), [topic for topic in topics if topic not in known], None)
    except ClusterUnavailable as error:
        return Logs({}, (), str(error))


def findings(row: Progress) -> list[str]:
    """What does not balance about one partition, in words; empty when all of it does."""
    found = []
    if row.next_offset + row.reread != row.outcomes:
        off = row.next_offset + row.reread - row.outcomes
        found.append(f"{off} offsets passed without an outcome" if off > 0 else f"{-off} outcomes without an offset")
    if not row.parked - row.reread <= row.parked_rows <= row.parked:
        found.append(f"{row.parked} counted as parked, {row.parked_rows} kept in parked_record")
    if not row.conflict - row.reread <= row.conflict_rows <= row.conflict + row.replayed_conflict:
        found.append(f"{row.conflict} counted as conflict, {row.conflict_rows} kept in conflicting_event")
    if row.gap != row.accepted:
        found.append(f"{row.gap} offsets counted as gaps, {row.accepted} in gaps that an operator accepted")
    if row.reread != row.given_back:
        found.append(f"{row.reread} offsets counted as given back, {row.given_back} by an operator's rewinds")
    return found


def difference(row: Progress) -> int:
    """How many offsets and rows the accounting of one partition cannot explain; 0 exactly when there are no findings."""
    return (
        abs(row.next_offset + row.reread - row.outcomes)
        + _outside(row.parked_rows, row.parked - row.reread, row.parked)
        + _outside(row.conflict_rows, row.conflict - row.reread, row.conflict + row.replayed_conflict)
        + abs(row.gap - row.accepted)
        + abs(row.reread - row.given_back)
    )


def entry_findings(state: Kept) -> list[str]:
    """Where the number of entries is not what was counted as recorded or replayed; empty where they were not counted."""
    if state.entries is None:
        return []
    counted: Counter[tuple[str, int]] = Counter()
    for row in state.progress:  # an entry knows its topic's name only, so all incarnations count together
        counted[row.topic, row.number] += row.recorded + row.replayed
    return [
        f"{topic}/{number}: {counted[topic, number]} recorded or replayed, {state.entries.get((topic, number), 0)} entries"
        for topic, number in sorted(counted.keys() | state.entries.keys())
        if counted[topic, number] != state.entries.get((topic, number), 0)
    ]


def balanced(state: Kept) -> bool:
    """Whether the accounting balances everywhere."""
    return not any(findings(row) for row in state.progress) and not entry_findings(state)


def lag(row: Progress, sight: Logs) -> int | None:
    """How many offsets are still to be passed; None where Kafka does not say."""
    bounds = sight.bounds.get(row.partition)
    return None if bounds is None else bounds.high - row.next_offset


def unread(state: Kept, sight: Logs) -> dict[Partition, Bounds]:
    """Partitions that Kafka has and that no consumer has claimed yet."""
    claimed = {row.partition for row in state.progress}
    return {partition: bounds for partition, bounds in sight.bounds.items() if partition not in claimed}


def _outside(value: int, least: int, most: int) -> int:
    return max(least - value, value - most, 0)
