"""Kafka and the database as the loop's parts see them: logs with every kind of offset, and what is written of them.

Stand-ins, for the rules that concern nothing but offsets; tests/e2e has the real ones.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from types import SimpleNamespace
from typing import Any

from catalog.reasons import IgnoreReason, ParkReason
from consumer.event.decode import Decoder
from consumer.event.model import Ignored, NeedsSchema, Outcome, Parked, Partition, Record, Recorded, Skipped, Unreadable
from consumer.event.pipeline import Pipeline
from consumer.kafka.polled import EndOfPartition, Polled
from consumer.kafka.raw_headers import RawHeadersUnavailable
from consumer.storage.batch import Batch, WriteResult
from consumer.storage.copy_row import CopyRow, copy_row
from consumer.storage.writer import BatchOutcome, Fenced, Requeued, Written
from schemas import all_schemas
from tests.builders import event, record

KINDS = ("row", "skipped", "no_change", "parked", "unreadable", "marker", "schema")
SCHEMA_ID = 7
RECORDED = Pipeline(Decoder(all_schemas())).run(record(event()))


class Kafka:
    """A group consumer of `logs`. The first start at an offset of `jumps` begins so much later than asked, as a client's queue may."""

    def __init__(self, logs: Mapping[Partition, Sequence[str]], jumps: Mapping[tuple[Partition, int], int]) -> None:
        self.logs = logs
        self.committed: dict[Partition, int] = {}
        self._reading: dict[Partition, int] = {}
        self._jumps = dict(jumps)
        self._refused = set[tuple[Partition, int]]()

    def start(self, partition: Partition, offset: int) -> None:
        first = offset + self._jumps.pop((partition, offset), 0)
        self._reading[partition] = min(max(first, 0), len(self.logs[partition]))

    def stop(self, partitions: Iterable[Partition]) -> None:
        for partition in partitions:
            self._reading.pop(partition, None)

    def rejoin(self) -> None:
        self._reading.clear()

    def commit_async(self, offsets: Mapping[Partition, int]) -> None:
        self.committed.update(offsets)

    def read_headers(self, partition: Partition, offset: int) -> list[tuple[str, bytes]]:
        """The first question fails."""
        if (partition, offset) not in self._refused:
            self._refused.add((partition, offset))
            raise RawHeadersUnavailable("the broker did not answer")
        return []

    def poll(self, max_offsets: int) -> Polled:
        """Up to `max_offsets` offsets of each partition that is read."""
        polled = Polled([], [], [])
        for partition, first in self._reading.items():
            log = self.logs[partition]
            after = min(first + max_offsets, len(log))
            for kind, run in groupby(range(first, after), log.__getitem__):
                polled.records.extend(_items(partition, list(run), kind))
            if after == len(log):
                polled.ends.append(EndOfPartition(partition, after))
            self._reading[partition] = after
        return polled


def _items(partition: Partition, offsets: list[int], kind: str) -> list[Record | Skipped | Unreadable]:
    """What a poll brings of a run of offsets of one kind."""
    if kind == "marker":
        return []
    if kind == "skipped":
        return [Skipped(partition, offsets[0], offsets[-1] + 1, IgnoreReason.NOT_AUDITED)]
    records = [Record(partition, offset, 0, None, kind.encode(), ()) for offset in offsets]
    if kind == "unreadable":
        return [Unreadable(partition, delivered, ("headers",), "why") for delivered in records]
    return list(records)


class Source:
    """A SchemaSource and its registry's fetcher: the outcome of a record is its kind."""

    def __init__(self) -> None:
        self.pipeline = SimpleNamespace(run=self.run_isolated)
        self.fast_path = SimpleNamespace(row=self._row)
        self._known, self._wanted = set[int](), list[int]()

    def run_isolated(self, delivered: Record) -> Outcome | NeedsSchema:
        kind = (delivered.value or b"").decode()
        if kind == "schema" and SCHEMA_ID not in self._known:
            return NeedsSchema(SCHEMA_ID)
        if kind == "parked":
            return Parked(ParkReason.AVRO_INVALID, "")
        assert isinstance(RECORDED, Recorded)
        return Ignored(IgnoreReason.NO_CHANGE) if kind == "no_change" else RECORDED

    def learn(self, schema_id: int, schema: str) -> None:
        self._known.add(schema_id)

    def request(self, schema_id: int) -> None:
        self._wanted.append(schema_id)

    def take(self) -> list[Any]:
        """The registry has answered whatever was requested."""
        wanted, self._wanted = self._wanted, []
        return [SimpleNamespace(schema_id=schema_id, schema="{}") for schema_id in wanted]

    def _row(self, delivered: Record, ordinal: int) -> CopyRow | None:
        assert isinstance(RECORDED, Recorded)
        return copy_row(delivered, RECORDED, ordinal) if delivered.value == b"row" else None


class Database:
    """The writer and its tables: `next` is what partition_progress says, `outcomes` what became of the offsets."""

    def __init__(self, partitions: Iterable[Partition]) -> None:
        self.batch: Batch | None = None
        self.next = dict.fromkeys(partitions, 0)
        self.outcomes: dict[Partition, Counter[str]] = {partition: Counter() for partition in self.next}
        self.offsets: set[tuple[Partition, int]] = set()
        self.answer = "nothing yet"

    def submit(self, batch: Batch) -> None:
        assert self.batch is None
        self.batch = batch

    def take(self) -> BatchOutcome | None:
        batch, answer = self.batch, self.answer
        if batch is None or answer == "nothing yet":
            return None
        self.batch, self.answer = None, "nothing yet"
        if answer == "written":
            self._write(batch)
            return Written(batch=batch, result=WriteResult())
        return Fenced(batch=batch) if answer == "fenced" else Requeued(batch=batch)

    def _write(self, batch: Batch) -> None:
        """As the fence and the CHECK of partition_progress have it: a range begins where the last one ended, and it balances."""
        delivered = [row.record() for row in batch.recorded], [parked for parked, _ in batch.parked]
        for partition, offsets in batch.ranges.items():
            assert offsets.start == self.next[partition]
            rows, parked = ([item for item in items if item.partition == partition] for items in delivered)
            counts = Counter(recorded=len(rows), parked=len(parked), undelivered=offsets.undelivered)
            counts.update({reason.value: number for reason, number in offsets.ignored.items()})
            assert counts.total() == offsets.next - offsets.start
            new = {(partition, item.offset) for item in (*rows, *parked)}
            assert len(new) == len(rows) + len(parked) and not new & self.offsets
            self.offsets |= new
            self.outcomes[partition] += counts
            self.next[partition] = offsets.next
