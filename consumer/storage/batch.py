"""The accounting of one batch: every offset that it passes has exactly one outcome.

A batch is built by the loop from records and what the pipeline made of them, and written by the store as one
transaction. Outcomes that only the database can tell (recorded, duplicate, conflict) are settled there.
"""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from catalog.reasons import HaltCause, IgnoreReason
from consumer.event.model import Ignored, Outcome, Parked, Partition, Record, Recorded
from consumer.storage.copy_row import Staged, staged


@dataclass(slots=True)
class Advance:
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
    """Records of any partitions in the order of their arrival, with what the pipeline made of them."""

    advances: dict[Partition, Advance] = field(default_factory=dict)
    recorded: list[Staged] = field(default_factory=list)
    parked: list[tuple[Record, Parked]] = field(default_factory=list)
    records: int = 0
    bytes: int = 0

    def advance(self, partition: Partition, next_offset: int, epoch: int) -> Advance:
        """The advance of `partition` in this batch; a new one begins and, so far, ends at `next_offset`."""
        found = self.advances.get(partition)
        if found is None:
            found = self.advances[partition] = Advance(next_offset, next_offset, epoch)
        return found

    def add(self, advance: Advance, record: Record, outcome: Outcome) -> None:
        """Takes in one record, which must be the next one of its partition."""
        advance.next = record.offset + 1
        self.records += 1
        if type(outcome) is Ignored:
            advance.ignored[outcome.reason] += 1
            return
        self.bytes += len(record.value or b"")
        if type(outcome) is Recorded:
            self.recorded.append(staged(record, outcome, len(self.recorded)))
        else:
            assert type(outcome) is Parked
            self.parked.append((record, outcome))

    def skip(self, advance: Advance, after: int) -> None:
        """Takes in the records of ignored types from where `advance` ends to before the offset `after`."""
        count = after - advance.next
        advance.ignored[IgnoreReason.NOT_AUDITED] += count
        advance.next = after
        self.records += count

    def drop(self, partitions: Collection[Partition]) -> None:
        """Takes out all that belongs to `partitions`; their records will be read again, by whoever owns them then."""
        for partition in partitions:
            self.advances.pop(partition, None)
        self.recorded = [kept for kept in self.recorded if kept.partition in self.advances]
        self.parked = [item for item in self.parked if item[0].partition in self.advances]
        self.records = sum(advance.next - advance.start for advance in self.advances.values())
        self.bytes = sum(kept.size for kept in self.recorded)
        self.bytes += sum(len(record.value or b"") for record, _ in self.parked)


@dataclass(slots=True)
class Settled:
    """What became of the records of a batch that were not ignored: counts per partition."""

    recorded: Counter[Partition] = field(default_factory=Counter)
    duplicate: Counter[Partition] = field(default_factory=Counter)
    conflict: Counter[Partition] = field(default_factory=Counter)
    parked: Counter[Partition] = field(default_factory=Counter)
