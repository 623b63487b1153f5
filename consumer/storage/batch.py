"""The accounting of one batch: every offset that it passes has exactly one outcome.

A batch is built from records and their outcomes, and written by the store as one transaction. Outcomes that only the database
knows (recorded, duplicate, conflict) are counted in WriteResult.
"""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from catalog.reasons import HaltCause, IgnoreReason, ParkReason
from consumer.event.model import Ignored, Outcome, Parked, Partition, Record, Recorded
from consumer.storage.copy_row import CopyRow, copy_row


@dataclass(slots=True)
class OffsetRange:
    """How far one partition gets by a batch: from `start` to `next`, both offsets, and the outcomes between."""

    start: int
    next: int
    epoch: int
    ignored: Counter[IgnoreReason] = field(default_factory=Counter)
    undelivered: int = 0
    complete_through: datetime | None = None
    halt: tuple[HaltCause, str] | None = None


@dataclass(slots=True)
class Batch:
    """Records of any partitions in the order of their arrival, with their outcomes."""

    ranges: dict[Partition, OffsetRange] = field(default_factory=dict)
    recorded: list[CopyRow] = field(default_factory=list)
    parked: list[tuple[Record, Parked]] = field(default_factory=list)
    records: int = 0
    bytes: int = 0

    def range_of(self, partition: Partition, next_offset: int, epoch: int) -> OffsetRange:
        """The range of `partition` in this batch; a new one begins and, so far, ends at `next_offset`."""
        offsets = self.ranges.get(partition)
        if offsets is None:
            offsets = self.ranges[partition] = OffsetRange(next_offset, next_offset, epoch)
        return offsets

    def add(self, offsets: OffsetRange, record: Record, outcome: Outcome) -> None:
        """Adds one record, which must be the next one of its partition."""
        if type(outcome) is Recorded:
            self.add_row(offsets, record.offset, copy_row(record, outcome, len(self.recorded)))
            return
        offsets.next = record.offset + 1
        self.records += 1
        if type(outcome) is Ignored:
            offsets.ignored[outcome.reason] += 1
            return
        assert type(outcome) is Parked
        self.bytes += len(record.value or b"")
        self.parked.append((record, outcome))

    def add_row(self, offsets: OffsetRange, offset: int, row: CopyRow) -> None:
        """Adds one record by the row that it becomes."""
        offsets.next = offset + 1
        self.records += 1
        self.bytes += row.size
        self.recorded.append(row)

    def skip(self, offsets: OffsetRange, after: int, reason: IgnoreReason) -> None:
        """Adds the records from where `offsets` ends to before the offset `after`, all ignored for `reason`."""
        count = after - offsets.next
        offsets.ignored[reason] += count
        offsets.next = after
        self.records += count

    def drop(self, partitions: Collection[Partition]) -> None:
        """Removes everything of `partitions`; their records will be read again, by the next owner."""
        for partition in partitions:
            self.ranges.pop(partition, None)
        self.recorded = [copied for copied in self.recorded if copied.partition in self.ranges]
        self.parked = [item for item in self.parked if item[0].partition in self.ranges]
        self.records = sum(offsets.next - offsets.start for offsets in self.ranges.values())
        self.bytes = sum(copied.size for copied in self.recorded)
        self.bytes += sum(len(record.value or b"") for record, _ in self.parked)


@dataclass(slots=True)
class WriteResult:
    """What became of the records of a batch that were not ignored: counts per partition.

    `newly_parked` counts only records that are parked for the first time; per topic and reason, as metrics show it.
    """

    recorded: Counter[Partition] = field(default_factory=Counter)
    duplicate: Counter[Partition] = field(default_factory=Counter)
    conflict: Counter[Partition] = field(default_factory=Counter)
    parked: Counter[Partition] = field(default_factory=Counter)
    newly_parked: Counter[tuple[str, ParkReason]] = field(default_factory=Counter)


def reasons(parked: Iterable[tuple[Record, Parked]]) -> Counter[tuple[str, ParkReason]]:
    """How many there are of each topic and reason."""
    return Counter((record.partition.topic, why.reason) for record, why in parked)
